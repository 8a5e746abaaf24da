/** Every example is valid and judged as it says. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { EXAMPLES } from '../examples/index.js';
import { cards, example, launch, open, until } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof open>>} */
let opened;
before(async () => {
  browser = await launch();
  opened = await open(browser);
});
after(() => browser.close());

test('there are a dozen, each with a name of its own', () => {
  assert.ok(EXAMPLES.length >= 12);
  assert.equal(new Set(EXAMPLES.map(({ id }) => id)).size, EXAMPLES.length);
});

for (const { id, title, expected, state } of EXAMPLES) {
  test(title, async () => {
    const { page } = opened;
    await example(page, id);
    await until(cards(page), expected, id);
    assert.equal(await page.locator('.problems .problem').count(), 0);
    assert.equal(await page.locator('#findings-tabs [role=tab]').count(), state.findings.length);
    // Each report is read, and by somebody used.
    await until(async () => /(trivy|grype)-json for ghcr\.io/.test(await page.locator('#findings-report').innerText()), true);
    assert.equal(await page.locator('#baseline').isVisible(), state.baseline !== null);
    if (state.baseline !== null) assert.equal(await page.locator('table.changes').count(), 1);
  });
}

test('nothing was wrong meanwhile', () => assert.deepEqual(opened.errors, []));
