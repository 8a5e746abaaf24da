/** What was not counted, and by what. */

import { el } from '../dom.js';

/**
 * @param {any[]} entries
 * @param {number} more
 */
export function aside(entries, more) {
  const items = entries.map((entry) => el('li', {},
    entry.id ? [el('code', { class: 'id', text: entry.id }), ' ', el('span', { text: entry.package })] : el('span', { text: 'the whole image' }),
    el('span', { class: 'by' }, ...reason(entry))));
  return el('ul', { class: 'aside' }, items, more > 0 && el('li', { text: `and ${more.toLocaleString('en')} more` }));
}

/** @returns {any[]} */
function reason(/** @type {any} */ { exemption, reason: why, vex, source }) {
  if (exemption) return ['exemption ', el('code', { text: exemption }), `: ${why ?? ''}`];
  if (vex) return ['VEX statement ', el('code', { text: vex }), source ? ` of ${source}` : ''];
  return [];
}
