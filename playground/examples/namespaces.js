import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/shop:1.4';

export const example = {
  id: 'namespaces',
  title: 'Strict in production',
  tells: 'The same image in three namespaces: denied, audited, admitted. The scope of each rule decides.',
  state: {
    settings: `evaluation: strictest
rules:
  - name: production
    action: deny
    scope:
      - { field: namespace, operator: startsWith, values: [prod-] }
    conditions:
      - { severity: high }

  - name: everywhere-else
    action: audit
    scope:
      - { field: namespace, operator: notEquals, values: [sandbox] }
    conditions:
      - { severity: high }
`,
    baseline: null,
    workload: ['prod-eu', 'staging', 'sandbox'].map((namespace) => deployment(namespace, 'shop', [image])).join('---\n'),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'shop.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2024-2961 high libc6 2.36-9+deb12u4 -> 2.36-9+deb12u6 cvss=8.8
        CVE-2024-0727 medium openssl 3.0.11-1~deb12u2 cvss=5.5`),
    }],
  },
  expected: [
    { object: 'Deployment prod-eu/shop', verdict: 'deny', rule: 'production' },
    { object: 'Deployment staging/shop', verdict: 'audit', rule: 'everywhere-else' },
    { object: 'Deployment sandbox/shop', verdict: 'admit', rule: null },
  ],
};
