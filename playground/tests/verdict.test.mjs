/** What is typed is judged, and what is wrong is shown at its place. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { EXAMPLES } from '../examples/index.js';
import { cards, example, launch, open, until, word, write } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test('a number is changed, and the verdict follows', async () => {
  const { page, close } = await open(browser);
  await until(word(page), 'Denied');
  await until(cards(page), [{ object: 'Deployment prod/shop', verdict: 'deny', rule: 'block-critical' }]);
  const line = page.locator('#rules-editor .cm-line', { hasText: 'moreThan: 2' });
  await line.click();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('3');
  await until(word(page), 'Audited');
  await until(cards(page), [{ object: 'Deployment prod/shop', verdict: 'audit', rule: 'fixable-high' }]);
  await close();
});

test('the way to the verdict is told step by step', async () => {
  const { page, close } = await open(browser);
  await until(() => page.locator('.ranks h5').allTextContents(), ['critical', 'high']);
  const steps = page.locator('.step');
  assert.equal(await steps.nth(0).getAttribute('data-state'), 'fulfilled');
  assert.equal(await steps.nth(0).getAttribute('data-decides'), 'yes');
  assert.equal(await steps.nth(1).getAttribute('data-state'), 'not-reached');
  assert.equal(await steps.nth(0).locator('.said').textContent(), '3 vulnerabilities, 2 allowed');
  assert.match(await page.locator('.goals').innerText(), /at least 1 of 3 vulnerabilities has to go; a fix is known for 2/);
  assert.match(await page.locator('.upgrades').innerText(), /ejs\s+3\.1\.6 → 3\.1\.7\s+CVE-2022-29078/);
  assert.match(await page.locator('.fixes').innerText(), /No fix is known for CVE-2023-45853/);
  assert.match(await page.locator('.message').innerText(), /What to do: /);
  assert.deepEqual(await page.locator('#findings-report .counts li').allTextContents(), ['3 critical', '2 high', '1 medium', '1 low', '4 fixable']);
  await close();
});

test('half a document has a place, and no verdict', async () => {
  const { page, close } = await open(browser);
  await write(page, 'rules', 'rules:\n  - name: a\n    action: dney\n    conditions: [{ severity: high }]\n');
  await until(word(page), 'No verdict');
  const problem = page.locator('#rules-problems li');
  assert.match(await problem.innerText(), /dney/);
  assert.match(await problem.innerText(), /deny/);
  assert.equal(await page.locator('#rules-editor .cm-lintRange-error').textContent(), 'dney');
  await problem.locator('button').click();
  assert.equal(await page.locator('#rules-editor .cm-activeLine').textContent(), '    action: dney');
  await write(page, 'rules', 'rules:\n  - name: a\n    action: deny\n    conditions: [{ severity: high');
  await until(() => page.locator('#rules-problems li').count(), 1);
  await until(word(page), 'No verdict');
  await write(page, 'rules', 'rules:\n  - name: a\n    action: deny\n    conditions: [{ severity: high }]\n');
  await until(word(page), 'Denied');
  await until(() => page.locator('#rules-problems').isHidden(), true);
  await close();
});

test('places are right behind characters of several units', async () => {
  const { page, close } = await open(browser);
  await write(page, 'rules', '# 😀 𝒳 é\nrules:\n  - { name: a, description: "😀", action: dney, conditions: [{ severity: high }] }\n');
  await until(() => page.locator('#rules-editor .cm-lintRange-error').allTextContents(), ['dney']);
  await close();
});

test('two documents of rules are refused, two of manifests are two verdicts', async () => {
  const { page, close } = await open(browser);
  const pod = (/** @type {string} */ name) => `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: prod }\nspec: { containers: [{ name: c, image: "ghcr.io/acme/shop:1.4" }] }\n`;
  await write(page, 'workload', `${pod('one')}---\n${pod('two')}`);
  await until(cards(page), [
    { object: 'Pod prod/one', verdict: 'deny', rule: 'block-critical' },
    { object: 'Pod prod/two', verdict: 'deny', rule: 'block-critical' },
  ]);
  await page.locator('.card').nth(1).locator('.spot').click();
  await until(() => page.locator('#workload-editor .cm-activeLine').textContent(), 'apiVersion: v1');
  await write(page, 'rules', 'rules: []\n---\nrules: []\n');
  await until(word(page), 'No verdict');
  await until(() => page.locator('#rules-problems').isVisible(), true);
  await close();
});

test('what was judged is told beside what could not be', async () => {
  const { page, close } = await open(browser);
  const pod = (/** @type {string} */ name) => `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: prod }\nspec: { containers: [{ name: c, image: "ghcr.io/acme/shop:1.4" }] }\n`;
  await write(page, 'workload', `${pod('one')}---\nno: object\n`);
  await until(word(page), 'Judged in part');
  assert.equal(await page.locator('#verdict-summary .of').textContent(), 'Pod prod/one denied; 1 error in the workload keeps the rest from being judged');
  assert.equal(await page.locator('.card').count(), 1);
  await write(page, 'workload', `${pod('one')}---\nno: object\n---\n${pod('two')}---\n7\n`);
  await until(() => page.locator('#verdict-summary .of').textContent(), '2 objects: 2 denied; 2 errors in the workload keep the rest from being judged');
  await close();
});

test('a condition that matches no finding is at no severity', async () => {
  const { page, close } = await open(browser);
  await write(page, 'rules', 'rules:\n  - { name: absent, action: deny, conditions: [{ packages: ["pkg:npm/is-not-there"] }] }\n  - { name: many, action: deny, conditions: [{ severity: critical, moreThan: 99 }] }\n');
  await until(word(page), 'Admitted');
  await until(() => page.locator('.ranks h5').allTextContents(), ['critical', 'no finding matches']);
  await close();
});

