/** One editor: CodeMirror in a shadow root, where its styles are constructed sheets, which the page's policy allows. */

import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, Transaction } from '@codemirror/state';
import {
  EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, placeholder,
} from '@codemirror/view';

import { look } from './highlight.js';
import { EDITABLE } from './state.js';

/**
 * @typedef {object} Problem what the module says of a place
 * @property {number} from UTF-16 offset
 * @property {number} to
 * @property {number} line from 1
 * @property {number} column
 * @property {string} message
 * @property {string | null} [hint]
 * @property {string} [path]
 *
 * @typedef {object} Options
 * @property {string} label read aloud
 * @property {string} hint shown while there is nothing
 * @property {(text: string) => void} onChange by the user
 * @property {(text: string) => void} [onLong] a text that is too long to be edited was pasted
 * @property {(files: File[]) => void} onFiles files were dropped
 */

export class Editor {
  /**
   * @param {HTMLElement} host
   * @param {Options} options
   */
  constructor(host, options) {
    this.options = options;
    this.language = new Compartment();
    this.isJson = false;
    const root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(':host{display:block;overflow:hidden} .mount{height:100%}');
    root.adoptedStyleSheets = [sheet];
    const mount = document.createElement('div');
    mount.className = 'mount';
    root.append(mount);
    this.view = new EditorView({ state: this.fresh(''), parent: mount, root });
  }

  /** @param {string} text */
  fresh(text) {
    this.isJson = looksLikeJson(text);
    return EditorState.create({ doc: text, extensions: this.extensions() });
  }

  extensions() {
    const { label, hint, onChange } = this.options;
    return [
      lineNumbers(),
      lintGutter(),
      highlightSpecialChars(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSelectionMatches(),
      indentUnit.of('  '),
      EditorState.tabSize.of(2),
      placeholder(hint),
      this.language.of(this.isJson ? json() : yaml()),
      look,
      EditorView.contentAttributes.of({ 'aria-label': label, 'aria-describedby': 'editor-help', tabindex: '0', spellcheck: 'false', autocorrect: 'off', autocapitalize: 'off' }),
      EditorView.domEventHandlers({
        paste: (event) => this.pasted(event),
        drop: (event) => this.dropped(event),
        // After Escape, Tab leaves; whoever comes back indents again.
        focus: (_event, view) => void view.setTabFocusMode(false),
      }),
      keymap.of([
        ...searchKeymap,
        ...defaultKeymap,
        ...historyKeymap,
        ...lintKeymap,
        indentWithTab,
        { key: 'Escape', run: (view) => (view.setTabFocusMode(true), true) },
      ]),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        if (update.transactions.some((transaction) => transaction.annotation(Transaction.userEvent))) this.follow();
        if (update.transactions.some((transaction) => !transaction.annotation(Transaction.remote))) onChange(this.text);
      }),
    ];
  }

  get text() {
    return this.view.state.doc.toString();
  }

  /**
   * Another document in this one's place: with a history of its own, or as one step that Undo takes back.
   *
   * @param {string} text
   * @param {{ isStep?: boolean }} [options]
   */
  show(text, { isStep = false } = {}) {
    if (!isStep) {
      this.view.setState(this.fresh(text));
      // Another one is read from its beginning.
      return this.view.scrollDOM.scrollTo(0, 0);
    }
    this.view.dispatch({
      changes: { from: 0, to: this.view.state.doc.length, insert: text },
      selection: { anchor: 0 },
      scrollIntoView: true,
      // Whoever puts it there knows.
      annotations: [Transaction.userEvent.of('input.replace'), Transaction.remote.of(true), isolateHistory.of('full')],
    });
  }

  /**
   * @param {Problem[]} problems
   * @param {Problem[]} [warnings]
   */
  mark(problems, warnings = []) {
    const length = this.view.state.doc.length;
    const of = (/** @type {'error' | 'warning'} */ severity) => (/** @type {Problem} */ { from, to, message, hint }) => {
      const start = Math.max(0, Math.min(from, length));
      // Of a long range the first line is marked: underlined as a whole, a document can no longer be read.
      const end = Math.max(start, Math.min(to, length, this.view.state.doc.lineAt(start).to));
      // A place between two characters, or at the end, is shown as the character beside it.
      const range = end > start ? { from: start, to: end } : start < length ? { from: start, to: start + 1 } : { from: Math.max(0, start - 1), to: start };
      return { ...range, severity, message: hint ? `${message}\nHint: ${hint}` : message };
    };
    const all = [...problems.map(of('error')), ...warnings.map(of('warning'))];
    this.view.dispatch(setDiagnostics(this.view.state, all));
  }

  /**
   * Moves the cursor there and the focus into the editor.
   *
   * @param {number} from
   */
  goTo(from) {
    const anchor = Math.max(0, Math.min(from, this.view.state.doc.length));
    this.view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
    this.view.focus();
  }

  /** @param {number} line from 1 */
  goToLine(line) {
    const { doc } = this.view.state;
    this.goTo(doc.line(Math.max(1, Math.min(line, doc.lines))).from);
  }

  focus() {
    this.view.focus();
  }

  /** The language is told by how the text begins. */
  follow() {
    const isJson = looksLikeJson(this.view.state.doc.sliceString(0, 200));
    if (isJson === this.isJson) return;
    this.isJson = isJson;
    // Not within the update that told of the change.
    queueMicrotask(() => this.view.dispatch({ effects: this.language.reconfigure(isJson ? json() : yaml()) }));
  }

  /** @param {ClipboardEvent} event */
  pasted(event) {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text.length + this.view.state.doc.length <= EDITABLE) return false;
    event.preventDefault();
    this.options.onLong?.(text);
    return true;
  }

  /** @param {DragEvent} event */
  dropped(event) {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return false;
    event.preventDefault();
    event.stopPropagation();
    this.options.onFiles(files);
    return true;
  }
}

/** @param {string} text */
function looksLikeJson(text) {
  return /^\s*[[{]/.test(text);
}
