import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/reports:12';

export const example = {
  id: 'stale',
  title: 'Findings that are too old',
  tells: 'Scanned three weeks ago, and a week is allowed: what was found then no longer proves anything.',
  state: {
    settings: `rules:
  - name: block-critical
    action: deny
    conditions:
      - { severity: critical }
    maxAge: 7d
    evidence:
      stale: deny           # deny, audit, allow or use
`,
    baseline: null,
    workload: deployment('prod', 'reports', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'reports.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-01T06:00:00Z' }, `
        CVE-2024-0727 medium openssl 3.0.11-1~deb12u2 cvss=5.5`),
    }],
  },
  expected: [{ object: 'Deployment prod/reports', verdict: 'deny', rule: 'block-critical' }],
};
