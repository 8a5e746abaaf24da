/**
 * What the module advises about a report, for somebody who has the page and not `gatectl attach`: two of its switches let pass what it refuses
 * by itself (`reports/src/lib.rs`), and the page has neither.
 */

const SWITCH = /, or (?:attach it|accept the report)[^`]*(`--(?:force-subject|accept-empty)`)$/;

/**
 * @template {{ hint: string | null }} P
 * @param {P} problem
 * @returns {P}
 */
export function here(problem) {
  return { ...problem, hint: problem.hint?.replace(SWITCH, '; the page refuses it, as `gatectl attach` does without $1') ?? null };
}
