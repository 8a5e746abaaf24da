/** The menu of examples. */

import { EXAMPLES } from '../../examples/index.js';
import { byId, el, fill } from '../dom.js';
import { dialog } from './dialog.js';

/** @param {(example: import('../../examples/index.js').Example) => void} use */
export function examplesDialog(use) {
  const node = dialog('examples-dialog');
  const items = EXAMPLES.map((example) => el('li', {}, el('button', {
    type: 'button', class: 'example', data: { example: example.id },
    onclick: () => {
      node.close();
      use(example);
    },
  }, el('strong', { text: example.title }), el('span', { text: example.tells }))));
  fill(byId('examples-list'), items);
  byId('examples').addEventListener('click', () => node.showModal());
}
