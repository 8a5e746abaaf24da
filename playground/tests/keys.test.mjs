/** Everything by keys alone. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, open, until, word } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** What has the focus, through shadow roots. @param {import('playwright-core').Page} page */
function focused(page) {
  return page.evaluate(() => {
    const active = document.activeElement;
    if (active?.shadowRoot?.activeElement) return `${active.id} text`;
    return active?.id || active?.getAttribute('role') || active?.tagName.toLowerCase() || '';
  });
}

test('Tab walks from the top to the verdict, and Escape leads out of every editor', async () => {
  const { page, close } = await open(browser);
  const walked = [];
  for (let i = 0; i < 60; i += 1) {
    await page.keyboard.press('Tab');
    const here = await focused(page);
    if (here === 'body' || (walked.length > 0 && here === walked[0])) break;
    walked.push(here);
    if (here.endsWith(' text')) await page.keyboard.press('Escape');
  }
  const wanted = [
    'skip-rules', 'skip-verdict', 'examples', 'import', 'export', 'share', 'compare', 'reset', 'keys', 'theme',
    'rules-editor text', 'words', 'workload-editor text', 'namespace-labels',
    'findings-tab-0', 'findings-add', 'findings-open', 'findings-name', 'findings-image', 'findings-remove', 'findings-editor text',
    'now', 'now-clock', 'verdict-body',
  ];
  // In the order of the page, each once; what stands between is part of these.
  assert.deepEqual(walked.filter((each) => wanted.includes(each)).filter((each, i, all) => all.indexOf(each) === i), wanted);
  await close();
});

test('in an editor Tab indents, until Escape', async () => {
  const { page, close } = await open(browser);
  await page.locator('#rules-editor .cm-content').focus();
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'rules-editor text');
  assert.equal(await page.locator('#rules-editor .cm-line').first().textContent(), '  # Rules of a gate for vulnerable images.');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await page.locator('#rules-editor .cm-line').first().textContent(), '# Rules of a gate for vulnerable images.');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  assert.notEqual(await focused(page), 'rules-editor text');
  await close();
});

test('F6 walks the panes, and the skip links jump', async () => {
  const { page, close } = await open(browser);
  const walk = [];
  for (let i = 0; i < 5; i += 1) {
    await page.keyboard.press('F6');
    walk.push(await focused(page));
  }
  assert.deepEqual(walk, ['rules-editor text', 'workload-editor text', 'findings-editor text', 'verdict', 'rules-editor text']);
  await page.keyboard.press('Shift+F6');
  assert.equal(await focused(page), 'verdict');
  await page.locator('#skip-verdict').focus();
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'verdict');
  assert.equal(new URL(page.url()).hash, '');
  await close();
});

test('dialogs are opened and closed by keys, and the focus comes back', async () => {
  const { page, close } = await open(browser);
  for (const id of ['examples', 'import', 'export', 'share', 'keys']) {
    await page.locator(`#${id}`).focus();
    await page.keyboard.press('Enter');
    await until(() => page.locator('dialog[open]').count(), 1, id);
    await page.keyboard.press('Escape');
    await until(() => page.locator('dialog[open]').count(), 0, id);
    assert.equal(await focused(page), id);
  }
  await page.keyboard.press('?');
  await until(() => page.locator('#keys-dialog[open]').count(), 1);
  await page.keyboard.press('Escape');
  await page.locator('#examples').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await until(word(page), 'Audited');
  await close();
});

test('a question mark in a text is a question mark', async () => {
  const { page, close } = await open(browser);
  await page.locator('#rules-editor .cm-content').focus();
  await page.keyboard.press('?');
  assert.equal(await page.locator('dialog[open]').count(), 0);
  await close();
});

test('Control and Enter judge at once and go to the verdict', async () => {
  const { page, close } = await open(browser);
  await page.locator('#rules-editor .cm-content').focus();
  const lines = await page.locator('#rules-editor .cm-line').count();
  await page.keyboard.press('Control+Enter');
  assert.equal(await page.locator('#rules-editor .cm-line').count(), lines);
  assert.equal(await focused(page), 'verdict');
  await until(word(page), 'Denied');
  await close();
});

test('reports are walked by the arrows on their tabs', async () => {
  const { page, close } = await open(browser);
  await page.locator('#findings-add').click();
  await page.locator('#findings-tab-1').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(page), 'findings-tab-0');
  assert.equal(await page.locator('#findings-name').inputValue(), 'shop.trivy.json');
  await page.keyboard.press('End');
  assert.equal(await focused(page), 'findings-tab-1');
  await close();
});

test('another report is read from its beginning', async () => {
  const { page, close } = await open(browser);
  const scroller = page.locator('#findings-editor .cm-scroller');
  await page.locator('#findings-editor .cm-content').focus();
  await page.keyboard.press('Control+End');
  await until(async () => (await scroller.evaluate((node) => node.scrollTop)) > 0, true);
  await page.locator('#examples').click();
  await page.locator('[data-example=exploited]').click();
  await until(() => page.locator('#findings-name').inputValue(), 'gateway.grype.json');
  assert.equal(await scroller.evaluate((node) => node.scrollTop), 0);
  await close();
});

test('the theme is chosen, and kept', async () => {
  const { page, close } = await open(browser, { context: { colorScheme: 'dark' } });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.locator('#theme').click();
  assert.match(await page.locator('#theme').innerText(), /light/);
  assert.notEqual(await ground(), dark);
  await page.reload();
  assert.notEqual(await ground(), dark);
  await page.locator('#theme').click();
  assert.equal(await ground(), dark);
  await close();
});

test('nothing moves for whom nothing should', async () => {
  const { page, close } = await open(browser, { context: { reducedMotion: 'reduce' } });
  const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((each) => parseFloat(getComputedStyle(each).transitionDuration) > 0).length);
  assert.equal(moving, 0);
  await close();
});
