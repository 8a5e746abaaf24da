/** What axe-core finds wrong for readers who hear, enlarge or tab: nothing, in both themes, on wide and narrow screens. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { example, launch, open, until, word, write } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** @param {import('playwright-core').Page} page */
async function wrong(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.flat().join(' ')}: ${failureSummary}`));
  });
}

/** @type {Record<string, (page: import('playwright-core').Page) => Promise<void>>} */
const SCENES = {
  'as it opens': async () => {},
  'with errors': async (page) => {
    await write(page, 'rules', 'rules:\n  - name: a\n    action: dney\n');
    await until(word(page), 'No verdict');
  },
  'with a comparison': async (page) => {
    await example(page, 'severity-first');
    await until(() => page.locator('table.changes').count(), 1);
  },
  'with several verdicts': async (page) => {
    await example(page, 'namespaces');
    await until(() => page.locator('.card').count(), 3);
    await page.locator('details').evaluateAll((all) => all.forEach((each) => (each.open = true)));
  },
  'with something set aside': async (page) => {
    await example(page, 'exemption');
    await until(word(page), 'Admitted');
  },
  'without findings': async (page) => {
    await page.locator('#findings-remove').click();
    await until(() => page.locator('#findings-none').isVisible(), true);
  },
  'a search': async (page) => {
    await page.locator('#rules-editor .cm-content').focus();
    await page.keyboard.press('Control+F');
    await page.keyboard.type('action');
  },
  'a long report': async (page) => {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('#findings-open').click()]);
    await chooser.setFiles([{ name: 'long.json', mimeType: 'application/json', buffer: Buffer.alloc(400_000, '{"a": 1}\n') }]);
    await until(() => page.locator('#findings-report .problems li').count(), 1);
  },
  'the examples': (page) => page.locator('#examples').click(),
  'the import': async (page) => {
    await page.locator('#import').click();
    await page.locator('#import-text').fill('{ "properties": { "policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/13cd7ae3-5bc0-4ac4-a62d-4f7c120b9759", "parameters": { "what": { "value": 1 } } } }');
    await until(() => page.locator('.losses').count(), 1);
  },
  'the export': async (page) => {
    await page.locator('#export').click();
    await until(() => page.locator('#export-output pre').count(), 1);
  },
  'the link': async (page) => {
    await page.locator('#share').click();
    await until(() => page.locator('#share-copy').isEnabled(), true);
  },
  'the keys': (page) => page.locator('#keys').click(),
};

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [name, scene] of Object.entries(SCENES)) {
    test(`${name}, ${colorScheme}`, async () => {
      const { page, close } = await open(browser, { context: { colorScheme, reducedMotion: 'reduce' } });
      await scene(page);
      assert.deepEqual(await wrong(page), []);
      await close();
    });
  }
  test(`on a narrow screen, ${colorScheme}`, async () => {
    const { page, close } = await open(browser, { context: { colorScheme, viewport: { width: 390, height: 844 } } });
    assert.deepEqual(await wrong(page), []);
    // Nothing is wider than the screen.
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    await page.locator('#peek').click();
    await until(() => page.locator('#verdict').evaluate((node) => document.activeElement === node), true);
    await close();
  });
}

test('landmarks and the verdict are told', async () => {
  const { page, close } = await open(browser);
  const told = await page.evaluate(() => ({
    main: document.querySelectorAll('main').length,
    title: document.title,
    regions: [...document.querySelectorAll('main > .column > section:not([hidden])')].map((each) => document.getElementById(each.getAttribute('aria-labelledby')).textContent),
    live: document.getElementById('verdict-summary').getAttribute('aria-live'),
  }));
  assert.deepEqual(told, { main: 1, title: 'Playground – gated-deployment', regions: ['Rules', 'Workload', 'Findings', 'Verdict'], live: 'polite' });
  await close();
});
