/** What all dialogs share: native, modal, closed by Escape, by its button and by a click beside it. */

import { byId } from '../dom.js';

/**
 * @param {string} id
 * @returns {HTMLDialogElement}
 */
export function dialog(id) {
  const node = byId(id);
  node.querySelectorAll('[data-close]').forEach((/** @type {HTMLElement} */ button) => button.addEventListener('click', () => node.close()));
  node.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    if (event.target === node) node.close();
  });
  return node;
}
