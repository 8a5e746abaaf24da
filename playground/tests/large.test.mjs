/** A report of 20 MB: the page goes on answering while the worker reads it. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';

import { launch, open, until, word, write } from './browser.mjs';

/** Milliseconds for which the page may stand still, on a machine that has other things to do as well. */
const STILL = 500;

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** A report of Trivy with at least so many bytes. */
function report(/** @type {number} */ bytes) {
  const vulnerabilities = [];
  const severities = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
  const description = 'A sentence that nobody reads, as reports have many. '.repeat(10);
  for (let length = 0, i = 0; length < bytes; i += 1) {
    const each = { VulnerabilityID: `CVE-2024-${100_000 + i}`, PkgName: `package-${i % 700}`, InstalledVersion: '1.0.0', FixedVersion: '1.0.1', Severity: severities[i % 4], Title: `Number ${i}`, Description: description };
    vulnerabilities.push(each);
    length += 680;
  }
  return JSON.stringify({
    SchemaVersion: 2, CreatedAt: '2026-11-22T06:00:00Z', ArtifactName: 'ghcr.io/acme/shop:1.4', ArtifactType: 'container_image',
    Results: [{ Target: 'debian', Class: 'os-pkgs', Type: 'debian', Vulnerabilities: vulnerabilities }],
  }, null, 1);
}

const TEXT = report(20_000_000);
const folder = mkdtempSync(join(tmpdir(), 'playground-'));
after(() => rmSync(folder, { recursive: true }));

/** Measures for how long the page stands still. @param {import('playwright-core').Page} page */
async function watch(page) {
  await page.addInitScript(() => {
    window.stills = [];
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.stills.push(Math.round(entry.duration)))).observe({ type: 'longtask' });
  });
}

/** Types while the worker reads, and asks how long each letter takes to be seen. @param {import('playwright-core').Page} page */
async function typing(page) {
  await page.locator('#rules-editor .cm-content').focus();
  await page.keyboard.press('Control+Home');
  const waits = [];
  for (const letter of '# typed while it is read') {
    const began = Date.now();
    await page.keyboard.press(letter === ' ' ? 'Space' : letter);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(null))));
    waits.push(Date.now() - began);
  }
  await page.keyboard.press('Enter');
  return waits;
}

/** @param {import('playwright-core').Page} page */
async function judged(page, counted = /[0-9]{4} critical vulnerabilities/) {
  await until(async () => /trivy-json for/.test(await page.locator('#findings-report').innerText()), true);
  await until(async () => counted.test(await page.locator('.messages').first().innerText()), true);
  await until(() => page.locator('#verdict-busy').isHidden(), true);
}

test('opened as a file', async (t) => {
  assert.ok(TEXT.length > 20_000_000);
  const { page, close } = await open(browser, { before: watch });
  await page.locator('#findings-remove').click();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('#findings-open').click()]);
  writeFileSync(join(folder, 'large.json'), TEXT);
  await chooser.setFiles([join(folder, 'large.json')]);
  await until(() => page.locator('#findings-held strong').count(), 1);
  const waits = await typing(page);
  assert.match(await page.locator('#rules-editor .cm-content').innerText(), /# typed while it is read/);
  await judged(page);
  // What was typed last is what was judged last.
  await write(page, 'rules', 'rules:\n  - { name: lax, action: deny, conditions: [{ severity: critical, moreThan: 100000 }] }\n');
  await until(word(page), 'Admitted');
  const stills = await page.evaluate(() => window.stills);
  const worst = Math.max(0, ...stills);
  t.diagnostic(`stood still for ${worst} ms at most; letters were seen after ${Math.max(...waits)} ms at most`);
  assert.ok(worst <= STILL, `the page stood still for ${worst} ms; ${STILL} are allowed`);
  assert.ok(Math.max(...waits) <= 2 * STILL, `letters took ${waits.join(', ')} ms`);
  await close();
});

test('packed by gzip, and damaged', async () => {
  const { page, close } = await open(browser);
  await page.locator('#findings-remove').click();
  const take = async (/** @type {string} */ name, /** @type {Buffer} */ buffer) => {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('#findings-open').click()]);
    await chooser.setFiles([{ name, mimeType: 'application/gzip', buffer }]);
  };
  const packed = gzipSync(report(1_000_000));
  await take('report.json.gz', packed);
  await until(async () => /packed by gzip/.test(await page.locator('#findings-held').innerText()), true);
  await judged(page, /[0-9]{3} critical vulnerabilities/);
  await take('damaged.json.gz', packed.subarray(0, 5000));
  // One report that cannot be read is its own error, and keeps nobody from judging by the others.
  await until(async () => /1 error in the findings/.test(await page.locator('#verdict-summary').innerText()), true);
  assert.match(await page.locator('#findings-report').innerText(), /packed by gzip is damaged/);
  await page.locator('#findings-remove').click();
  await until(async () => /error/.test(await page.locator('#verdict-summary').innerText()), false);
  await close();
});

test('judging is stopped when it takes too long', async () => {
  const { page, close } = await open(browser);
  writeFileSync(join(folder, 'larger.json'), TEXT);
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('#findings-open').click()]);
  await chooser.setFiles([join(folder, 'larger.json')]);
  await page.locator('#stop').click();
  await until(async () => /stopped by you/.test(await page.locator('#verdict-summary').innerText()), true);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'verdict');
  await page.locator('#findings-remove').click();
  await until(word(page), 'Denied');
  await close();
});

test('pasted', async (t) => {
  const { page, close } = await open(browser, { before: watch });
  await page.evaluate((length) => {
    // Made in the page: what a driver hands over would stand still by itself.
    window.report = length;
  }, TEXT);
  await page.waitForTimeout(500);
  await page.evaluate(() => (window.stills.length = 0));
  await page.evaluate(() => {
    const content = document.querySelector('#findings-editor').shadowRoot.querySelector('.cm-content');
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', window.report);
    content.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true, composed: true }));
  });
  await until(() => page.locator('#findings-held strong').count(), 1);
  const waits = await typing(page);
  await judged(page);
  const stills = await page.evaluate(() => window.stills);
  const worst = Math.max(0, ...stills);
  t.diagnostic(`stood still for ${worst} ms at most; letters were seen after ${Math.max(...waits)} ms at most`);
  assert.ok(worst <= STILL, `the page stood still for ${worst} ms; ${STILL} are allowed`);
  assert.ok(Math.max(...waits) <= 2 * STILL, `letters took ${waits.join(', ')} ms`);
  assert.equal(await page.locator('.vulnerabilities li').count() < 500, true);
  await close();
});

test('in the place of rules it is refused, and nothing changes', async () => {
  const { page, close } = await open(browser);
  await page.evaluate((text) => {
    const content = document.querySelector('#rules-editor').shadowRoot.querySelector('.cm-content');
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    content.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true, composed: true }));
  }, TEXT.slice(0, 400_000));
  assert.match(await page.locator('#toast').innerText(), /too long for settings/);
  await until(word(page), 'Denied');
  await close();
});
