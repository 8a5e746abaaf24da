/** One object of the workload: what became of it and why. */

import { el, plural } from '../dom.js';
import { icon } from '../icons.js';
import { parts, prose } from '../text.js';
import { MEANINGS, VERDICTS } from '../words.js';
import { image } from './image.js';

/**
 * @param {any} verdict
 * @param {any} before the baseline's verdict on the same object, where there is one
 * @param {Set<string>} toggled
 * @param {(line: number) => void} goTo
 */
export function card(verdict, before, toggled, goTo) {
  const { object, line, rule } = verdict;
  const badge = el('span', { class: 'badge', data: { verdict: verdict.verdict }, title: MEANINGS[verdict.verdict] }, icon(verdict.verdict), VERDICTS[verdict.verdict] ?? verdict.verdict);
  const changed = before && (before.verdict !== verdict.verdict || before.rule !== rule) && el('span', { class: 'before' }, 'baseline: ', VERDICTS[before.verdict]);
  const head = el('header', {}, el('h3', {}, badge, ' ', el('span', { class: 'object', text: object })), changed, line > 0 && el('button', { type: 'button', class: 'spot link', text: `line ${line}`, 'aria-label': `Go to line ${line} of the workload`, onclick: () => goTo(line) }));
  const by = rule ? el('p', { class: 'by' }, 'Decided by rule ', el('code', { text: rule })) : el('p', { class: 'by', text: reason(verdict) });
  const images = verdict.images.map((/** @type {any} */ each, /** @type {number} */ i) => image(each, verdict, `${object} ${i}`, toggled));
  return el('article', { class: 'card', data: { verdict: verdict.verdict } }, head, by, messages(verdict), images);
}

/** What the cluster tells whoever deploys. @param {any} verdict */
function messages({ message, warnings }) {
  const lines = [...(message ? message.split('\n') : []), ...warnings];
  if (lines.length === 0) return null;
  return el('div', { class: 'messages' }, lines.map((line) => {
    const { what, code, hint } = parts(line);
    return el('div', { class: 'message' },
      el('p', {}, ...prose(sentence(what)), code && ' ', code && el('span', { class: 'code', text: code, title: 'the code of this answer' })),
      hint && el('p', { class: 'hint' }, el('strong', { text: 'What to do: ' }), ...prose(hint)));
  }));
}

/** Without what the card shows anyway. @param {string} what */
function sentence(what) {
  return what.replace(/^container `[^`]*` image `[^`]*`: /, '').replace(/^image `[^`]*`: /, '');
}

/** @param {any} verdict */
function reason({ verdict, images }) {
  if (verdict !== 'admit') return 'Decided before any rule was asked.';
  if (images.length === 0) return 'There is nothing in it to judge.';
  return `No rule objects to its ${plural(images.length, 'image')}.`;
}
