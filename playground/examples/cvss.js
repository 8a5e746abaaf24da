import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/files:6';

export const example = {
  id: 'cvss',
  title: 'By CVSS score',
  tells: 'Scores instead of words: what the distribution calls high has a base score of 9.8 here.',
  state: {
    settings: `rules:
  - name: score
    action: deny
    conditions:
      - { cvss: 9.0 }

  - name: many
    action: audit
    conditions:
      - { cvss: 7.0, moreThan: 5 }
`,
    baseline: null,
    workload: deployment('prod', 'files', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'files.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2019-8457 high libdb5.3 5.3.28+dfsg2-1 cvss=9.8
        CVE-2024-2961 high libc6 2.36-9+deb12u4 -> 2.36-9+deb12u6 cvss=8.8
        CVE-2023-44487 high libnghttp2-14 1.52.0-1 -> 1.52.0-1+deb12u1 cvss=7.5`),
    }],
  },
  expected: [{ object: 'Deployment prod/files', verdict: 'deny', rule: 'score' }],
};
