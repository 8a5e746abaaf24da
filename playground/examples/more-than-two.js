import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/shop:1.4';

export const example = {
  id: 'more-than-two',
  title: 'More than two critical',
  tells: 'Three critical vulnerabilities where two are allowed: denied, with the versions that fix them.',
  state: {
    settings: `# Rules of a gate for vulnerable images.
# Change a number, and the verdict follows.
rules:
  - name: block-critical
    description: More than two critical ones never run.
    action: deny
    conditions:
      - { severity: critical, moreThan: 2 }

  - name: fixable-high
    description: What could be fixed should be.
    action: audit
    conditions:
      - { severity: high, fixable: true }
`,
    baseline: null,
    workload: deployment('prod', 'shop', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'shop.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2024-3094 critical liblzma5 5.6.0-0.2 -> 5.6.1+really5.4.5-1 cvss=10.0
        CVE-2022-29078 critical npm/ejs 3.1.6 -> 3.1.7 cvss=9.8
        CVE-2023-45853 critical zlib1g 1:1.2.13.dfsg-1 cvss=9.8
        CVE-2024-2961 high libc6 2.36-9+deb12u4 -> 2.36-9+deb12u6 cvss=8.8
        CVE-2021-23337 high npm/lodash 4.17.20 -> 4.17.21 cvss=7.2
        CVE-2024-0727 medium openssl 3.0.11-1~deb12u2 cvss=5.5
        CVE-2011-3374 low apt 2.6.1 cvss=3.7`),
    }],
  },
  expected: [{ object: 'Deployment prod/shop', verdict: 'deny', rule: 'block-critical' }],
};
