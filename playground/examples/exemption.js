import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/legacy:3.2';

export const example = {
  id: 'exemption',
  title: 'An exemption that ends',
  tells: 'One vulnerability is excused until the end of the year. Set “As of” to January, and it counts again.',
  state: {
    settings: `rules:
  - name: block-critical
    action: deny
    conditions:
      - { severity: critical }

exemptions:
  - name: zlib-minizip
    reason: Only minizip is affected, which Debian does not build.
    owner: platform-security
    ids: [CVE-2023-45853]
    packages: ["pkg:deb/debian/zlib1g"]
    until: 2026-12-31
    untilFixed: true
`,
    baseline: null,
    workload: deployment('prod', 'legacy', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'legacy.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2023-45853 critical zlib1g 1:1.2.13.dfsg-1 cvss=9.8
        CVE-2024-0727 medium openssl 3.0.11-1~deb12u2 cvss=5.5`),
    }],
  },
  expected: [{ object: 'Deployment prod/legacy', verdict: 'admit', rule: null }],
};
