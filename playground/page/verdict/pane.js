/** The pane of the verdicts. */

import { byId, el, fill, plural } from '../dom.js';
import { icon } from '../icons.js';
import { card } from './card.js';
import { changes } from './changes.js';
import { incomparable, summarise } from './summary.js';

/** Objects that are shown at first, and with every press of the button. */
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
    this.last = '';
  }

  /** @param {boolean} isBusy */
  judging(isBusy) {
    // The button that stops it goes, and the focus with it.
    if (!isBusy && this.busy.contains(document.activeElement)) this.section.focus();
    this.busy.hidden = !isBusy;
    this.section.setAttribute('aria-busy', String(isBusy));
  }

  /** @param {any} answer */
  answer(answer) {
    const summary = summarise(answer);
    this.say(summary);
    const { verdicts, baselineVerdicts } = answer;
    const shown = JSON.stringify([summary, verdicts, baselineVerdicts, answer.changes]);
    // What is the same stays as it is, with what is selected and open in it.
    if (shown === this.last) return;
    this.last = shown;
    const uncompared = answer.verdicts.length > 0 && incomparable(answer);
    const tables = uncompared
      ? el('p', { class: 'changes none', text: `${uncompared[0].toUpperCase()}${uncompared.slice(1)}.` })
      : answer.changes !== null && changes(answer.changes, answer.verdicts.length);
    const before = new Map((answer.baselineVerdicts ?? []).map((/** @type {any} */ verdict) => [verdict.place + verdict.object, verdict]));
    const all = answer.verdicts.map((/** @type {any} */ verdict) => () => card(verdict, before.get(verdict.place + verdict.object), this.toggled, this.goTo));
    fill(this.body, tables, some(all), all.length === 0 && nothing(summary));
  }

  /** @param {string} why */
  failed(why) {
    this.last = '';
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

/**
 * The first cards, and a button for the next ones.
 *
 * @param {(() => HTMLElement)[]} cards
 * @returns {HTMLElement[]}
 */
function some(cards) {
  const shown = cards.slice(0, SHOWN).map((make) => make());
  const rest = cards.slice(SHOWN);
  if (rest.length === 0) return shown;
  const more = el('button', { type: 'button', class: 'button', text: `Show more of ${plural(rest.length, 'further object')}` });
  more.addEventListener('click', () => {
    const next = some(rest);
    more.replaceWith(...next);
    next[0].querySelector('summary')?.focus();
  });
  return [...shown, more];
}

/** @param {{ verdict: string }} summary */
function nothing({ verdict }) {
  const text = verdict === 'problem'
    ? 'Nothing is judged by a document with errors: the gate refuses it as a whole. Each error is listed below its editor.'
    : 'Write rules and a workload, or take one of the examples.';
  return el('p', { class: 'empty', text });
}
