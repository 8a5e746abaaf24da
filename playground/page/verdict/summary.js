/** All verdicts in one sentence, which is also what a screen reader is told. */

import { plural } from '../dom.js';
import { VERDICTS, VERDICT_ORDER } from '../words.js';
import { turn } from './changes.js';

/**
 * @param {any} answer
 * @returns {{ verdict: 'deny' | 'audit' | 'admit' | 'none' | 'problem', word: string, sentence: string }}
 */
export function summarise(answer) {
  const wrong = broken(answer);
  const isPart = answer.verdicts.length > 0 && wrong !== null;
  if (wrong && !isPart) return { verdict: 'problem', word: 'No verdict', sentence: wrong };
  const wanting = missing(answer);
  if (wanting) return { verdict: 'none', word: 'No verdict yet', sentence: wanting };
  const counts = VERDICT_ORDER.map((verdict) => ({ verdict, n: answer.verdicts.filter((/** @type {any} */ v) => v.verdict === verdict).length })).filter(({ n }) => n > 0);
  const worst = /** @type {any} */ (counts[0].verdict);
  const said = answer.verdicts.length === 1
    ? `${answer.verdicts[0].object}${isPart ? ` ${VERDICTS[worst].toLowerCase()}` : ''}`
    : `${plural(answer.verdicts.length, 'object')}: ${counts.map(({ verdict, n }) => `${n.toLocaleString('en')} ${VERDICTS[verdict].toLowerCase()}`).join(', ')}`;
  const uncompared = incomparable(answer);
  const changes = uncompared ? `; ${uncompared}` : answer.changes === null ? '' : `; ${compared(answer.changes, answer.verdicts.length)}`;
  const unread = answer.findings.reduce((/** @type {number} */ n, /** @type {any} */ each) => n + each.problems.length, 0);
  const findings = unread > 0 ? `; ${plural(unread, 'error')} in the findings` : '';
  // A word for all of it would be one for what nobody could judge.
  const errors = answer.workload.problems.length;
  const kept = isPart ? `; ${wrong} ${errors === 1 ? 'keeps' : 'keep'} the rest from being judged` : '';
  return { verdict: isPart ? 'problem' : worst, word: isPart ? 'Judged in part' : VERDICTS[worst], sentence: `${said}${kept}${changes}${findings}` };
}

/**
 * Why nothing is compared although there is a baseline; null where it is compared, or there is none.
 *
 * @param {any} answer
 * @returns {string | null}
 */
export function incomparable({ baseline, changes }) {
  if (!baseline || changes !== null) return null;
  return baseline.problems.length > 0 ? `not compared: ${plural(baseline.problems.length, 'error')} in the baseline` : 'not compared: the baseline is empty';
}

/** @param {any} answer */
function broken({ settings, workload }) {
  const parts = [
    settings.problems.length > 0 && `${plural(settings.problems.length, 'error')} in the rules`,
    workload.problems.length > 0 && `${plural(workload.problems.length, 'error')} in the workload`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : null;
}

/** @param {any} answer */
function missing({ verdicts }) {
  return verdicts.length === 0 ? 'it needs rules and a workload' : null;
}

/**
 * @param {any[]} changes
 * @param {number} all objects
 * @returns {string}
 */
export function compared(changes, all) {
  if (changes.length === 0) return 'nothing changes against the baseline';
  const of = (/** @type {string} */ which) => changes.filter((change) => turn(change) === which).length;
  const [worse, better, same] = ['worse', 'better', 'same'].map(of);
  if (all === 1) return same > 0 ? 'with the baseline by another rule' : `${worse > 0 ? 'worse' : 'better'} than with the baseline`;
  const parts = [worse > 0 && `${worse} worse`, better > 0 && `${better} better`, same > 0 && `${same} by another rule`].filter(Boolean);
  return `${parts.join(', ')} than with the baseline`;
}
