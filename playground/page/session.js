/** What survives a reload: kept by the browser for this tab alone, until it is closed. */

import { check } from './state.js';

const KEY = 'gated-deployment.playground';
/** Characters; browsers keep about five million. */
const LONGEST = 1_000_000;

/** @typedef {import('./state.js').State} State */

/**
 * @param {State} state
 * @returns {boolean} whether it is kept
 */
export function keep(state) {
  try {
    sessionStorage.removeItem(KEY);
    if (state.findings.some((entry) => entry.blob)) return false;
    const json = JSON.stringify(state);
    if (json.length > LONGEST) return false;
    sessionStorage.setItem(KEY, json);
    return true;
  } catch {
    return false;
  }
}

/** @returns {State | null} */
export function kept() {
  try {
    const json = sessionStorage.getItem(KEY);
    return json === null ? null : check(JSON.parse(json));
  } catch {
    return null;
  }
}
