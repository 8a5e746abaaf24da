/** Files that were dropped or chosen, and texts that go out. */

import { el } from './dom.js';

/**
 * Asks for files.
 *
 * @param {boolean} isMany
 * @returns {Promise<File[]>} empty where none was chosen
 */
export function choose(isMany) {
  return new Promise((resolve) => {
    const input = /** @type {HTMLInputElement} */ (el('input', { type: 'file', multiple: isMany }));
    input.addEventListener('change', () => resolve([...(input.files ?? [])]));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}

/**
 * Whether it is packed by gzip, as its first two bytes tell.
 *
 * @param {Blob} blob
 */
export async function isPacked(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b;
}

/**
 * @param {string} name of the file
 * @param {string} text
 */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it is in the clipboard
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Where a page without TLS has no clipboard. @param {string} text */
function copyBySelection(text) {
  const field = /** @type {HTMLTextAreaElement} */ (el('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' }));
  field.value = text;
  // Within a modal dialog nothing outside can be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  focused?.focus();
  return isCopied;
}
