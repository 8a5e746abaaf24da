/** What is in the page as a link. */

import { byId } from '../dom.js';
import { copy } from '../files.js';
import { LONG, LONGEST } from '../link.js';
import { dialog } from './dialog.js';

export class ShareDialog {
  /**
   * @param {import('../judge.js').Judge} judge
   * @param {() => any} current the state, with long reports named by their keys
   * @param {(fragment: string) => void} made the address may show it
   */
  constructor(judge, current, made) {
    this.judge = judge;
    this.current = current;
    this.made = made;
    this.node = dialog('share-dialog');
    this.link = byId('share-link');
    this.says = byId('share-says');
    this.copy = byId('share-copy');
    byId('share').addEventListener('click', () => this.open());
    this.link.addEventListener('focus', () => this.link.select());
    this.copy.addEventListener('click', async () => {
      this.copy.textContent = (await copy(this.link.value)) ? 'Copied' : 'Not copied';
    });
  }

  async open() {
    this.show('', 'The link is being made …');
    this.node.showModal();
    try {
      const { fragment, refusal } = await this.judge.ask({ type: 'pack', input: this.current() });
      if (refusal) return this.show('', `${refusal} Give this page and your files instead.`);
      if (fragment.length > LONGEST) {
        const [found, most] = [fragment.length, LONGEST].map((length) => length.toLocaleString('en'));
        return this.show('', `Too long for a link: it would have ${found} characters, and ${most} is what links may have. Shorten the findings, or give this page and your files instead.`);
      }
      const link = `${location.href.split('#')[0]}#${fragment}`;
      const length = `${link.length.toLocaleString('en')} characters.`;
      this.show(link, fragment.length > LONG ? `${length} Some programs cut links of this length: try it before you rely on it.` : length);
      this.made(fragment);
    } catch (error) {
      this.show('', `No link: ${/** @type {Error} */ (error).message}`);
    }
  }

  /**
   * @param {string} link empty: there is none
   * @param {string} says
   */
  show(link, says) {
    this.link.value = link;
    this.link.closest('label').hidden = link === '';
    this.copy.disabled = link === '';
    this.copy.textContent = 'Copy';
    this.says.textContent = says;
    if (link) this.link.focus();
  }
}
