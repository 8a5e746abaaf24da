import { trivy } from './reports.js';
import { deployment } from './workloads.js';

const image = 'ghcr.io/acme/cart:1.0';

export const example = {
  id: 'missing',
  title: 'An image that nobody scanned',
  tells: 'Two containers, one report. “No findings” is not “no vulnerabilities”: each rule says what it means.',
  state: {
    settings: `rules:
  - name: block-critical
    action: deny
    conditions:
      - { severity: critical }
    evidence:
      missing: audit        # deny, audit or allow
      unavailable: deny
`,
    baseline: null,
    workload: deployment('prod', 'cart', [image, 'docker.io/library/redis:8']),
    namespaceLabels: null,
    now: '2026-11-22T12:00:00Z',
    findings: [{
      name: 'cart.trivy.json',
      image,
      text: trivy({ image, at: '2026-11-22T06:00:00Z' }, `
        CVE-2021-23337 high npm/lodash 4.17.20 -> 4.17.21 cvss=7.2`),
    }],
  },
  expected: [{ object: 'Deployment prod/cart', verdict: 'audit', rule: 'block-critical' }],
};
