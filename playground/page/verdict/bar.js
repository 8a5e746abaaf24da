/** What a condition counted against what it allows, as a bar. */

import { el } from '../dom.js';

/**
 * @param {any} step
 * @returns {HTMLElement | null} null where nothing was counted
 */
export function bar({ state, answer, count, atMost, limit, unit }) {
  const n = count ?? atMost;
  if (n === undefined || limit === undefined || state === 'not-reached' || state === 'wanting') return null;
  // The limit stands at two thirds at most, so that both sides of it are seen.
  const most = Math.max(n, Math.ceil((limit + 1) * 1.5));
  const share = (/** @type {number} */ part) => `${((part / most) * 100).toFixed(2)}%`;
  const filled = el('span', { class: 'filled', data: { verdict: state === 'fulfilled' ? answer : 'admit' } });
  filled.style.width = share(n);
  const mark = el('span', { class: 'limit' });
  mark.style.left = share(limit);
  const found = `${count === undefined ? 'at most ' : ''}${n.toLocaleString('en')} ${unitOf(unit, n)}`;
  const said = `${found}, ${limit.toLocaleString('en')} allowed`;
  return el('div', { class: 'bar' }, el('span', { class: 'track', 'aria-hidden': 'true' }, filled, mark), el('span', { class: 'said', text: said }));
}

/**
 * @param {string | undefined} unit
 * @param {number} n
 */
export function unitOf(unit, n) {
  const isOne = n === 1;
  if (unit === 'findings') return isOne ? 'finding' : 'findings';
  return isOne ? 'vulnerability' : 'vulnerabilities';
}
