/** What the module says of one report: its format, its counts, the images it is about. */

import { el, fill, plural } from '../dom.js';
import { list } from '../problems.js';
import { prose } from '../text.js';
import { SEVERITIES } from '../words.js';

/** What is held against the reports, and counts nothing itself. */
export const BESIDE = /** @type {Record<string, string>} */ ({ vex: 'VEX statements', kev: 'the KEV catalogue', epss: 'EPSS scores' });
/** Notes that are shown. */
const NOTES = 20;

/**
 * @param {HTMLElement} host
 * @param {any} answer null: there is none yet
 * @param {Map<string, string[]>} beside of each image that other reports are about too, their names
 * @param {((problem: any) => void) | null} goTo
 */
export function about(host, answer, beside, goTo) {
  if (!answer) return fill(host);
  const wasOpen = host.querySelector('details')?.open === true;
  const problems = el('div', { class: 'problems' });
  list(problems, answer.problems, [], goTo);
  fill(host, answer.format && !BESIDE[answer.format] && answer.problems.length === 0 && counts(answer), answer.format && facts(answer), together(beside), answer.problems.length > 0 && problems, notes(answer, wasOpen));
}

/** @param {any} answer */
function counts({ counts, fixable }) {
  const present = SEVERITIES.filter((severity) => counts?.[severity] > 0);
  if (present.length === 0) return el('p', { class: 'facts', text: 'No vulnerabilities.' });
  const bar = el('span', { class: 'stack', 'aria-hidden': 'true' });
  for (const severity of present) {
    const part = el('span', { class: 'part', data: { severity } });
    part.style.flexGrow = String(Math.sqrt(counts[severity]));
    bar.append(part);
  }
  const numbers = present.map((severity) => el('li', { data: { severity } }, el('b', { text: counts[severity].toLocaleString('en') }), ` ${severity}`));
  return el('div', { class: 'counts' }, bar, el('ul', { 'aria-label': 'Vulnerabilities by severity' }, numbers, fixable !== undefined && el('li', { class: 'fixable' }, el('b', { text: fixable.toLocaleString('en') }), ' fixable')));
}

/** @param {any} answer */
function facts({ format, formatReason, subject, appliesTo }) {
  const images = appliesTo.length === 0 ? 'no image of the workload' : appliesTo.length <= 2 ? appliesTo.join(', ') : plural(appliesTo.length, 'image');
  return el('p', { class: 'facts' }, BESIDE[format] ?? el('code', { text: format, title: formatReason }), ' for ', images, subject && !appliesTo.includes(subject) ? `; it says it is about ${subject}` : null);
}

/**
 * That reports about one image are judged as one.
 *
 * @param {Map<string, string[]>} beside
 */
function together(beside) {
  if (beside.size === 0) return null;
  const names = [...new Set([...beside.values()].flat())];
  const images = beside.size <= 2 ? [...beside.keys()].join(', ') : plural(beside.size, 'image');
  return el('p', { class: 'facts together' }, 'Judged as one report with ', names.map((name, i) => [i > 0 && ', ', el('code', { text: name || 'unnamed' })]).flat(), ` for ${images}: what any of them found counts, at the worst severity that any of them gives.`);
}

/**
 * @param {any} answer
 * @param {boolean} isOpen
 */
function notes({ notes: all = [] }, isOpen) {
  if (all.length === 0) return null;
  const items = all.slice(0, NOTES).map((/** @type {string} */ note) => el('li', {}, ...prose(note)));
  const more = all.length > NOTES && el('li', { text: `and ${all.length - NOTES} more` });
  return el('details', { class: 'notes', open: isOpen }, el('summary', { text: plural(all.length, 'note') }), el('ul', {}, items, more));
}
