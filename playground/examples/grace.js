import { grype } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/mail:2.8';

export const example = {
  id: 'grace',
  title: 'Two weeks to upgrade',
  tells: 'A fix has to be there for 14 days before it is demanded. One is ten days old; move “As of” by a week.',
  state: {
    settings: `rules:
  - name: overdue
    description: The fix is out for two weeks.
    action: deny
    conditions:
      - { severity: high, fixAvailableFor: 14d }

  - name: upgrade-soon
    action: audit
    conditions:
      - { severity: high, fixable: true }
`,
    baseline: null,
    workload: deployment('prod', 'mail', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'mail.grype.json',
      image: null,
      text: grype({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2024-2961 high libc6 2.36-9+deb12u4 -> 2.36-9+deb12u6 cvss=8.8 fixed=2026-11-12
        CVE-2024-0727 medium openssl 3.0.11-1~deb12u2 cvss=5.5`),
    }],
  },
  expected: [{ object: 'Deployment prod/mail', verdict: 'audit', rule: 'upgrade-soon' }],
};
