/** A file that was damaged or cut off on its way says so, instead of being an empty page. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { unpack } from '../page/unpack/lzma.js';
import { FILE, launch, until, word } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const folder = mkdtempSync(join(tmpdir(), 'playground-'));
after(() => rmSync(folder, { recursive: true }));

const TEXT = readFileSync(FILE, 'utf8');
const packed = (/** @type {string} */ id) => new RegExp(`<script type="text/plain" id="${id}">([^<]*)</script>`).exec(TEXT)?.[1] ?? '';
const SCRIPTS = packed('scripts');
const MODULE = packed('module');

/** In the middle one character is another one. @param {string} text */
function changed(text) {
  const at = text.length >> 1;
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

/**
 * Opens it, whether it starts or not.
 *
 * @param {string} text
 * @param {import('playwright-core').BrowserContextOptions} [options]
 * @param {() => void} [before] done in the page before its own scripts
 */
async function openAs(text, options, before) {
  const path = join(folder, 'playground.html');
  writeFileSync(path, text);
  const context = await browser.newContext(options);
  const page = await context.newPage();
  if (before) await page.addInitScript(before);
  await page.goto(pathToFileURL(path).href);
  return { page, close: () => context.close() };
}

const CANNOT = /^The playground cannot start: its file is damaged or was cut off/;
const HAS_NOT = /^The playground has not started\. It needs JavaScript/;

/** @type {Record<string, [string, RegExp]>} */
const FILES = {
  'scripts with another character': [TEXT.replace(SCRIPTS, changed(SCRIPTS)), CANNOT],
  'scripts with one that is none of base64': [TEXT.replace(SCRIPTS, SCRIPTS.replace('A', '§')), CANNOT],
  'scripts without their end': [TEXT.replace(SCRIPTS, SCRIPTS.slice(0, -400)), CANNOT],
  'no scripts': [TEXT.replace(SCRIPTS, ''), CANNOT],
  'cut off before its scripts': [TEXT.slice(0, TEXT.indexOf(MODULE) + 5000), HAS_NOT],
  'a loader with another character': [TEXT.replace('The playground cannot start', 'The playground can not start'), HAS_NOT],
};

for (const [name, [text, said]] of Object.entries(FILES)) {
  test(name, async () => {
    assert.notEqual(text, TEXT);
    const { page, close } = await openAs(text);
    const line = page.locator('#unstarted');
    await until(() => line.evaluate((node) => getComputedStyle(node).visibility), 'visible');
    assert.match((await line.textContent()) ?? '', said);
    await close();
  });
}

test('a script that is not the page’s own does not run, and the page says so', async () => {
  const other = Buffer.from(`window.hit = 1;\n${Buffer.from(unpack(Buffer.from(SCRIPTS, 'base64'))).toString()}`);
  const stream = execFileSync('xz', ['--format=lzma', '--stdout'], { input: other });
  stream.writeBigUInt64LE(BigInt(other.length), 5);
  const { page, close } = await openAs(TEXT.replace(SCRIPTS, stream.toString('base64')));
  assert.match((await page.locator('#unstarted').textContent()) ?? '', CANNOT);
  assert.equal(await page.evaluate(() => window.hit ?? null), null);
  await close();
});

test('in a browser that lacks what the page needs it says so', async () => {
  const { page, close } = await openAs(TEXT, {}, () => Reflect.deleteProperty(window, 'Worker'));
  assert.match((await page.locator('#unstarted').textContent()) ?? '', CANNOT);
  await close();
});

test('without JavaScript it says what it needs', async () => {
  const { page, close } = await openAs(TEXT, { javaScriptEnabled: false });
  await page.locator('#unstarted', { hasText: 'It needs JavaScript' }).waitFor({ state: 'visible' });
  await close();
});

test('a damaged module is told where the verdict would be', async () => {
  const { page, close } = await openAs(TEXT.replace(MODULE, changed(MODULE)));
  await until(word(page), 'No verdict');
  assert.match(await page.locator('#verdict-summary').innerText(), /what is packed in this page is damaged: get its file again/);
  await close();
});
