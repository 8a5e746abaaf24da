/** Sentences of the module, in which names stand between backticks. */

import { el } from './dom.js';

/**
 * A sentence with its quoted names set as code.
 *
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function prose(text) {
  return text.split('`').map((part, i) => (i % 2 === 1 ? el('code', { text: part }) : part));
}

/**
 * A message of the module: what happened, its code, and what to do.
 *
 * @param {string} line
 * @returns {{ what: string, code: string | null, hint: string | null }}
 */
export function parts(line) {
  const at = line.lastIndexOf('; hint: ');
  const [what, hint] = at < 0 ? [line, null] : [line.slice(0, at), line.slice(at + 8)];
  const found = /^(.*) \[([a-z-]+)\]$/s.exec(what);
  return found ? { what: found[1], code: found[2], hint } : { what, code: null, hint };
}
