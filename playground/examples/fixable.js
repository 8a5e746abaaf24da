import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/web:9.3';

export const example = {
  id: 'fixable',
  title: 'Only what can be fixed',
  tells: 'What has a fix is denied; what nobody can fix yet is only told. The answer names the upgrades.',
  state: {
    settings: `evaluation: strictest
rules:
  - name: fix-what-you-can
    action: deny
    conditions:
      - { severity: high, fixable: true }

  - name: tell-the-rest
    action: audit
    conditions:
      - { severity: critical, fixable: false }
`,
    baseline: null,
    workload: deployment('prod', 'web', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'web.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2019-8457 critical libdb5.3 5.3.28+dfsg2-1 cvss=9.8
        CVE-2023-45853 critical zlib1g 1:1.2.13.dfsg-1 cvss=9.8
        CVE-2021-23337 high npm/lodash 4.17.20 -> 4.17.21 cvss=7.2`),
    }],
  },
  expected: [{ object: 'Deployment prod/web', verdict: 'deny', rule: 'fix-what-you-can' }],
};
