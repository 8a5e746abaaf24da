/** Another gate's configuration → rules, with a list of what cannot be said in them. */

import { byId, el, fill, plural } from '../dom.js';
import { choose, copy } from '../files.js';
import { addExemptions } from '../exemptions.js';
import { prose } from '../text.js';
import { dialog } from './dialog.js';

/** Bytes of all files together. */
const LONGEST = 4 * 1024 * 1024;
/** Milliseconds without a key before it is read. */
const PAUSE = 200;

export class ImportDialog {
  /**
   * @param {import('../judge.js').Judge} judge
   * @param {() => string} current the rules that are there
   * @param {(settings: string, what: string) => void} use
   */
  constructor(judge, current, use) {
    this.judge = judge;
    this.current = current;
    this.node = dialog('import-dialog');
    this.text = byId('import-text');
    this.files = byId('import-files');
    this.result = byId('import-result');
    this.use = byId('import-use');
    this.copy = byId('import-copy');
    /** @type {{ name: string, text: string }[]} */
    this.chosen = [];
    this.turn = 0;
    this.timer = 0;
    /** @type {any} */
    this.outcome = null;
    /** @type {string | null} the settings that would be used */
    this.usable = null;
    byId('import').addEventListener('click', () => this.open());
    byId('import-open').addEventListener('click', async () => this.take(await choose(true)));
    this.text.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.read(), PAUSE);
    });
    this.node.addEventListener('dragover', (/** @type {DragEvent} */ event) => event.preventDefault());
    this.node.addEventListener('drop', (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      event.stopPropagation();
      this.take([...(event.dataTransfer?.files ?? [])]);
    });
    this.use.addEventListener('click', () => {
      this.node.close();
      if (this.usable !== null) use(this.usable, title(this.outcome.recognised));
      this.chosen = [];
      this.text.value = '';
    });
    this.copy.addEventListener('click', async () => {
      if (this.outcome) this.copy.textContent = (await copy(this.outcome.settings)) ? 'Copied' : 'Not copied';
    });
  }

  /** What was not used is still there. */
  open() {
    this.read();
    this.node.showModal();
    this.text.focus();
  }

  /** @param {File[]} files */
  async take(files) {
    if (files.reduce((sum, file) => sum + file.size, 0) > LONGEST) {
      return this.show({ refusal: { message: 'These files are too long for a configuration.' } });
    }
    this.chosen.push(...(await Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() })))));
    this.read();
  }

  async read() {
    this.turn += 1;
    const { turn } = this;
    const pasted = this.text.value.trim() === '' ? [] : [{ name: 'pasted', text: this.text.value }];
    const files = [...this.chosen, ...pasted];
    fill(this.files, this.chosen.map((file, i) => el('li', {}, file.name, ' ', el('button', {
      type: 'button', class: 'link', 'aria-label': `Take ${file.name} away`,
      onclick: () => {
        this.chosen.splice(i, 1);
        this.read();
      },
    }, 'take away'))));
    if (files.length === 0) return this.show(null);
    try {
      const outcome = await this.judge.ask({ type: 'import', input: { files } });
      if (turn === this.turn) this.show(outcome);
    } catch (error) {
      if (turn === this.turn) this.show({ refusal: { message: /** @type {Error} */ (error).message } });
    }
  }

  /** @param {any} outcome null: nothing was given */
  show(outcome) {
    const isUsable = Boolean(outcome && !outcome.refusal);
    this.outcome = isUsable ? outcome : null;
    const added = isUsable && outcome.hasRules === false ? addExemptions(this.current(), outcome.settings) : null;
    const why = added && 'why' in added ? added.why : null;
    this.usable = !isUsable || why !== null ? null : added && 'text' in added ? added.text : outcome.settings;
    this.use.disabled = this.usable === null;
    this.use.textContent = outcome?.hasRules === false ? 'Add to the rules' : 'Use these rules';
    this.copy.hidden = !isUsable;
    this.copy.textContent = 'Copy';
    if (!outcome) return fill(this.result, el('p', { class: 'empty', text: 'What was recognised, the rules made of it, and what gets lost will be here.' }));
    if (outcome.refusal) return fill(this.result, refusal(outcome.refusal));
    const { recognised, beside = [], settings, losses, notes = [] } = outcome;
    fill(this.result,
      [recognised, ...beside].map((each) => el('p', {}, 'Recognised as ', el('strong', { text: title(each) }), each.reason ? [': ', ...prose(each.reason)] : '')),
      added && el('p', { class: 'facts' }, ...prose(why === null
        ? 'These are exemptions alone; they are added to the rules that are there.'
        : `These are exemptions alone, and the page cannot add them: ${why}. Copy them, and put them under \`exemptions:\` of your rules by hand.`)),
      losses.length === 0
        ? el('p', { class: 'good', text: 'Everything in it can be said.' })
        : el('div', { class: 'losses' },
          el('h3', { text: `${plural(losses.length, 'loss', 'losses')}: what the rules below cannot say, or say more strictly` }),
          el('ul', {}, losses.map(loss))),
      notes.length > 0 && el('ul', { class: 'facts bullets' }, notes.map((/** @type {string} */ note) => el('li', {}, ...prose(note)))),
      el('pre', { class: 'output', tabindex: '0', 'aria-label': 'The imported rules', text: settings }));
  }
}

/** @param {{ title?: string, format: string }} recognised */
function title({ title: written, format }) {
  return written ?? format;
}

/** @param {any} one */
function loss({ place, what, why }) {
  return el('li', {}, place && el('code', { class: 'place', text: place }), el('span', {}, ...prose(what ?? '')), why && el('span', { class: 'hint' }, ...prose(why)));
}

/** @param {any} refused */
function refusal({ place, expected, found, hint, message }) {
  const said = message ?? `${place}: expected ${expected}, found ${found}`;
  return el('div', { class: 'refusal' }, el('p', {}, el('strong', { text: 'Not imported: ' }), ...prose(said)), hint && el('p', { class: 'hint' }, 'Hint: ', ...prose(hint)));
}
