/** One line that says what has happened, with a way back where there is one. */

import { byId, el, fill } from './dom.js';
import { icon } from './icons.js';

/** Milliseconds that a line stays. */
const STAYS = 8000;
/** The same of one with a way back, which wants to be thought about; what is wrong stays until it is closed or replaced. */
const OFFERED = 30_000;

let timer = 0;
let isOffering = false;

/**
 * @param {string} text
 * @param {{ undo?: () => void, isError?: boolean }} [options]
 */
export function toast(text, { undo, isError = false } = {}) {
  const host = byId('toast');
  clearTimeout(timer);
  isOffering = Boolean(undo);
  const back = undo && el('button', { type: 'button', class: 'button small', text: 'Undo', onclick: () => (close(), undo()) });
  const away = el('button', { type: 'button', class: 'icon-button', 'aria-label': 'Close this message', onclick: close }, icon('close'));
  fill(host, el('div', { class: isError ? 'toast error' : 'toast' }, el('p', { text }), back, away));
  if (!isError) timer = window.setTimeout(expire, undo ? OFFERED : STAYS);
}

function close() {
  const host = byId('toast');
  isOffering = false;
  // Its buttons go, and the focus with them.
  if (host.contains(document.activeElement)) byId('verdict').focus({ preventScroll: true });
  fill(host);
}

/** Not from under somebody's hand. */
function expire() {
  if (byId('toast').matches(':focus-within, :hover')) timer = window.setTimeout(expire, STAYS);
  else close();
}

/** Takes a way back away: it would lead back over more than it says. */
export function withdraw() {
  if (isOffering) close();
}
