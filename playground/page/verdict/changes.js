/** What the rules change against the baseline. */

import { el, plural } from '../dom.js';
import { icon } from '../icons.js';
import { VERDICTS } from '../words.js';

/**
 * @typedef {object} Change
 * @property {string} object
 * @property {string} from
 * @property {string} to the same where only the deciding rule is another
 * @property {string | null} fromRule
 * @property {string | null} toRule
 * @property {boolean} worse
 */

/**
 * `better`, `worse`, or `same` where only the rule is another.
 *
 * @param {Change} change
 */
export function turn({ from, to, worse }) {
  return from === to ? 'same' : worse ? 'worse' : 'better';
}

/**
 * @param {Change[]} changes
 * @param {number} all objects
 */
export function changes(changes, all) {
  if (changes.length === 0) return el('p', { class: 'changes none', text: `Against the baseline nothing changes in ${plural(all, 'verdict')}.` });
  const rows = changes.map((change) => el('tr', {},
    el('th', { scope: 'row', text: change.object }),
    el('td', {}, badge(change.from), by(change.fromRule)),
    el('td', {}, badge(change.to), by(change.toRule)),
    el('td', {}, sign(turn(change)))));
  return el('table', { class: 'changes' },
    el('caption', { text: `Against the baseline ${changes.length} of ${plural(all, 'verdict')} ${changes.length === 1 ? 'changes' : 'change'}` }),
    el('thead', {}, el('tr', {}, ['Object', 'Baseline', 'Now', 'Change'].map((title) => el('th', { scope: 'col', text: title })))),
    el('tbody', {}, rows));
}

/** @param {string} verdict */
function badge(verdict) {
  return el('span', { class: 'badge', data: { verdict } }, icon(/** @type {any} */ (verdict)), VERDICTS[verdict] ?? verdict);
}

/** @param {string | null} rule */
function by(rule) {
  return rule ? el('code', { class: 'rule', text: rule }) : null;
}

/** @param {'better' | 'worse' | 'same'} which */
function sign(which) {
  return el('span', { class: 'turn', data: { turn: which } }, which !== 'same' && icon(which), which === 'same' ? 'another rule' : which);
}
