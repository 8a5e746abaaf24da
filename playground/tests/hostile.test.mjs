/** Text from outside stays text, wherever it is written. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { pack } from '../page/link.js';
import { launch, open, until, word } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const STRINGS = [
  '<img src=x onerror="window.hit=1">',
  '"><script>window.hit=1</script>',
  '</script><script>window.hit=1</script>',
  '<svg onload=window.hit=1>',
  'javascript:window.hit=1',
  '{{7*7}}${window.hit=1}',
  "'-window.hit=1-'",
  '\u202Egnp.exe\u2066',
  '`<b>`',
];

/** A state with this text in every field that takes one. @param {string} text */
function state(text) {
  const quoted = JSON.stringify(text);
  const report = {
    SchemaVersion: 2,
    CreatedAt: '2026-11-22T06:00:00Z',
    ArtifactName: text,
    ArtifactType: 'container_image',
    Trivy: { Version: text },
    Metadata: { OS: { Family: text, Name: text } },
    Results: [{
      Target: text, Class: 'os-pkgs', Type: 'debian',
      Vulnerabilities: [
        { VulnerabilityID: text, PkgName: text, InstalledVersion: text, FixedVersion: text, Severity: 'CRITICAL', Title: text },
        { VulnerabilityID: 'CVE-2024-0001', PkgName: text, InstalledVersion: text, Severity: text },
        { VulnerabilityID: 'CVE-2024-0002', PkgName: text, InstalledVersion: text, Severity: 'HIGH' },
      ],
    }],
  };
  return {
    settings: `rules:\n  - { name: a, description: ${quoted}, action: deny, conditions: [{ severity: critical }] }\nexemptions:\n  - { name: e, reason: ${quoted}, owner: ${quoted}, ids: [CVE-2024-0002], until: 2026-12-31 }\n`,
    baseline: `rules:\n  - { name: ${quoted}, action: audit, conditions: [{ severity: ${quoted} }] }\n${quoted}: 1\n`,
    workload: `apiVersion: v1\nkind: Pod\nmetadata: { name: ${quoted}, namespace: ${quoted}, labels: { a: ${quoted} } }\nspec:\n  containers:\n    - { name: ${quoted}, image: "ghcr.io/acme/shop:1.4" }\n    - { name: b, image: ${quoted} }\n`,
    namespaceLabels: { a: text.replace(/[\s,=]/g, '') },
    now: '2026-11-22T12:00:00Z',
    findings: [{ name: text, image: null, text: JSON.stringify(report) }, { name: `${text}2`, image: text, text: text }],
  };
}

for (const text of STRINGS) {
  test(`as a name, an id, a reason, …: ${JSON.stringify(text)}`, async () => {
    const { page, errors, close } = await open(browser, { fragment: await pack(state(text)) });
    await until(word(page), 'Denied');
    // It is there to be read: in the verdict as the id of a vulnerability, in its tab as a name.
    const plain = text.replace(/[\u202a-\u202e\u2066-\u2069`]/g, '').slice(0, 12);
    assert.ok((await page.locator('#verdict-body').textContent())?.includes(plain));
    assert.ok((await page.locator('#findings-tabs').textContent())?.includes(plain));
    await page.locator('#findings-tabs [role=tab]').nth(1).click();
    await page.locator('#findings-tabs [role=tab]').nth(0).click();
    await page.locator('details').evaluateAll((all) => all.forEach((each) => (each.open = true)));
    await page.locator('#share').click();
    await page.keyboard.press('Escape');
    await page.locator('#import').click();
    await page.locator('#import-text').fill(text);
    await until(() => page.locator('.refusal').count(), 1);
    await page.locator('#import-text').fill(JSON.stringify({ properties: { displayName: text, policyDefinitionId: '/providers/Microsoft.Authorization/policyDefinitions/13cd7ae3-5bc0-4ac4-a62d-4f7c120b9759', parameters: { [text]: { value: text } } } }));
    await until(() => page.locator('.losses li').count().then((n) => n > 0), true);
    await page.keyboard.press('Escape');
    const found = await page.evaluate(() => ({
      hit: window.hit ?? null,
      violations: window.violations,
      foreign: document.querySelectorAll('img, iframe, object, embed, b:not(.counts b):not(.versions b), [onerror], [onload], [href^="javascript"]').length,
      scripts: document.scripts.length,
    }));
    assert.deepEqual(found, { hit: null, violations: [], foreign: 0, scripts: 5 });
    assert.deepEqual(errors, []);
    await close();
  });
}

test('a part of the page that were to write markup is stopped by the page’s own policy', async () => {
  const { page, close } = await open(browser);
  const outcome = await page.evaluate(() => {
    try {
      document.body.innerHTML = '<p>';
      return 'written';
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(outcome, 'TypeError');
  await close();
});

test('no other script can be added, by the policies of the page neither', async () => {
  const { page, close } = await open(browser);
  const outcomes = await page.evaluate(() => {
    const tries = {
      text: () => document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.hit = 1' })),
      address: () => document.body.append(Object.assign(document.createElement('script'), { src: 'data:text/javascript,window.hit=1' })),
      worker: () => new Worker(URL.createObjectURL(new Blob(['0']))),
      timer: () => setTimeout('window.hit = 1'),
      again: () => window.trustedTypes.createPolicy('loader', { createScript: (/** @type {string} */ text) => text }),
      another: () => window.trustedTypes.createPolicy('mine', { createScript: (/** @type {string} */ text) => text }),
    };
    return Object.entries(tries).map(([name, attempt]) => {
      try {
        attempt();
        return `${name} worked`;
      } catch (error) {
        return `${name}: ${error.name}`;
      }
    });
  });
  assert.deepEqual(outcomes, ['text: TypeError', 'address: TypeError', 'worker: TypeError', 'timer: TypeError', 'again: TypeError', 'another: TypeError']);
  assert.equal(await page.evaluate(() => window.hit ?? null), null);
  await close();
});
