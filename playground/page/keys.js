/** What can be done by keys alone. */

import { byId } from './dom.js';
import { dialog } from './dialogs/dialog.js';

/** The panes in the order in which F6 walks them. */
const PANES = ['rules', 'baseline', 'workload', 'findings', 'verdict'];

/** @param {() => void} judge at once, without the pause after a key */
export function followKeys(judge) {
  const help = dialog('keys-dialog');
  byId('keys').addEventListener('click', () => help.showModal());
  for (const [id, target] of [['skip-verdict', 'verdict'], ['skip-rules', 'rules'], ['peek', 'verdict']]) {
    byId(id).addEventListener('click', (/** @type {Event} */ event) => {
      // The fragment of the address belongs to shared links.
      event.preventDefault();
      enter(target);
    });
  }
  document.addEventListener('keydown', (event) => {
    if (document.querySelector('dialog[open]')) return;
    if (event.key === 'F6' && !event.ctrlKey && !event.altKey && !event.metaKey) {
      taken(event);
      walk(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      taken(event);
      judge();
      enter('verdict');
    } else if (event.key === '?' && !isTyping(event)) {
      taken(event);
      help.showModal();
    }
  }, true);
}

/** An editor must not take it as well. @param {KeyboardEvent} event */
function taken(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const target = /** @type {HTMLElement} */ (event.composedPath()[0]);
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

/** @param {number} step */
function walk(step) {
  const shown = PANES.filter((id) => !byId(id).hidden);
  const here = shown.findIndex((id) => byId(id).contains(document.activeElement));
  enter(shown[(here < 0 && step < 0 ? shown.length - 1 : here + step + shown.length) % shown.length]);
}

/** @param {string} id */
function enter(id) {
  const pane = byId(id);
  const editor = pane.querySelector('.editor:not([hidden])')?.shadowRoot?.querySelector('.cm-content');
  const isVisible = editor && pane.querySelector('.editor').offsetParent !== null;
  (isVisible ? editor : pane).focus();
  if (!isVisible) pane.scrollIntoView({ block: 'start' });
}
