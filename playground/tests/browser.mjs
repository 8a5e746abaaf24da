/** A browser with the page in it, and all that the page asks of anybody. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { chromium } from 'playwright-core';

const here = dirname(fileURLToPath(import.meta.url));
/** The page as it was built. */
export const FILE = join(here, '../../dist/playground.html');
/** Where distributions put the browser. */
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
/** Milliseconds that anything may take on a busy machine. */
const PATIENCE = 60_000;

/** @returns {Promise<import('playwright-core').Browser>} with an empty profile */
export async function launch() {
  const executablePath = BROWSERS.find((path) => existsSync(path));
  assert.ok(executablePath, `none of ${BROWSERS.join(', ')} is there: install the Debian package chromium`);
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/**
 * The page in a tab of its own, judged once.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {{ url?: string, fragment?: string, context?: import('playwright-core').BrowserContextOptions, before?: (page: import('playwright-core').Page) => Promise<void> }} [options]
 */
export async function open(browser, { url = pathToFileURL(FILE).href, fragment = '', context: options = {}, before } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  /** @type {string[]} */
  const requests = [];
  /** @type {string[]} */
  const errors = [];
  context.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error.stack)));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  await before?.(page);
  await page.goto(fragment ? `${url}#${fragment}` : url);
  await page.locator('#version', { hasText: 'version' }).waitFor();
  return { context, page, requests, errors, close: () => context.close() };
}

/**
 * Puts a text in the place of an editor's.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} pane
 * @param {string} text
 */
export async function write(page, pane, text) {
  await page.locator(`#${pane}-editor .cm-content`).focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  if (text) await page.keyboard.insertText(text);
}

/**
 * Waits until a function of the page's text gives what is wanted.
 *
 * @param {() => Promise<any>} get
 * @param {any} wanted
 * @param {string} [what]
 */
export async function until(get, wanted, what = '') {
  const end = Date.now() + PATIENCE;
  let found;
  do {
    found = await get();
    if (isEqual(found, wanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 40));
  } while (Date.now() < end);
  assert.deepEqual(found, wanted, what);
}

/** @returns {boolean} */
function isEqual(/** @type {any} */ found, /** @type {any} */ wanted) {
  try {
    assert.deepEqual(found, wanted);
    return true;
  } catch {
    return false;
  }
}

/** The word of the whole verdict. @param {import('playwright-core').Page} page */
export function word(page) {
  return async () => (await page.locator('#verdict-summary strong').textContent()) ?? '';
}

/** Object, verdict and rule of each card. @param {import('playwright-core').Page} page */
export function cards(page) {
  return () => page.locator('.card').evaluateAll((all) => all.map((card) => ({
    object: card.querySelector('.object')?.textContent,
    verdict: card.dataset.verdict,
    rule: card.querySelector(':scope > .by code')?.textContent ?? null,
  })));
}

/** What the page keeps for a reload. @param {import('playwright-core').Page} page */
export async function kept(page) {
  // It is kept after a pause.
  await page.waitForTimeout(900);
  return page.evaluate(() => JSON.parse(sessionStorage.getItem('gated-deployment.playground') ?? 'null'));
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} id
 */
export async function example(page, id) {
  await page.locator('#examples').click();
  await page.locator(`[data-example="${id}"]`).click();
}

/**
 * The page over HTTP on loopback, and what was asked of the server.
 *
 * @returns {Promise<{ url: string, asked: string[], close: () => void }>}
 */
export async function serve() {
  /** @type {string[]} */
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const isPage = request.url === '/playground.html';
    response.writeHead(isPage ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' }).end(isPage ? readFileSync(FILE) : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/playground.html`, asked, close: () => (server.closeAllConnections(), server.close()) };
}
