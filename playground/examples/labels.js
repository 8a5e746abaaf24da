import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/shop:1.4';

export const example = {
  id: 'labels',
  title: 'Enforce by a label',
  tells: 'A roll-out: namespaces are enforced one by one, by a label. Change it below the workload.',
  state: {
    settings: `rules:
  - name: enforced
    action: deny
    scope:
      - field: namespaceLabel
        key: gated-deployment.io/enforce
        operator: equals
        values: ["true"]
    conditions:
      - { severity: critical }

  - name: elsewhere
    action: audit
    conditions:
      - { severity: critical }
`,
    baseline: null,
    workload: deployment('shop', 'shop', [image]),
    namespaceLabels: { 'gated-deployment.io/enforce': 'true' },
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'shop.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2024-3094 critical liblzma5 5.6.0-0.2 -> 5.6.1+really5.4.5-1 cvss=10.0`),
    }],
  },
  expected: [{ object: 'Deployment shop/shop', verdict: 'deny', rule: 'enforced' }],
};
