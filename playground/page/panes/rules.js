/** The panes of the rules: those that are tried and, while something is compared, the baseline. */

import { byId, fill } from '../dom.js';
import { Editor } from '../editor.js';
import { count, list } from '../problems.js';
import { prose } from '../text.js';

/** One settings document: its editor, what is wrong with it, and what it says in words. */
class Document {
  /**
   * @param {string} id of the pane
   * @param {string} label
   * @param {string} hint
   * @param {{ changed: () => void, refuse: (what: string) => void }} page
   */
  constructor(id, label, hint, page) {
    this.status = byId(`${id}-status`);
    this.problems = byId(`${id}-problems`);
    this.editor = new Editor(byId(`${id}-editor`), {
      label,
      hint,
      onChange: page.changed,
      onLong: () => page.refuse('That is too long for settings: they have at most 256 KiB here.'),
      onFiles: async ([file]) => {
        if (file.size > 256 * 1024) return page.refuse(`${file.name} is too long for settings: they have at most 256 KiB here.`);
        this.editor.show(await file.text(), { isStep: true });
        page.changed();
      },
    });
  }

  /** @param {any} answer of the module about this document */
  answer({ problems = [], warnings = [] } = {}) {
    this.editor.mark(problems, warnings);
    this.status.textContent = count(problems, warnings);
    this.status.dataset.state = problems.length ? 'bad' : warnings.length ? 'doubtful' : '';
    list(this.problems, problems, warnings, (problem) => this.editor.goTo(problem.from));
  }
}

export class RulesPane {
  /** @param {{ changed: () => void, refuse: (what: string) => void }} page */
  constructor(page) {
    this.page = page;
    this.rules = new Document('rules', 'Rules', 'rules:\n  - name: block-critical\n    action: deny\n    conditions:\n      - { severity: critical, moreThan: 2 }', page);
    this.baseline = new Document('baseline', 'Baseline: the rules to compare with', 'The rules to compare with', page);
    this.section = byId('baseline');
    this.button = byId('compare');
    this.words = byId('words');
    this.button.addEventListener('click', () => {
      this.compare(this.section.hidden ? this.rules.editor.text : null);
      page.changed();
      if (!this.section.hidden) this.rules.editor.focus();
    });
    byId('baseline-swap').addEventListener('click', () => {
      const [rules, baseline] = [this.rules.editor.text, this.baseline.editor.text];
      this.rules.editor.show(baseline);
      this.baseline.editor.show(rules);
      page.changed();
    });
  }

  /** @param {string | null} text of the baseline; null ends the comparison */
  compare(text) {
    this.section.hidden = text === null;
    this.button.setAttribute('aria-pressed', String(text !== null));
    this.baseline.editor.show(text ?? '');
    // Where there is room for it.
    byId('words-box').open = text === null && window.matchMedia('(min-width: 1151px) and (min-height: 700px)').matches;
  }

  /** @returns {{ settings: string, baseline: string | null }} */
  state() {
    return { settings: this.rules.editor.text, baseline: this.section.hidden ? null : this.baseline.editor.text };
  }

  /**
   * @param {{ settings: string, baseline: string | null }} state
   * @param {{ isStep: boolean }} options of the editors
   */
  show({ settings, baseline }, options) {
    this.rules.editor.show(settings, options);
    this.compare(baseline);
  }

  /** @param {any} answer */
  answer(answer) {
    this.rules.answer(answer.settings);
    this.baseline.answer(answer.baseline ?? {});
    const sentences = answer.settings.sentences ?? '';
    byId('words-box').hidden = sentences === '';
    fill(this.words, ...prose(sentences));
  }
}