test('reports about one image are judged as one, and say so', async () => {
  const { page, close } = await open(browser);
  const together = page.locator('#findings-report .together');
  assert.equal(await together.count(), 0);
  const report = EXAMPLES[0].state.findings[0].text ?? '';
  await page.locator('#findings-add').click();
  await page.locator('#findings-editor .cm-content').focus();
  await page.keyboard.insertText(report);
  await until(() => together.count(), 1);
  assert.equal(await together.textContent(), 'Judged as one report with shop.trivy.json for ghcr.io/acme/shop:1.4: what any of them found counts, at the worst severity that any of them gives.');
  await page.locator('#findings-tab-0').click();
  assert.match((await together.textContent()) ?? '', /with report-1\.json for/);
  // Of one that cannot be read nothing is judged.
  await page.locator('#findings-tab-1').click();
  await write(page, 'findings', '{ "no": "report" }');
  await page.locator('#findings-tab-0').click();
  await until(() => together.count(), 0);
  await close();
});

test('advice about a report is for whoever has the page', async () => {
  const { page, close } = await open(browser);
  const report = (/** @type {string} */ type) => JSON.stringify({ SchemaVersion: 2, CreatedAt: '2026-11-22T06:00:00Z', ArtifactName: 'x', ArtifactType: type, Results: [] });
  const hint = () => page.locator('#findings-report .hint').textContent();
  await write(page, 'findings', report('filesystem'));
  await until(hint, ' Hint: scan the image itself, such as trivy image --format json IMAGE; the page refuses it, as gatectl attach does without --force-subject');
  await write(page, 'findings', report('container_image'));
  await until(hint, ' Hint: scan with --scanners vuln --list-all-pkgs; the page refuses it, as gatectl attach does without --accept-empty');
  await close();
});

test('many objects are shown some at a time', async () => {
  const { page, close } = await open(browser);
  const pods = Array.from({ length: 100 }, (_, i) => `apiVersion: v1\nkind: Pod\nmetadata: { name: p${i} }\nspec: { containers: [{ name: c, image: "ghcr.io/acme/shop:1.4" }] }\n`);
  await write(page, 'workload', pods.join('---\n'));
  await until(async () => (await page.locator('#verdict-summary .of').textContent())?.startsWith('100 objects'), true);
  assert.equal(await page.locator('.card').count(), 40);
  await page.getByText('Show more of 60 further objects').click();
  assert.equal(await page.locator('.card').count(), 80);
  await page.getByText('Show more of 20 further objects').click();
  assert.equal(await page.locator('.card').count(), 100);
  await close();
});

test('what the reader has opened stays open while the verdict is the same', async () => {
  const { page, close } = await open(browser);
  await page.locator('.card details.image > summary').click();
  await page.locator('#rules-editor .cm-content').focus();
  await page.keyboard.press('Control+Home');
  await page.keyboard.insertText('# a comment\n');
  await page.waitForTimeout(1000);
  assert.equal(await page.locator('.card details.image').evaluate((node) => node.open), false);
  await page.locator('#now').fill('2026-11-23T00:00:01');
  await until(async () => (await page.locator('.card .image').textContent())?.includes('18 hours old'), true);
  assert.equal(await page.locator('.card details.image').evaluate((node) => node.open), false);
  await close();
});

test('an empty page asks for rules and a workload, without an error', async () => {
  const { page, close } = await open(browser);
  await write(page, 'rules', '');
  await until(word(page), 'No verdict yet');
  await write(page, 'workload', '');
  await page.locator('#findings-remove').click();
  await until(() => page.locator('#findings-none').isVisible(), true);
  await until(word(page), 'No verdict yet');
  assert.equal(await page.locator('.problem').count(), 0);
  await close();
});

test('the time of the judgement counts', async () => {
  const { page, close } = await open(browser);
  await example(page, 'exemption');
  await until(word(page), 'Admitted');
  assert.match(await page.locator('.aside').innerText(), /CVE-2023-45853[\s\S]*exemption zlib-minizip: Only minizip/);
  await page.locator('#now').fill('2027-01-02T00:00:00');
  await until(word(page), 'Denied');
  await page.locator('#now-clock').click();
  assert.equal(await page.locator('#now').inputValue(), '');
  assert.equal(await page.locator('#now-clock').getAttribute('aria-pressed'), 'true');
  await close();
});

test('labels of the namespace are taken, and said to be wrong where they are', async () => {
  const { page, close } = await open(browser);
  await example(page, 'labels');
  await until(word(page), 'Denied');
  await page.locator('#namespace-labels').fill('gated-deployment.io/enforce=false, team=shop');
  await until(cards(page), [{ object: 'Deployment shop/shop', verdict: 'audit', rule: 'elsewhere' }]);
  await page.locator('#namespace-labels').fill('enforce');
  await until(() => page.locator('#namespace-labels-problem').textContent(), 'expected key=value, found enforce');
  await close();
});

test('a report can be about one image, and several be given', async () => {
  const { page, close } = await open(browser);
  await example(page, 'missing');
  await until(word(page), 'Audited');
  await page.locator('#findings-image').selectOption('');
  await until(word(page), 'Admitted');
  await page.locator('#findings-add').click();
  assert.deepEqual(await page.locator('#findings-tabs [role=tab]').allTextContents(), ['cart.trivy.json', 'report-1.json']);
  await page.keyboard.insertText('{ "no": "report" }');
  await until(() => page.locator('#findings-tabs [aria-selected=true]').textContent(), 'report-1.json, with errors');
  await page.locator('#findings-remove').click();
  await until(() => page.locator('#findings-tabs [role=tab]').allTextContents(), ['cart.trivy.json']);
  await until(word(page), 'Admitted');
  await close();
});
