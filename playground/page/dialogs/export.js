/** The rules as what a cluster or a pipeline takes. */

import { byId, el, fill } from '../dom.js';
import { copy, download } from '../files.js';
import { list } from '../problems.js';
import { dialog } from './dialog.js';

const FILES = /** @type {Record<string, string>} */ ({ kubewarden: 'policy.yaml', gatekeeper: 'constraint.yaml', command: 'check.sh' });

export class ExportDialog {
  /**
   * @param {import('../judge.js').Judge} judge
   * @param {() => { settings: string, now: string }} current
   */
  constructor(judge, current) {
    this.judge = judge;
    this.current = current;
    this.node = dialog('export-dialog');
    this.name = byId('export-name');
    this.output = byId('export-output');
    this.problems = byId('export-problems');
    this.copy = byId('export-copy');
    this.download = byId('export-download');
    this.rules = byId('export-rules');
    this.turn = 0;
    this.text = '';
    byId('export').addEventListener('click', () => {
      this.write();
      this.node.showModal();
    });
    this.node.querySelectorAll('input').forEach((/** @type {HTMLElement} */ input) => input.addEventListener('input', () => this.write()));
    this.copy.addEventListener('click', async () => {
      this.copy.textContent = (await copy(this.text)) ? 'Copied' : 'Not copied';
    });
    this.download.addEventListener('click', () => download(FILES[this.target], this.text));
    this.rules.addEventListener('click', () => download('settings.yaml', this.current().settings));
  }

  get target() {
    return /** @type {HTMLInputElement} */ (this.node.querySelector('input[name=target]:checked')).value;
  }

  async write() {
    this.turn += 1;
    const { turn, target } = this;
    this.copy.textContent = 'Copy';
    const { settings, now } = this.current();
    const name = this.name.value.trim();
    this.name.closest('label').hidden = target === 'command';
    try {
      const outcome = await this.judge.ask({ type: 'export', input: { settings, target, now, ...(name ? { name } : {}) } });
      if (turn === this.turn) this.show(outcome);
    } catch (error) {
      if (turn === this.turn) this.show({ problems: [{ message: /** @type {Error} */ (error).message, line: 0 }] });
    }
  }

  /** @param {{ text?: string, problems?: any[] }} outcome */
  show({ text, problems = [] }) {
    this.text = text ?? '';
    this.copy.disabled = this.download.disabled = text === undefined;
    this.rules.hidden = this.target !== 'command';
    list(this.problems, problems, [], null);
    const isNothing = text === undefined && problems.length === 0;
    fill(this.output,
      isNothing && el('p', { class: 'empty', text: 'There are no rules to be exported: write some, or take one of the examples.' }),
      text !== undefined && el('pre', { class: 'output', tabindex: '0', 'aria-label': 'What is exported', text }));
  }
}
