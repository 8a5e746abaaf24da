/**
 * The page and the module → one file that needs nothing else: build.mjs MODULE-FOLDER OUT
 * The same sources give the same bytes.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { build } from 'esbuild';

import { unpack } from './page/worker/lzma.js';

/**
 * Bytes that the file may have, packed as servers and mail pack it. In November 2026 it has 745 000: 165 000 of the page, nearly all of them
 * the editor's, and 575 000 of the module, more than half of them the readers of two dozen formats of reports.
 */
export const MOST = 760 * 1024;

const here = dirname(fileURLToPath(import.meta.url));
const BROWSERS = ['chrome123', 'firefox120', 'safari17.5'];

/**
 * @param {string} entry
 * @returns {Promise<{ text: string, packages: string[] }>} and the packages that are in it
 */
async function bundled(entry) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(here, 'page', entry)],
    absWorkingDir: here, bundle: true, write: false, metafile: true, minify: true, charset: 'utf8', legalComments: 'none', format: 'iife', target: BROWSERS, logLevel: 'warning',
  });
  const packages = Object.keys(metafile.inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return { text: outputFiles[0].text.trim(), packages: [...new Set(packages)].sort() };
}

/** The licences of the packages, each text once: whoever has the page has them. */
function licences(/** @type {string[]} */ packages) {
  /** @type {Map<string, string[]>} */
  const texts = new Map();
  for (const name of packages) {
    const folder = join(here, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const text = readFileSync(join(folder, 'LICENSE'), 'utf8').replaceAll('--', '- -').trim();
    texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
  }
  return [...texts].map(([text, names]) => `${names.join(', ')}:\n\n${text}`).join('\n\n');
}

/** As the worker unpacks it, which is tried at once. */
function packed(/** @type {Buffer} */ bytes) {
  const stream = execFileSync('xz', ['--format=lzma', '--lzma1=preset=9e,lc=4,pb=0', '--stdout'], { input: bytes, maxBuffer: 1 << 28 });
  // xz leaves the length open.
  stream.writeBigUInt64LE(BigInt(bytes.length), 5);
  if (!bytes.equals(unpack(stream))) throw new Error('the module does not come back as it was packed');
  return stream;
}

/** A text that an HTML parser would not read to its end as it is meant must not be put into the page. */
function inline(/** @type {string} */ text, /** @type {string} */ end) {
  const wrong = new RegExp(`</${end}|<!--`, 'i').exec(text);
  if (wrong) throw new Error(`a part of the page has \`${wrong[0]}\` in it`);
  return text;
}

/** The source expression of a policy that lets exactly this text pass. */
function hash(/** @type {string} */ text) {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/**
 * @param {string} moduleFolder with `playground.js` and `playground_bg.wasm`
 * @returns {Promise<string>} the page
 */
export async function page(moduleFolder) {
  const [script, worker, style] = await Promise.all(['main.js', 'worker/main.js', 'style/main.css'].map(bundled));
  const glue = readFileSync(join(moduleFolder, 'playground.js'), 'utf8').trim();
  const module = packed(readFileSync(join(moduleFolder, 'playground_bg.wasm'))).toString('base64');
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script.text)} 'wasm-unsafe-eval'`,
    `style-src ${hash(style.text)}`,
    'worker-src blob:',
    'img-src data:',
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types worker',
  ].join('; ');
  const parts = /** @type {Record<string, string>} */ ({
    POLICY: policy,
    STYLE: inline(style.text, 'style'),
    MODULE: module,
    WORKER: inline(`${glue}\n${worker.text}`, 'script'),
    SCRIPT: inline(script.text, 'script'),
    LICENCES: licences(script.packages),
  });
  const template = readFileSync(join(here, 'page', 'index.html'), 'utf8');
  return template.replace(/%(POLICY|STYLE|MODULE|WORKER|SCRIPT|LICENCES)%/g, (_, name) => parts[name]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [moduleFolder, out] = process.argv.slice(2);
  const text = await page(moduleFolder);
  const sent = gzipSync(text, { level: 9 }).length;
  if (sent > MOST) throw new Error(`the page has ${sent} bytes packed, and ${MOST} are allowed`);
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(`${out}.new`, text);
  renameSync(`${out}.new`, out);
  process.stderr.write(`${out}: ${Buffer.byteLength(text)} bytes, ${sent} packed\n`);
}
