/** What the rules change against the baseline. */

import { el, plural } from '../dom.js';
import { icon } from '../icons.js';
import { VERDICTS } from '../words.js';

/**
 * @param {{ object: string, from: string, to: string, worse: boolean }[]} changes
 * @param {number} all objects
 */
export function changes(changes, all) {
  if (changes.length === 0) return el('p', { class: 'changes none', text: `Against the baseline nothing changes: the same ${plural(all, 'verdict')}.` });
  const rows = changes.map(({ object, from, to, worse }) => el('tr', {},
    el('th', { scope: 'row', text: object }),
    el('td', {}, badge(from)),
    el('td', {}, badge(to)),
    el('td', {}, el('span', { class: 'turn', data: { turn: worse ? 'worse' : 'better' } }, icon(worse ? 'worse' : 'better'), worse ? 'worse' : 'better'))));
  return el('table', { class: 'changes' },
    el('caption', { text: `${plural(changes.length, 'verdict')} of ${all} ${changes.length === 1 ? 'changes' : 'change'} against the baseline` }),
    el('thead', {}, el('tr', {}, ['Object', 'Baseline', 'Now', ''].map((title) => (title ? el('th', { scope: 'col', text: title }) : el('td'))))),
    el('tbody', {}, rows));
}

/** @param {string} verdict */
function badge(verdict) {
  return el('span', { class: 'badge', data: { verdict } }, icon(/** @type {any} */ (verdict)), VERDICTS[verdict] ?? verdict);
}
