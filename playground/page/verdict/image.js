/** One image: what was known of it, the way to its verdict, what was set aside, and what would mend it. */

import { el, plural } from '../dom.js';
import { icon } from '../icons.js';
import { VERDICTS } from '../words.js';
import { aside } from './aside.js';
import { evidence } from './evidence.js';
import { fixes } from './fixes.js';
import { path, takingPart } from './path.js';

/**
 * @param {any} judged
 * @param {any} verdict of the object
 * @param {string} key by which its state of being open is remembered
 * @param {Set<string>} toggled
 */
export function image(judged, verdict, key, toggled) {
  // What decides is open; the others are a line each.
  const isOpenFirst = judged.verdict === verdict.verdict && (verdict.verdict !== 'admit' || verdict.images.length === 1);
  const details = /** @type {HTMLDetailsElement} */ (el('details', { class: 'image', open: toggled.has(key) ? !isOpenFirst : isOpenFirst }));
  details.addEventListener('toggle', () => (details.open === isOpenFirst ? toggled.delete(key) : toggled.add(key)));
  const summary = el('summary', {},
    el('span', { class: 'mark', data: { verdict: judged.verdict } }, icon(judged.verdict), el('span', { class: 'visually-hidden', text: `${VERDICTS[judged.verdict]}: ` })),
    el('span', { class: 'name' }, el('code', { class: 'reference', text: judged.image }), el('span', { class: 'container', text: judged.container })));
  details.append(summary);
  const sections = [
    section('Evidence', evidence(judged.evidence)),
    section('The way to the verdict', judged.rules.length > 0 && takingPart(judged.rules), judged.platforms.map(path), totals(judged)),
    judged.verdict !== 'admit' && judged.fixes && section('What would fix what decides here', fixes(judged.fixes)),
    judged.setAside.length > 0 && section(`Set aside (${(judged.setAside.length + judged.setAsideMore).toLocaleString('en')})`, aside(judged.setAside, judged.setAsideMore)),
  ];
  details.append(...sections.filter(Boolean));
  return details;
}

/** @returns {HTMLElement} */
function section(/** @type {string} */ title, /** @type {any[]} */ ...children) {
  return el('section', {}, el('h4', { text: title }), ...children);
}

/** @param {any} judged */
function totals({ evidence: { findings } }) {
  if (!findings) return null;
  const { counted, setAside, belowEveryCondition } = findings;
  return el('p', { class: 'totals', text: `${plural(counted, 'finding')} counted, ${setAside.toLocaleString('en')} set aside, ${belowEveryCondition.toLocaleString('en')} that no condition counts which was reached.` });
}
