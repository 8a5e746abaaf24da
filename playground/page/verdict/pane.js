/** The pane of the verdicts. */

import { byId, el, fill, plural } from '../dom.js';
import { icon } from '../icons.js';
import { card } from './card.js';
import { changes } from './changes.js';
import { summarise } from './summary.js';

/** Objects that are shown at first. */
const SHOWN = 40;

export class VerdictPane {
  /** @param {(line: number) => void} goTo a line of the workload */
  constructor(goTo) {
    this.goTo = goTo;
    this.section = byId('verdict');
    this.head = byId('verdict-summary');
    this.peek = byId('peek');
    this.body = byId('verdict-body');
    this.busy = byId('verdict-busy');
    /** @type {Set<string>} what the reader has opened or closed, so that the next verdict does not undo it */
    this.toggled = new Set();
  }

  /** @param {boolean} isBusy */
  judging(isBusy) {
    this.busy.hidden = !isBusy;
    this.section.setAttribute('aria-busy', String(isBusy));
  }

  /** @param {any} answer */
  answer(answer) {
    const summary = summarise(answer);
    this.say(summary);
    const tables = answer.changes !== null && changes(answer.changes, answer.verdicts.length);
    const before = new Map((answer.baselineVerdicts ?? []).map((/** @type {any} */ verdict) => [verdict.place + verdict.object, verdict]));
    const all = answer.verdicts.map((/** @type {any} */ verdict) => () => card(verdict, before.get(verdict.place + verdict.object), this.toggled, this.goTo));
    const rest = all.slice(SHOWN);
    const more = rest.length > 0 && el('button', {
      type: 'button', class: 'button', text: `Show ${plural(rest.length, 'more object')}`,
      onclick: (/** @type {Event} */ event) => /** @type {HTMLElement} */ (event.target).replaceWith(...rest.map((/** @type {any} */ make) => make())),
    });
    fill(this.body, tables, all.slice(0, SHOWN).map((/** @type {any} */ make) => make()), more, all.length === 0 && nothing(summary));
  }

  /** @param {string} why */
  failed(why) {
    this.say({ verdict: 'problem', word: 'No verdict', sentence: why });
    fill(this.body);
  }

  /** @param {{ verdict: any, word: string, sentence: string }} summary */
  say({ verdict, word, sentence }) {
    for (const host of [this.head, this.peek]) {
      const told = `${word} ${sentence}`;
      // Said again, it would be read aloud again.
      if (host.dataset.told === told && host.dataset.verdict === verdict) continue;
      host.dataset.told = told;
      host.dataset.verdict = verdict;
      fill(host, icon(verdict), el('strong', { text: word }), el('span', { class: 'of', text: sentence }));
    }
  }
}

/** @param {{ verdict: string }} summary */
function nothing({ verdict }) {
  const text = verdict === 'problem'
    ? 'Nothing is judged by a document with errors: the gate refuses it as a whole. Each error is listed below its editor.'
    : 'Write rules and a workload, or take one of the examples.';
  return el('p', { class: 'empty', text });
}
