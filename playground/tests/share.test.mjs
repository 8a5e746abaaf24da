/** Links: what is shared is what opens, and what cannot be opened says so and changes nothing. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { EXAMPLES } from '../examples/index.js';
import { LONGEST, LinkError, pack, unpack } from '../page/link.js';
import { cards, example, kept, launch, open, serve, until, word, write } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** @param {import('playwright-core').Page} page */
async function share(page) {
  await page.locator('#share').click();
  await until(async () => (await page.locator('#share-says').textContent())?.includes('characters'), true);
  return (await page.locator('#share-link').inputValue()).split('#')[1] ?? '';
}

test('every state comes back from its link', async () => {
  const odd = { settings: '\u0000 \u{1F600} \ud7ff\n\r\t"', baseline: '', workload: '---\n', namespaceLabels: { __proto__x: 'b', a: '' }, now: null, findings: [{ name: '', image: 'a', text: '\u2028' }, { name: 'b', image: null, text: 'é'.repeat(9999) }] };
  for (const state of [...EXAMPLES.map((each) => each.state), odd]) {
    const fragment = await pack(/** @type {any} */ (state));
    assert.match(fragment, /^v1\.[A-Za-z0-9_-]+$/);
    assert.deepEqual(await unpack(fragment), state);
    assert.equal(await pack(/** @type {any} */ (state)), fragment);
  }
});

test('no part of a damaged link is taken', async () => {
  const fragment = await pack(EXAMPLES[0].state);
  const broken = ['v1.', 'v1', 'v0.abc', 'v01.abc', 'v-1.a', 'x', 'rules', `${fragment}A`, `${fragment}=`, fragment.replace('v1.', 'v1.A'), 'v1.AAAAAAAA', 'v1.é'];
  for (let at = 3; at < fragment.length; at += 17) {
    broken.push(fragment.slice(0, at), fragment.slice(0, at) + (fragment[at] === 'A' ? 'B' : 'A') + fragment.slice(at + 1));
  }
  for (const each of broken) {
    // A changed character beyond the end of what was packed changes nothing; everything else is noticed.
    const outcome = await unpack(each).catch((error) => error);
    if (!(outcome instanceof LinkError)) assert.deepEqual(outcome, EXAMPLES[0].state, each);
  }
  await assert.rejects(unpack('v2.AAAA'), /later version/);
  await assert.rejects(unpack(fragment.slice(0, -8)), /broken/);
});

test('a link that holds something else is broken, and one that unpacks into too much too', async () => {
  for (const state of [null, [], 7, {}, { ...EXAMPLES[0].state, more: 1 }, { ...EXAMPLES[0].state, settings: 1 }, { ...EXAMPLES[0].state, now: 'x' }, { ...EXAMPLES[0].state, findings: [{ name: 'a', image: 1, text: '' }] }]) {
    await assert.rejects(unpack(await pack(/** @type {any} */ (state))), /broken/);
  }
  await assert.rejects(pack({ ...EXAMPLES[0].state, settings: 'a'.repeat(5_000_000) }), /longer than a link/);
});

test('a link opens in another page with the same state, and survives a reload', async () => {
  const first = await open(browser);
  await example(first.page, 'severity-first');
  await write(first.page, 'rules', 'rules:\n  - { name: new, description: "ünï 😀", action: deny, conditions: [{ severity: high }] }\n');
  await first.page.locator('#now').fill('2026-12-01T01:02:03');
  await until(cards(first.page), [{ object: 'Deployment prod/billing', verdict: 'deny', rule: 'new' }]);
  const fragment = await share(first.page);
  const state = await kept(first.page);
  // The address shows the link, so that it can be copied from there or kept as a bookmark.
  assert.equal(new URL(first.page.url()).hash, `#${fragment}`);

  const second = await open(browser, { fragment });
  await until(cards(second.page), [{ object: 'Deployment prod/billing', verdict: 'deny', rule: 'new' }]);
  assert.equal(await second.page.locator('#baseline').isVisible(), true);
  assert.equal(await second.page.locator('#now').inputValue(), '2026-12-01T01:02:03');
  assert.equal(await share(second.page), fragment);
  await second.page.reload();
  await until(cards(second.page), [{ object: 'Deployment prod/billing', verdict: 'deny', rule: 'new' }]);
  assert.equal(await share(second.page), fragment);
  await second.page.keyboard.press('Escape');

  // What is changed afterwards is no longer what the link says: the address lets go of it, and a reload keeps the change.
  await second.page.locator('#now').fill('2026-12-02T00:00:01');
  assert.deepEqual(await kept(second.page), { ...state, now: '2026-12-02T00:00:01Z' });
  assert.equal(new URL(second.page.url()).hash, '');
  await second.page.reload();
  await until(() => second.page.locator('#now').inputValue(), '2026-12-02T00:00:01');
  await until(word(second.page), 'Denied');
  await first.close();
  await second.close();
});

