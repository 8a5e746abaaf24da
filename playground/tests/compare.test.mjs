/** Rules against a baseline. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { example, launch, open, until, word, write } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test('a comparison begins with what is there, and tells what changes', async () => {
  const { page, close } = await open(browser);
  await example(page, 'namespaces');
  await until(word(page), 'Denied');
  await page.locator('#compare').click();
  assert.equal(await page.locator('#compare').getAttribute('aria-pressed'), 'true');
  await until(() => page.locator('p.changes').textContent(), 'Against the baseline nothing changes in 3 verdicts.');
  await write(page, 'rules', 'rules:\n  - { name: everything, action: deny, conditions: [{ severity: medium }] }\n');
  await until(() => page.locator('table.changes caption').textContent(), 'Against the baseline 3 of 3 verdicts change');
  const rows = await page.locator('table.changes tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
  assert.deepEqual(rows, [
    ['Deployment prod-eu/shop', 'Deniedproduction', 'Deniedeverything', 'another rule'],
    ['Deployment staging/shop', 'Auditedeverywhere-else', 'Deniedeverything', 'worse'],
    ['Deployment sandbox/shop', 'Admitted', 'Deniedeverything', 'worse'],
  ]);
  assert.match(await page.locator('#verdict-summary').innerText(), /2 worse, 1 by another rule than with the baseline/);
  await page.locator('#baseline-swap').click();
  await until(() => page.locator('table.changes .turn[data-turn=better]').count(), 2);
  await page.locator('#compare').click();
  await until(() => page.locator('.changes').count(), 0);
  assert.equal(await page.locator('#baseline').isHidden(), true);
  await close();
});

test('a baseline with mistakes says so, beside it and in the verdict, and leaves the verdict', async () => {
  const { page, close } = await open(browser);
  await page.locator('#compare').click();
  await write(page, 'baseline', 'rules: 7\n');
  await until(() => page.locator('#baseline-problems li').count(), 1);
  await until(word(page), 'Denied');
  assert.equal(await page.locator('#verdict-summary .of').textContent(), 'Deployment prod/shop; not compared: 1 error in the baseline');
  assert.equal(await page.locator('p.changes').textContent(), 'Not compared: 1 error in the baseline.');
  await write(page, 'baseline', '');
  await until(() => page.locator('p.changes').textContent(), 'Not compared: the baseline is empty.');
  await write(page, 'baseline', 'rules:\n  - { name: lax, action: audit, conditions: [{ severity: critical }] }\n');
  await until(() => page.locator('table.changes').count(), 1);
  await close();
});
