import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/billing:7';
const rules = `rules:
  - name: watch-critical
    action: audit
    conditions:
      - { severity: critical }

  - name: no-high
    action: deny
    conditions:
      - { severity: high, moreThan: 2 }
`;

export const example = {
  id: 'severity-first',
  title: 'Severity first, or the strictest',
  tells: 'By severity an audit on critical is reached before a denial on high, and decides. The baseline takes the strictest instead.',
  state: {
    settings: `# From critical down, the first severity with a fulfilled
# condition decides; what is below is not reached.
evaluation: severityFirst
${rules}`,
    baseline: `# Every condition is looked at, the strictest action wins.
evaluation: strictest
${rules}`,
    workload: deployment('prod', 'billing', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'billing.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2021-3918 critical npm/json-schema 0.2.3 -> 0.4.0 cvss=9.8
        CVE-2024-2961 high libc6 2.36-9+deb12u4 -> 2.36-9+deb12u6 cvss=8.8
        CVE-2023-44487 high libnghttp2-14 1.52.0-1 -> 1.52.0-1+deb12u1 cvss=7.5
        CVE-2021-23337 high npm/lodash 4.17.20 -> 4.17.21 cvss=7.2`),
    }],
  },
  expected: [{ object: 'Deployment prod/billing', verdict: 'audit', rule: 'watch-critical' }],
};
