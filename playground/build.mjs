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
import { minify } from 'terser';

import { unpack } from './page/unpack/lzma.js';

/**
 * Bytes that the file may have, packed as servers and mail pack it: 600 KiB. In November 2026 it has 607 000: 141 000 of the page, nearly all
 * of them the editor's, and 466 000 of the module.
 */
export const MOST = 614_400;

const here = dirname(fileURLToPath(import.meta.url));
const BROWSERS = ['chrome123', 'firefox120', 'safari17.5'];
/** What has to run for a browser to be told that it is too old for the rest. */
const OLDER = ['es2020'];

/**
 * @param {string} entry
 * @param {string[]} target
 * @returns {Promise<{ text: string, packages: string[] }>} and the packages that are in it
 */
async function bundled(entry, target = BROWSERS) {
  const isScript = entry.endsWith('.js');
  const { outputFiles, metafile } = await build({
    entryPoints: [join(here, 'page', entry)],
    absWorkingDir: here, bundle: true, write: false, metafile: true, minify: !isScript, minifySyntax: true, charset: 'utf8', legalComments: 'none', format: 'iife', target, logLevel: 'warning',
  });
  const packages = Object.keys(metafile.inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const { text } = outputFiles[0];
  return { text: (isScript ? await smaller(text) : text).trim(), packages: [...new Set(packages)].sort() };
}

/** Scripts as Terser writes them pack into 4 000 bytes less than as esbuild does. */
async function smaller(/** @type {string} */ script) {
  const { code } = await minify(script, { ecma: 2020, compress: { passes: 3 }, mangle: true });
  if (code === undefined) throw new Error('a script that became nothing');
  return code;
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

/**
 * As the page unpacks it, which is tried at once.
 *
 * @param {Buffer} bytes
 * @param {string} options of LZMA that suit them
 * @returns {string} base64
 */
function packed(bytes, options) {
  const stream = execFileSync('xz', ['--format=lzma', `--lzma1=preset=9e,${options}`, '--stdout'], { input: bytes, maxBuffer: 1 << 28 });
  // xz leaves the length open.
  stream.writeBigUInt64LE(BigInt(bytes.length), 5);
  if (!bytes.equals(unpack(stream))) throw new Error('what was packed does not come back as it was');
  return stream.toString('base64');
}

/** The page's script and the worker's as one stream. */
function scripts(/** @type {string} */ page, /** @type {string} */ worker) {
  if (`${page}${worker}`.includes('\0')) throw new Error('a script has the character that parts the scripts');
  return packed(Buffer.from(`${page}\0${worker}`), 'lc=2,pb=0,nice=64');
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
  const [script, worker, style] = await Promise.all(['main.js', 'worker/main.js', 'style/main.css'].map((entry) => bundled(entry)));
  const [decoder, loader] = await Promise.all(['unpack/decoder.js', 'unpack/loader.js'].map((entry) => bundled(entry, OLDER)));
  const glue = await smaller(readFileSync(join(moduleFolder, 'playground.js'), 'utf8'));
  const policy = [
    "default-src 'none'",
    `script-src ${[decoder, loader, script].map(({ text }) => hash(text)).join(' ')} 'wasm-unsafe-eval'`,
    `style-src ${hash(style.text)}`,
    'worker-src blob:',
    'img-src data:',
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types loader worker',
  ].join('; ');
  const parts = /** @type {Record<string, string>} */ ({
    POLICY: policy,
    STYLE: inline(style.text, 'style'),
    MODULE: packed(readFileSync(join(moduleFolder, 'playground_bg.wasm')), 'lc=4,pb=0,nice=160'),
    SCRIPTS: scripts(script.text, `${glue}\n${worker.text}`),
    DECODER: inline(decoder.text, 'script'),
    LOADER: inline(loader.text, 'script'),
    LICENCES: licences(script.packages),
  });
  const template = readFileSync(join(here, 'page', 'index.html'), 'utf8');
  return template.replace(/%(POLICY|STYLE|MODULE|SCRIPTS|DECODER|LOADER|LICENCES)%/g, (_, name) => parts[name]);
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
