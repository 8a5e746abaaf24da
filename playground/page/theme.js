/** Light and dark: the system's preference, unless the reader chooses. */

import { byId, fill } from './dom.js';
import { icon } from './icons.js';

const ORDER = ['system', 'light', 'dark'];
const KEY = 'gated-deployment.theme';

export function followTheme() {
  const button = byId('theme');
  let chosen = read();
  const show = () => {
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    fill(button, icon('theme'), `Theme: ${chosen}`);
  };
  button.addEventListener('click', () => {
    chosen = ORDER[(ORDER.indexOf(chosen) + 1) % ORDER.length];
    write(chosen);
    show();
  });
  show();
}

/** A page that was opened from disk, or in private, may have no storage. */
function read() {
  try {
    const kept = localStorage.getItem(KEY);
    return kept && ORDER.includes(kept) ? kept : 'system';
  } catch {
    return 'system';
  }
}

/** @param {string} chosen */
function write(chosen) {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // It then lasts as long as the page.
  }
}
