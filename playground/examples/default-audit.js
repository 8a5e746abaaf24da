import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/api:2.0';

export const example = {
  id: 'default-audit',
  title: 'Audit by default',
  tells: 'Where one begins: deny only the worst, warn of everything else that is high. Nothing stops, and everything is seen.',
  state: {
    settings: `# The last rule is the default: it warns, and denies nothing.
evaluation: ruleOrder
rules:
  - name: never
    action: deny
    conditions:
      - { severity: critical, moreThan: 10 }
      - { ids: [CVE-2021-44228] }

  - name: default
    description: Critical or high, and images that nobody scanned.
    action: audit
    conditions:
      - { severity: high }
`,
    baseline: null,
    workload: deployment('team-a', 'api', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'api.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2024-37371 critical libkrb5-3 1.20.1-2 -> 1.20.1-2+deb12u2 cvss=9.1
        CVE-2023-4911 high libc6 2.36-9 -> 2.36-9+deb12u3 cvss=7.8
        CVE-2023-44487 high libnghttp2-14 1.52.0-1 -> 1.52.0-1+deb12u1 cvss=7.5
        CVE-2024-0727 medium openssl 3.0.11-1~deb12u2 cvss=5.5`),
    }],
  },
  expected: [{ object: 'Deployment team-a/api', verdict: 'audit', rule: 'default' }],
};
