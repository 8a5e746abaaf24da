import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/search:5.1';

export const example = {
  id: 'vex',
  title: 'VEX: not affected',
  tells: 'The publisher states that a vulnerability cannot be exploited here: it is set aside, by name. With “vex: ignore” it counts.',
  state: {
    settings: `# apply (the default) or ignore
vex: apply
rules:
  - name: block-critical
    action: deny
    conditions:
      - { severity: critical }
`,
    baseline: null,
    workload: deployment('prod', 'search', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'search.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2022-29078 critical npm/ejs 3.1.6 -> 3.1.7 cvss=9.8 vex=not_affected
        CVE-2023-44487 high libnghttp2-14 1.52.0-1 -> 1.52.0-1+deb12u1 cvss=7.5`),
    }],
  },
  expected: [{ object: 'Deployment prod/search', verdict: 'admit', rule: null }],
};
