/** What is wrong with a document, as a list from which one gets to each place. */

import { el, fill, plural } from './dom.js';
import { icon } from './icons.js';
import { prose } from './text.js';

/** @typedef {import('./editor.js').Problem} Problem */

/** Problems that are listed; the editor marks all. */
const LISTED = 30;

/**
 * @param {HTMLElement} host
 * @param {Problem[]} problems
 * @param {Problem[]} warnings
 * @param {((problem: Problem) => void) | null} goTo null: there is no editor with these places
 */
export function list(host, problems, warnings, goTo) {
  const all = [
    ...problems.map((problem) => ({ problem, kind: 'problem', word: 'Error' })),
    ...warnings.map((problem) => ({ problem, kind: 'warning', word: 'Warning' })),
  ];
  host.hidden = all.length === 0;
  const items = all.slice(0, LISTED).map(({ problem, kind, word }) => el('li', { class: kind }, ...entry(problem, word, goTo)));
  const more = all.length > LISTED && el('li', { class: 'more', text: `and ${all.length - LISTED} more, marked in the text` });
  fill(host, el('ul', {}, items, more));
}

/** @returns {any[]} */
function entry(/** @type {Problem} */ problem, /** @type {string} */ word, /** @type {any} */ goTo) {
  const sign = [icon(word === 'Error' ? 'problem' : 'audit'), el('span', { class: 'visually-hidden', text: `${word}: ` })];
  const place = problem.line ? `${problem.line}:${problem.column}` : null;
  const where = place && (goTo ? el('button', { type: 'button', class: 'place', 'aria-label': `${place}: go to line ${problem.line}, column ${problem.column}`, onclick: () => goTo(problem) }, place) : el('span', { class: 'place', text: place }));
  const hint = problem.hint && el('span', { class: 'hint' }, ' Hint: ', ...prose(problem.hint));
  return [...sign, where, el('span', { class: 'sentence' }, ...prose(problem.message), hint)];
}

/**
 * `2 errors, 1 warning`; empty where there is nothing.
 *
 * @param {Problem[]} problems
 * @param {Problem[]} warnings
 */
export function count(problems, warnings) {
  const counts = [problems.length && plural(problems.length, 'error'), warnings.length && plural(warnings.length, 'warning')];
  return counts.filter(Boolean).join(', ');
}