test('that a namespace has no labels is another thing than that nobody knows them, in a link and after a reload too', async () => {
  const first = await open(browser);
  const labels = first.page.locator('#namespace-labels');
  await labels.fill(',');
  await until(() => first.page.locator('#namespace-labels-problem').textContent(), 'It has no labels.');
  assert.equal(await labels.getAttribute('aria-invalid'), 'false');
  assert.deepEqual((await kept(first.page)).namespaceLabels, {});
  await first.page.reload();
  await until(() => labels.inputValue(), ',');
  assert.deepEqual((await kept(first.page)).namespaceLabels, {});
  const second = await open(browser, { fragment: await share(first.page) });
  assert.equal(await second.page.locator('#namespace-labels').inputValue(), ',');
  await second.page.locator('#namespace-labels').fill('');
  assert.equal((await kept(second.page)).namespaceLabels, null);
  await second.page.reload();
  await until(() => second.page.locator('#namespace-labels').inputValue(), '');
  await first.close();
  await second.close();
});

test('links work over HTTP too', async () => {
  const server = await serve();
  const fragment = await pack(EXAMPLES[3].state);
  const { page, close } = await open(browser, { url: server.url, fragment });
  await until(cards(page), EXAMPLES[3].expected);
  await page.locator('#now').fill('2026-11-23T00:00:00');
  await until(async () => new URL(page.url()).hash, '');
  await close();
  server.close();
});

test('a link of a later version says so and loads nothing', async () => {
  const { page, close } = await open(browser, { fragment: `v2.${(await pack(EXAMPLES[1].state)).slice(3)}` });
  assert.match(await page.locator('#toast').innerText(), /later version.*version 2.*Nothing of it was loaded/);
  await until(cards(page), EXAMPLES[0].expected);
  await close();
});

test('a broken link says so and loads nothing, on a page that is open too', async () => {
  const fragment = await pack(EXAMPLES[1].state);
  const { page, close } = await open(browser, { fragment: fragment.slice(0, 200) });
  assert.match(await page.locator('#toast').innerText(), /link is broken.*Nothing of it was loaded/);
  await until(cards(page), EXAMPLES[0].expected);
  await page.locator('#toast button').click();
  await page.evaluate((hash) => (location.hash = hash), '%E0%A4%A');
  await until(async () => /broken/.test(await page.locator('#toast').innerText()), true);
  await page.evaluate((hash) => (location.hash = hash), fragment);
  await until(cards(page), EXAMPLES[1].expected);
  await page.locator('#toast').getByText('Undo').click();
  await until(cards(page), EXAMPLES[0].expected);
  await close();
});

test('what is too long for a link says so', async () => {
  const { page, close } = await open(browser);
  let seed = 1;
  const noise = Array.from({ length: 12_000 }, () => (seed = (seed * 48_271) % 2_147_483_647).toString(36)).join(' ');
  await write(page, 'findings', noise.slice(0, 200_000));
  await page.locator('#share').click();
  await until(async () => (await page.locator('#share-says').textContent())?.startsWith('Too long for a link: it would have'), true);
  assert.match((await page.locator('#share-says').textContent()) ?? '', new RegExp(LONGEST.toLocaleString('en')));
  assert.equal(await page.locator('#share-copy').isDisabled(), true);
  assert.equal(await page.locator('#share-link').isHidden(), true);
  await close();
});

test('a way back is offered until something else is done, and for half a minute', async () => {
  const { page, close } = await open(browser, { before: (fresh) => fresh.clock.install() });
  const back = () => page.locator('#toast').getByText('Undo').count();
  const before = EXAMPLES[0].state.settings;
  await example(page, 'vex');
  await until(word(page), 'Admitted');
  assert.equal(await back(), 1);
  // It would take this along.
  await page.locator('#now').fill('2026-11-23T00:00:00');
  assert.equal(await back(), 0);
  // What was in an editor is still to be had there.
  await page.locator('#rules-editor .cm-content').focus();
  await page.keyboard.press('Control+Z');
  await page.clock.fastForward(1000);
  assert.equal((await kept(page)).settings, before);

  await page.locator('#reset').click();
  await page.locator('#verdict-title').hover();
  await page.clock.fastForward(29_000);
  assert.equal(await back(), 1);
  await page.clock.fastForward(2000);
  await until(back, 0);
  // Not from under somebody's hand.
  await page.locator('#reset').click();
  await page.locator('#toast').getByText('Undo').focus();
  await page.clock.fastForward(31_000);
  assert.equal(await back(), 1);
  await close();
});

test('Undo in an editor does not lead back before the page was opened', async () => {
  const { page, close } = await open(browser, { fragment: await pack(EXAMPLES[1].state) });
  await page.locator('#rules-editor .cm-content').focus();
  await page.keyboard.press('Control+Z');
  await until(cards(page), EXAMPLES[1].expected);
  assert.equal((await page.locator('#rules-editor .cm-line').count()) > 3, true);
  await close();
});

test('reset has a way back', async () => {
  const { page, close } = await open(browser);
  await example(page, 'vex');
  await until(word(page), 'Admitted');
  await page.locator('#reset').click();
  await until(cards(page), EXAMPLES[0].expected);
  await page.locator('#toast').getByText('Undo').focus();
  await page.keyboard.press('Enter');
  await until(word(page), 'Admitted');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'verdict');
  await close();
});
