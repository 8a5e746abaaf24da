/** The pane of the reports: one tab each, edited while they are short and held as they are where they are long. */

import { byId, el, fill, size } from '../dom.js';
import { Editor } from '../editor.js';
import { choose, isPacked } from '../files.js';
import { EDITABLE, REPORT_BYTES } from '../state.js';
import { BESIDE, about } from './report.js';

/**
 * @typedef {object} Held
 * @property {number} key
 * @property {string} name
 * @property {string | null} image
 * @property {string} text empty where it is held
 * @property {Blob | null} blob
 * @property {any} answer of the module, where there is one
 * @property {string[] | null} lines the first ones of what is held; null: it is packed
 */

export class FindingsPane {
  /** @param {{ changed: () => void, refuse: (what: string) => void, hold: (key: number, blob: Blob | null) => void }} page */
  constructor(page) {
    this.page = page;
    /** @type {Held[]} */
    this.entries = [];
    /** @type {string[]} of the workload */
    this.images = [];
    this.selected = 0;
    this.lastKey = 0;
    this.tabs = byId('findings-tabs');
    this.panel = byId('findings-panel');
    this.name = byId('findings-name');
    this.image = byId('findings-image');
    this.host = byId('findings-editor');
    this.held = byId('findings-held');
    this.report = byId('findings-report');
    this.editor = new Editor(this.host, {
      label: 'Findings: a scanner’s report',
      hint: 'Paste the JSON report of Trivy, Grype, Snyk, …, or drop its file here',
      onChange: (text) => {
        const entry = this.entries[this.selected];
        if (entry) entry.text = text;
        page.changed();
      },
      onLong: (text) => this.take(new Blob([text])),
      onFiles: (files) => this.open(files),
    });
    this.name.addEventListener('input', () => this.edit({ name: this.name.value }));
    this.image.addEventListener('change', () => this.edit({ image: this.image.value === '' ? null : this.image.value }));
    byId('findings-add').addEventListener('click', () => this.add({ name: this.freeName(), image: null, text: '' }, true));
    byId('findings-open').addEventListener('click', async () => this.open(await choose(true)));
    byId('findings-remove').addEventListener('click', () => this.remove());
    this.tabs.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => this.move(event));
  }

  /** @returns {import('../state.js').Entry[]} */
  state() {
    return this.entries.map(({ name, image, text, blob }) => (blob ? { name, image, blob } : { name, image, text }));
  }

  /** The same for the worker, which knows the long ones by their keys. */
  inputs() {
    return this.entries.map(({ key, name, image, text, blob }) => (blob ? { name, image, key } : { name, image, text }));
  }

  /** @param {import('../state.js').Entry[]} findings */
  show(findings) {
    this.entries.forEach((entry) => entry.blob && this.page.hold(entry.key, null));
    this.entries = [];
    findings.forEach((entry) => this.put(entry));
    this.select(0);
  }

  /** @param {import('../state.js').Entry} entry */
  put({ name, image, text = '', blob = undefined }) {
    this.lastKey += 1;
    // What a link or an example brings may be long too.
    const long = blob ?? (text.length > EDITABLE ? new Blob([text]) : null);
    this.entries.push({ key: this.lastKey, name, image, text: long ? '' : text, blob: long, answer: null, lines: [] });
    if (long) this.keep(this.entries[this.entries.length - 1], long);
  }

  /**
   * @param {import('../state.js').Entry} entry
   * @param {boolean} isFocused
   */
  add(entry, isFocused) {
    this.put(entry);
    this.select(this.entries.length - 1);
    if (isFocused) this.editor.focus();
    this.page.changed();
  }

  /** @param {File[]} files */
  async open(files) {
    const long = files.find((file) => file.size > REPORT_BYTES);
    if (long) this.page.refuse(`${long.name} has ${size(long.size)}; a report has at most ${size(REPORT_BYTES)}.`);
    for (const file of files.filter((each) => each.size <= REPORT_BYTES)) {
      const entry = { name: file.name, image: null };
      // The one that is empty is meant to be filled.
      const current = this.entries[this.selected];
      if (current && current.text === '' && !current.blob) this.entries.splice(this.selected, 1);
      this.add(file.size > EDITABLE || (await isPacked(file)) ? { ...entry, blob: file } : { ...entry, text: await file.text() }, false);
    }
  }

  /**
   * A long text in place of the selected report's.
   *
   * @param {Blob} blob
   */
  take(blob) {
    if (blob.size > REPORT_BYTES) return this.page.refuse(`That has ${size(blob.size)}; a report has at most ${size(REPORT_BYTES)}.`);
    if (this.entries.length === 0) this.put({ name: this.freeName(), image: null, text: '' });
    this.select(Math.min(this.selected, this.entries.length - 1));
    const entry = this.entries[this.selected];
    Object.assign(entry, { text: '', blob, answer: null });
    this.keep(entry, blob);
    this.select(this.selected);
    this.page.changed();
  }

  /**
   * @param {Held} entry
   * @param {Blob} blob
   */
  async keep(entry, blob) {
    this.page.hold(entry.key, blob);
    entry.lines = (await isPacked(blob)) ? null : (await blob.slice(0, 1200).text()).split('\n').slice(0, 14).map((line) => line.slice(0, 120));
    this.draw();
  }

  remove() {
    const [gone] = this.entries.splice(this.selected, 1);
    if (gone?.blob) this.page.hold(gone.key, null);
    this.select(Math.max(0, Math.min(this.selected, this.entries.length - 1)));
    (this.entries.length ? this.tabs.querySelector('[aria-selected=true]') : byId('findings-add'))?.focus();
    this.page.changed();
  }

  freeName() {
    const taken = new Set(this.entries.map((entry) => entry.name));
    let number = 1;
    while (taken.has(`report-${number}.json`)) number += 1;
    return `report-${number}.json`;
  }

  /** @param {Partial<Held>} change */
  edit(change) {
    const entry = this.entries[this.selected];
    if (!entry) return;
    Object.assign(entry, change);
    this.drawTabs();
    this.page.changed();
  }

  /** @param {number} position */
  select(position) {
    this.selected = position;
    const entry = this.entries[position];
    this.editor.show(entry?.text ?? '');
    this.draw();
    this.tabs.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** @param {any} answer */
  answer({ findings, workload }) {
    this.images = workload.images ?? [];
    this.entries.forEach((entry, i) => (entry.answer = findings[i] ?? null));
    this.draw();
  }

  draw() {
    this.drawTabs();
    const entry = this.entries[this.selected];
    byId('findings-bar').hidden = !entry;
    byId('findings-none').hidden = Boolean(entry);
    this.panel.hidden = !entry;
    if (!entry) return;
    if (this.name.value !== entry.name) this.name.value = entry.name;
    this.drawImages(entry);
    this.host.hidden = Boolean(entry.blob);
    this.held.hidden = !entry.blob;
    const problems = entry.answer?.problems ?? [];
    if (entry.blob) fill(this.held, ...heldText(entry.blob, entry.lines));
    else this.editor.mark(problems);
    about(this.report, entry.answer, this.beside(entry), entry.blob ? null : (problem) => this.editor.goTo(problem.from));
  }

  /**
   * Of each image of a report that others are about as well, their names.
   *
   * @param {Held} entry
   * @returns {Map<string, string[]>}
   */
  beside(entry) {
    const isReport = (/** @type {Held} */ { answer }) => answer && answer.format && !BESIDE[answer.format] && answer.problems.length === 0;
    const others = this.entries.filter((other) => other !== entry && isReport(other));
    const images = isReport(entry) ? entry.answer.appliesTo : [];
    const pairs = images.map((/** @type {string} */ image) => [image, others.filter(({ answer }) => answer.appliesTo.includes(image)).map(({ name }) => name)]);
    return new Map(pairs.filter((/** @type {[string, string[]]} */ [, names]) => names.length > 0));
  }

  drawTabs() {
    const hadFocus = this.tabs.contains(document.activeElement);
    const tabs = this.entries.map((entry, i) => {
      const isSelected = i === this.selected;
      const isBad = (entry.answer?.problems ?? []).length > 0;
      return el(
        'button',
        { type: 'button', role: 'tab', id: `findings-tab-${i}`, 'aria-selected': String(isSelected), 'aria-controls': 'findings-panel', tabindex: isSelected ? '0' : '-1', class: isBad ? 'bad' : null, title: entry.name, onclick: () => this.select(i) },
        entry.name || 'unnamed',
        isBad && el('span', { class: 'visually-hidden', text: ', with errors' }),
      );
    });
    fill(this.tabs, tabs);
    this.panel.setAttribute('aria-labelledby', `findings-tab-${this.selected}`);
    if (hadFocus) /** @type {HTMLElement} */ (this.tabs.children[this.selected])?.focus();
  }

  /** @param {Held} entry */
  drawImages(entry) {
    const known = [...new Set([...this.images, ...(entry.image === null ? [] : [entry.image])])];
    const there = [...this.image.options].map((option) => option.value);
    // A list that is open would close.
    if (there.join('\n') !== ['', ...known].join('\n')) {
      fill(this.image, el('option', { value: '', text: 'every image' }), known.map((image) => el('option', { value: image, text: image })));
    }
    this.image.value = entry.image ?? '';
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    const last = this.entries.length - 1;
    const to = { ArrowRight: this.selected + 1, ArrowLeft: this.selected - 1, Home: 0, End: last }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.select((to + last + 1) % (last + 1));
  }
}

/** @returns {any[]} */
function heldText(/** @type {Blob} */ blob, /** @type {string[] | null} */ lines) {
  if (!lines) return [el('p', {}, el('strong', { text: size(blob.size) }), ', packed by gzip; it is unpacked and judged as it is.')];
  return [
    el('p', {}, el('strong', { text: size(blob.size) }), ' is too long to be edited here; it is judged as it is.'),
    el('pre', { tabindex: '0', 'aria-label': 'How the report begins', text: `${lines.join('\n')}\n…` }),
  ];
}
