/** The page is one file, small, and talks to nobody. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

import { MOST, page as built } from '../build.mjs';
import { EXAMPLES } from '../examples/index.js';
import { FILE, cards, example, launch, open, serve, until, word } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test('it is small enough to be sent', () => {
  const packed = gzipSync(readFileSync(FILE), { level: 9 }).length;
  assert.ok(packed <= MOST, `${packed} bytes packed, ${MOST} are allowed`);
});

test('the same sources give the same bytes', async () => {
  const folder = fileURLToPath(new URL('../../dist/playground', import.meta.url));
  assert.ok((await built(folder)) === readFileSync(FILE, 'utf8'));
});

test('its policy names no address, and nothing in it is fetched', () => {
  const text = readFileSync(FILE, 'utf8');
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1] ?? '';
  const directives = Object.fromEntries(policy.split('; ').map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1)]));
  assert.deepEqual(directives['default-src'], ["'none'"]);
  assert.deepEqual(directives['connect-src'], ["'none'"]);
  assert.deepEqual(directives['worker-src'], ['blob:']);
  assert.deepEqual(directives['img-src'], ['data:']);
  assert.deepEqual(directives['base-uri'], ["'none'"]);
  assert.deepEqual(directives['form-action'], ["'none'"]);
  // The decoder, the loader, and what the loader unpacks.
  assert.match(policy, /script-src( 'sha256-[^']+'){3} 'wasm-unsafe-eval';/);
  assert.deepEqual(directives['require-trusted-types-for'], ["'script'"]);
  assert.deepEqual(directives['trusted-types'], ['loader', 'worker']);
  assert.match(policy, /style-src 'sha256-[^']+';/);
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|https?:|\*/);
  const head = text.slice(0, text.indexOf('<style>'));
  assert.doesNotMatch(head, /(src|href)="(?!data:)/);
});

/** Everything that a reader can do, once. @param {import('playwright-core').Page} page */
async function use(page) {
  for (const { id, expected } of EXAMPLES.slice(0, 3)) {
    await example(page, id);
    await until(cards(page), expected);
  }
  for (const id of ['share', 'export', 'import', 'keys']) {
    await page.locator(`#${id}`).click();
    await page.waitForTimeout(200);
    await page.keyboard.press('Escape');
  }
  await page.locator('#compare').click();
  await page.locator('#theme').click();
  await page.locator('#rules-editor .cm-content').focus();
  await page.keyboard.press('Control+F');
  await page.keyboard.type('rule');
  await page.keyboard.press('Escape');
}

test('opened from disk it asks nobody, and its policy has nothing to forbid', async () => {
  const { page, requests, errors, close } = await open(browser);
  await use(page);
  assert.deepEqual(requests.filter((url) => !/^(file:\/\/\/.*\/playground\.html|data:|blob:)/.test(url)), []);
  assert.equal(requests.filter((url) => url.startsWith('file:')).length, 1);
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  assert.deepEqual(errors, []);
  await close();
});

test('from a server it asks for itself alone', async () => {
  const server = await serve();
  const { page, requests, errors, close } = await open(browser, { url: server.url });
  await use(page);
  assert.deepEqual(server.asked, ['GET /playground.html']);
  assert.deepEqual(requests.filter((url) => !/^(data:|blob:)/.test(url) && url !== server.url), []);
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  assert.deepEqual(errors, []);
  await close();
  server.close();
});

test('whatever were to run in it could ask nobody, the worker included', async () => {
  const server = await serve();
  const { page, close } = await open(browser, { url: server.url });
  const target = server.url.replace('playground.html', 'leak');
  const ask = async (/** @type {string} */ url) => {
    const tries = {
      fetch: () => fetch(url),
      request: () => new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.onload = resolve;
        request.onerror = reject;
        request.open('GET', url);
        request.send();
      }),
      socket: () => new Promise((resolve, reject) => {
        const socket = new WebSocket(url.replace('http', 'ws'));
        socket.onopen = resolve;
        socket.onerror = reject;
      }),
      events: () => new Promise((resolve, reject) => {
        const source = new EventSource(url);
        source.onopen = resolve;
        source.onerror = reject;
      }),
    };
    const outcomes = [];
    for (const [name, attempt] of Object.entries(tries)) outcomes.push(await attempt().then(() => `${name} worked`, () => `${name} failed`));
    return outcomes;
  };
  const wanted = ['fetch failed', 'request failed', 'socket failed', 'events failed'];
  assert.deepEqual(await page.evaluate(ask, target), wanted);
  assert.deepEqual(await page.workers()[0].evaluate(ask, target), wanted);
  await page.evaluate(async (url) => {
    navigator.sendBeacon(url, 'x');
    const add = (/** @type {string} */ name, /** @type {any} */ properties) => document.body.append(Object.assign(document.createElement(name), properties));
    add('img', { src: url });
    add('iframe', { src: url });
    add('link', { rel: 'stylesheet', href: url });
    add('link', { rel: 'prefetch', href: url });
    add('video', { src: url });
    const form = Object.assign(document.createElement('form'), { action: url, method: 'post', target: '_blank' });
    document.body.append(form);
    form.submit();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }, target);
  assert.deepEqual(server.asked, ['GET /playground.html']);
  await close();
  server.close();
});

test('a browser that knows nothing of Trusted Types has the page too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'playground-'));
  const path = join(folder, 'playground.html');
  writeFileSync(path, readFileSync(FILE, 'utf8').replace(/; require-trusted-types-for[^"]*/, ''));
  const before = (/** @type {import('playwright-core').Page} */ page) => page.addInitScript(() => Reflect.deleteProperty(window, 'trustedTypes'));
  const { page, errors, close } = await open(browser, { url: pathToFileURL(path).href, before });
  assert.equal(await page.evaluate(() => 'trustedTypes' in window), false);
  await until(word(page), 'Denied');
  assert.deepEqual(errors, []);
  await close();
  rmSync(folder, { recursive: true });
});

test('a module that dies is started anew', async () => {
  const { page, close } = await open(browser);
  await until(word(page), 'Denied');
  await page.workers()[0].evaluate(() => setTimeout(() => { throw new Error('gone'); }));
  await page.waitForTimeout(300);
  await example(page, 'vex');
  await until(word(page), 'Admitted');
  await close();
});
