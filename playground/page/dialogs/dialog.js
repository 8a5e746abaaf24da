/** What all dialogs share: native, modal, closed by Escape, by its button and by a click beside it. */

import { byId } from '../dom.js';

/**
 * @param {string} id
 * @returns {HTMLDialogElement}
 */
export function dialog(id) {
  const node = byId(id);
  node.querySelectorAll('[data-close]').forEach((/** @type {HTMLElement} */ button) => button.addEventListener('click', () => node.close()));
  // Beside it, pressed and let go: the dialog's own margins are the dialog too, and text is selected beyond its edge.
  let isPressed = false;
  const isBeside = (/** @type {MouseEvent} */ event) => {
    const { left, right, top, bottom } = node.getBoundingClientRect();
    return event.target === node && (event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom);
  };
  node.addEventListener('pointerdown', (/** @type {PointerEvent} */ event) => {
    isPressed = isBeside(event);
  });
  node.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    if (isPressed && isBeside(event)) node.close();
  });
  return node;
}
