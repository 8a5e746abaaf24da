import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/ledger:11';

export const example = {
  id: 'log4shell',
  title: 'One vulnerability, everywhere',
  tells: 'On the day when everybody asks for one id: denied by name, whatever else the rules allow.',
  state: {
    settings: `evaluation: ruleOrder
rules:
  - name: log4shell
    action: deny
    conditions:
      - ids: [CVE-2021-44228, CVE-2021-45046]

  - name: the-rest
    action: audit
    conditions:
      - { severity: critical, moreThan: 5 }
`,
    baseline: null,
    workload: deployment('finance', 'ledger', [image]),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'ledger.trivy.json',
      image: null,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2021-44228 critical maven/org.apache.logging.log4j:log4j-core 2.14.1 -> 2.15.0 cvss=10.0
        CVE-2021-45046 critical maven/org.apache.logging.log4j:log4j-core 2.14.1 -> 2.16.0 cvss=9.0
        CVE-2024-0727 medium openssl 3.0.11-1~deb12u2 cvss=5.5`),
    }],
  },
  expected: [{ object: 'Deployment finance/ledger', verdict: 'deny', rule: 'log4shell' }],
};
