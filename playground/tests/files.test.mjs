/** Files that are dropped go where they are dropped, and never replace the page. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { EXAMPLES } from '../examples/index.js';
import { cards, kept, launch, open, until, word, write } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/**
 * @param {import('playwright-core').Page} page
 * @param {string} target
 * @param {Record<string, string>} files
 */
async function drop(page, target, files) {
  await page.evaluate(([selector, all]) => {
    const host = document.querySelector(selector);
    const node = host.shadowRoot?.querySelector('.cm-content') ?? host;
    const dataTransfer = new DataTransfer();
    for (const [name, text] of Object.entries(all)) dataTransfer.items.add(new File([text], name));
    for (const type of ['dragenter', 'dragover', 'drop']) node.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true, composed: true }));
  }, /** @type {const} */ ([target, files]));
}

const vex = EXAMPLES.find(({ id }) => id === 'vex')?.state ?? EXAMPLES[0].state;

test('on each editor, and beside them', async () => {
  const { page, close } = await open(browser);
  await drop(page, '#rules-editor', { 'rules.yaml': vex.settings });
  await until(cards(page), [{ object: 'Deployment prod/shop', verdict: 'deny', rule: 'block-critical' }]);
  await drop(page, '#workload-editor', { 'a.yaml': vex.workload, 'b.yaml': EXAMPLES[0].state.workload });
  await until(() => page.locator('.card').count(), 2);
  await drop(page, '#findings-editor', { 'one.json': vex.findings[0].text ?? '' });
  await drop(page, '#verdict', { 'two.json': '{}' });
  await until(() => page.locator('#findings-tabs [role=tab]').count(), 3);
  const { settings, workload, findings } = await kept(page);
  assert.equal(settings, vex.settings);
  assert.equal(workload, `${vex.workload}\n---\n${EXAMPLES[0].state.workload}`);
  assert.deepEqual(findings.map((/** @type {any} */ each) => each.name), ['shop.trivy.json', 'one.json', 'two.json']);
  await close();
});

test('Undo takes a dropped file back, in one step, and nothing that was typed before', async () => {
  const { page, close } = await open(browser);
  const text = (/** @type {string} */ pane) => async () => (await kept(page))[pane === 'rules' ? 'settings' : pane];
  for (const pane of ['rules', 'workload']) {
    const content = page.locator(`#${pane}-editor .cm-content`);
    await content.focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.insertText('# typed before\n');
    const before = await text(pane)();
    assert.match(before, /^# typed before\n/);
    await drop(page, `#${pane}-editor`, { 'dropped.yaml': '# dropped\n' });
    await until(text(pane), '# dropped\n');
    await content.focus();
    await page.keyboard.press('End');
    await page.keyboard.type('typed after');
    await page.keyboard.press('Control+Z');
    await until(text(pane), '# dropped\n');
    await page.keyboard.press('Control+Z');
    await until(text(pane), before);
    await page.keyboard.press('Control+Y');
    await until(text(pane), '# dropped\n');
    await page.keyboard.press('Control+Z');
  }
  await until(cards(page), [{ object: 'Deployment prod/shop', verdict: 'deny', rule: 'block-critical' }]);
  await close();
});

test('an empty report is filled by the file that comes', async () => {
  const { page, close } = await open(browser);
  await page.locator('#findings-remove').click();
  await page.locator('#findings-add').click();
  await drop(page, '#findings-editor', { 'one.json': EXAMPLES[0].state.findings[0].text ?? '' });
  await until(() => page.locator('#findings-tabs [role=tab]').allTextContents(), ['one.json']);
  await until(word(page), 'Denied');
  await close();
});

test('VEX statements, the KEV catalogue and EPSS scores are reports too', async () => {
  const { page, close } = await open(browser);
  await write(page, 'rules', 'evaluation: strictest\nrules:\n  - { name: exploited, action: deny, conditions: [{ knownExploited: true }] }\n  - { name: likely, action: audit, conditions: [{ epss: 0.5 }] }\n');
  await drop(page, '#findings-editor', { 'kev.json': JSON.stringify({ title: 'CISA Catalog of Known Exploited Vulnerabilities', catalogVersion: '2026.11.20', dateReleased: '2026-11-20T00:00:00Z', count: 1, vulnerabilities: [{ cveID: 'CVE-2024-3094' }] }) });
  await drop(page, '#findings-editor', { 'epss.csv': '#model_version:v2025.03.14,score_date:2026-11-22T00:00:00Z\ncve,epss,percentile\nCVE-2022-29078,0.93,0.99\n' });
  await until(cards(page), [{ object: 'Deployment prod/shop', verdict: 'deny', rule: 'exploited' }]);
  assert.match(await page.locator('#findings-report').innerText(), /EPSS scores for ghcr\.io/);
  await close();
});
