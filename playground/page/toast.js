/** One line that says what has happened, with a way back where there is one. */

import { byId, el, fill } from './dom.js';
import { icon } from './icons.js';

/** Milliseconds that a line stays; one with a way back stays until it is closed or replaced. */
const STAYS = 8000;

let timer = 0;

/**
 * @param {string} text
 * @param {{ undo?: () => void, isError?: boolean }} [options]
 */
export function toast(text, { undo, isError = false } = {}) {
  const host = byId('toast');
  clearTimeout(timer);
  const close = () => fill(host);
  const back = undo && el('button', { type: 'button', class: 'button small', text: 'Undo', onclick: () => (close(), undo()) });
  const away = el('button', { type: 'button', class: 'icon-button', 'aria-label': 'Close this message', onclick: close }, icon('close'));
  fill(host, el('div', { class: isError ? 'toast error' : 'toast' }, el('p', { text }), back, away));
  if (!undo && !isError) timer = window.setTimeout(close, STAYS);
}
