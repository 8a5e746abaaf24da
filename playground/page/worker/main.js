/**
 * The worker: unpacks the module, keeps long reports, and answers one question after the other.
 * `unpackText` and `wasm_bindgen` are what the decoder and the module's own script, which stand before this one, declare.
 */

import { isPacked } from '../files.js';
import { LinkError, pack, through } from '../link.js';
import { REPORT_BYTES } from '../state.js';
import { shorten } from './shorten.js';

/** @type {Promise<any>} the module's functions */
let module = Promise.reject(new Error('the module was not given'));
module.catch(() => {});
/** @type {Map<number, Promise<{ text: string, json: string }>>} long reports, and how they stand in JSON */
const held = new Map();

/** Questions in the order in which they came. */
let turn = Promise.resolve();

self.addEventListener('message', ({ data }) => {
  if (data.type === 'start') module = load(data.module);
  else if (data.type === 'hold') hold(data.key, data.blob);
  else turn = turn.then(() => answer(data));
});

/** @param {string} base64 */
async function load(base64) {
  await wasm_bindgen({ module_or_path: unpackText(base64) });
  return wasm_bindgen;
}

/**
 * @param {number} key
 * @param {Blob | null} blob
 */
function hold(key, blob) {
  if (!blob) return void held.delete(key);
  const reading = textOf(blob).then((text) => ({ text, json: JSON.stringify(text) }));
  // Whoever asks for it is told.
  reading.catch(() => {});
  held.set(key, reading);
}

/** @param {Blob} blob */
async function textOf(blob) {
  if (!(await isPacked(blob))) return blob.text();
  try {
    return new TextDecoder().decode(await through(new DecompressionStream('gzip'), blob, REPORT_BYTES));
  } catch {
    throw new Error('a report that is packed by gzip is damaged, or longer than 64 MiB');
  }
}

/** @param {any} question */
async function answer({ number, type, input }) {
  let functions;
  try {
    if (type === 'pack') return void self.postMessage({ number, value: await packed(input) });
    functions = await module;
    const value = await of(functions, type, input);
    // A question that the module does not take.
    if (typeof value.problem === 'string') self.postMessage({ number, failure: value.problem });
    else self.postMessage({ number, value });
  } catch (error) {
    const isBroken = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    const failure = isBroken ? `the module failed: ${/** @type {Error} */ (error).message}` : String(/** @type {any} */ (error)?.message ?? error);
    self.postMessage({ number, failure, isBroken });
  }
}

/** @returns {Promise<any>} */
async function of(/** @type {any} */ functions, /** @type {string} */ type, /** @type {any} */ input) {
  switch (type) {
    case 'judge':
      return judged(functions, input);
    case 'import': {
      const files = await Promise.all(input.files.map(async (/** @type {any} */ { name, text, blob }) => ({ name, text: text ?? (await blob.text()) })));
      return JSON.parse(functions.importSettings(JSON.stringify({ files })));
    }
    case 'export':
      return JSON.parse(functions.exportSettings(JSON.stringify(input)));
    case 'version':
      return JSON.parse(functions.version());
    default:
      throw new Error(`no such question: ${type}`);
  }
}

/** @returns {Promise<any>} */
async function judged(/** @type {any} */ functions, /** @type {any} */ input) {
  const { question, unread } = await written(input);
  const answer = JSON.parse(functions.judge(question));
  // A question that the module does not take has nothing to be cut.
  if (typeof answer.problem === 'string') return answer;
  for (const [position, message] of unread) answer.findings[position].problems = [{ line: 0, column: 0, from: 0, to: 0, path: '', message, hint: null }];
  return shorten(answer);
}

/**
 * The question as JSON, and why reports in it could not be read, by their positions. What is held was made JSON when it came: a long report is not escaped anew with every key that is pressed.
 *
 * @param {any} input
 */
async function written(input) {
  const { findings, ...rest } = input;
  /** @type {[number, string][]} */
  const unread = [];
  const entries = await Promise.all(
    findings.map(async (/** @type {any} */ { key, text, ...entry }, /** @type {number} */ position) => {
      let json = JSON.stringify(text);
      if (text === undefined) {
        try {
          json = (await held.get(key))?.json;
        } catch (error) {
          unread.push([position, /** @type {Error} */ (error).message]);
          // It is there, and nothing that can be read.
          json = JSON.stringify('unread');
        }
      }
      if (json === undefined) throw new Error('a report that is no longer there');
      const head = JSON.stringify(entry);
      return `${head.slice(0, -1)},"text":${json}}`;
    }),
  );
  return { question: `${JSON.stringify(rest).slice(0, -1)},"findings":[${entries.join(',')}]}`, unread };
}

/** @param {any} input a state, in which long reports are named by their keys */
async function packed(input) {
  const findings = await Promise.all(
    input.findings.map(async (/** @type {any} */ { key, text, ...entry }) => ({ ...entry, text: text ?? (await held.get(key))?.text })),
  );
  try {
    return { fragment: await pack({ ...input, findings }) };
  } catch (error) {
    if (error instanceof LinkError) return { refusal: error.message };
    throw error;
  }
}
