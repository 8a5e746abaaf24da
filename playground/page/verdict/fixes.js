/** What would mend an image, as sentences and a list of upgrades. */

import { el, plural } from '../dom.js';
import { unitOf } from './bar.js';

/** @param {import('../worker/fixes.js').Fixes} fixes */
export function fixes({ conditions, packages, morePackages, unfixed, moreUnfixed }) {
  const goals = conditions.map(({ rule, text, atLeast, of, fixable, unit }) => el('li', {},
    el('code', { text: rule }), ` (${text}): `,
    goal(atLeast, of, unit), fixable === 0 ? '; no fix is known.' : fixable === of ? '; there is a fix.' : `; a fix is known for ${fixable.toLocaleString('en')}.`));
  const upgrades = packages.map(({ package: name, installed, fixed, ids, moreIds }) => el('li', {},
    el('span', { class: 'package', text: name }), ' ',
    el('span', { class: 'versions' }, installed && `${installed} → `, el('b', { text: fixed.join(' or ') })),
    el('span', { class: 'ids', text: `${ids.join(', ')}${moreIds > 0 ? ` and ${moreIds} more` : ''}` })));
  const more = morePackages > 0 && el('li', { text: `and ${plural(morePackages, 'more package')}` });
  const without = unfixed.length > 0 && el('p', { class: 'facts' }, 'No fix is known for ', unfixed.join(', '), moreUnfixed > 0 && ` and ${moreUnfixed} more`,
    ': replace the package, or write an exemption with a reason and an end.');
  return el('div', { class: 'fixes' },
    goals.length > 0 && el('ul', { class: 'goals' }, goals),
    upgrades.length > 0 && el('ul', { class: 'upgrades', 'aria-label': 'Upgrades' }, upgrades, more),
    without);
}

/**
 * @param {number} atLeast
 * @param {number} of
 * @param {string} unit
 */
function goal(atLeast, of, unit) {
  const all = `${of.toLocaleString('en')} ${unitOf(unit, of)}`;
  if (of === 1) return `the one ${unitOf(unit, 1)} has to go`;
  return atLeast >= of ? `all ${all} have to go` : `at least ${atLeast.toLocaleString('en')} of ${all} ${atLeast === 1 ? 'has' : 'have'} to go`;
}
