/** What was known about an image. */

import { el } from '../dom.js';
import { prose } from '../text.js';

const STATES = /** @type {Record<string, string>} */ ({
  missing: 'Missing: there are no findings for this image.',
  unavailable: 'Unavailable',
  unreadable: 'Unreadable',
  untrusted: 'Untrusted',
  malformed: 'The image reference cannot be read.',
  'not-granted': 'The policy was not granted what it needs',
  'out-of-scope': 'Not asked for: no rule is to be judged by it.',
  'controller-pod': 'Not asked for: a controller restarts the image.',
});

/**
 * @param {any} known
 * @returns {HTMLElement}
 */
export function evidence(known) {
  if (known.state === 'index') {
    return el('ul', { class: 'plain' }, known.platforms.map((/** @type {any} */ platform) => el('li', {}, el('code', { text: platform.platform ?? `and ${platform.more} more` }), ' ', platform.state ? evidence(platform) : null)));
  }
  if (known.state !== 'scanned') {
    const why = known.why ? [': ', ...prose(known.why)] : [];
    return el('p', { class: 'facts' }, STATES[known.state] ?? known.state, ...why);
  }
  return el('p', { class: 'facts' },
    `${known.scanner}`,
    known.scannedAt ? [', ', el('time', { datetime: known.scannedAt, text: known.scannedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC') }), ` (${age(known.ageSeconds)})`] : ', at an unknown time',
    known.path === 'summary' ? ', by their summary alone' : '');
}

/** @param {number} seconds */
export function age(seconds) {
  if (seconds < 0) return 'in the future';
  const [n, unit] = seconds < 120 ? [seconds, 'second'] : seconds < 7200 ? [seconds / 60, 'minute'] : seconds < 172_800 ? [seconds / 3600, 'hour'] : [seconds / 86_400, 'day'];
  const whole = Math.floor(n);
  return `${whole.toLocaleString('en')} ${unit}${whole === 1 ? '' : 's'} old`;
}
