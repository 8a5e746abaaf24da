import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/batch:0.9';

export const example = {
  id: 'unknown',
  title: 'Severity unknown',
  tells: 'New vulnerabilities have no severity yet. Here each counts as high; by default it is medium.',
  state: {
    settings: `# critical, high, medium (the default), low, negligible or ignore
unknownSeverity: high
rules:
  - name: no-high
    action: deny
    conditions:
      - { severity: high }
`,
    baseline: `rules:
  - name: no-high
    action: deny
    conditions:
      - { severity: high }
`,
    workload: deployment('prod', 'batch', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'batch.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2026-1201 unknown libxml2 2.9.14+dfsg-1.3
        CVE-2024-0727 medium openssl 3.0.11-1~deb12u2 cvss=5.5`),
    }],
  },
  expected: [{ object: 'Deployment prod/batch', verdict: 'deny', rule: 'no-high' }],
};
