/** How the editors look. Colours are the page's own variables, so that both themes are one. */

import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--code-key)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-text)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--code-value)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--code-comment)' },
  { tag: [tags.punctuation, tags.separator, tags.bracket, tags.squareBracket, tags.brace], color: 'var(--code-mark)' },
  { tag: [tags.meta, tags.labelName, tags.typeName], color: 'var(--code-meta)' },
]);

const underline = (/** @type {string} */ colour) => ({
  backgroundImage: 'none',
  textDecoration: `underline wavy ${colour}`,
  textDecorationSkipInk: 'none',
  textUnderlineOffset: '3px',
});

const marker = (/** @type {string} */ colour, /** @type {string} */ text) => ({
  content: `"${text}"`,
  display: 'block',
  width: '14px',
  height: '14px',
  marginTop: '3px',
  borderRadius: '50%',
  background: colour,
  color: 'var(--surface)',
  font: '700 10px/14px var(--sans)',
  textAlign: 'center',
});

const frame = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'var(--surface)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--accent)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-faint)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '26px', padding: '0 4px 0 2px' },
  '.cm-gutter-lint': { width: '18px' },
  '.cm-gutter-lint .cm-gutterElement': { padding: '0 2px' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--line-active)' },
  '&.cm-focused .cm-activeLineGutter': { backgroundColor: 'var(--line-active)', color: 'var(--ink-soft)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent' },
  '.cm-selectionBackground': { backgroundColor: 'var(--selected) !important' },
  '.cm-placeholder': { color: 'var(--ink-soft)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--selected)', outline: '1px solid var(--line-strong)' },
  '.cm-lintRange-error': underline('var(--deny)'),
  '.cm-lintRange-warning': underline('var(--audit)'),
  '.cm-lintRange-info': underline('var(--accent)'),
  '.cm-lint-marker.cm-lint-marker': { width: '14px', height: '14px', content: 'normal' },
  '&:not(.cm-focused) .cm-matchingBracket': { backgroundColor: 'transparent', outline: 'none' },
  '.cm-lint-marker-error::before': marker('var(--deny)', '!'),
  '.cm-lint-marker-warning::before': marker('var(--audit)', '!'),
  '.cm-lint-marker-info::before': marker('var(--accent)', 'i'),
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    boxShadow: '0 6px 20px var(--shadow)',
    maxWidth: 'min(34rem, 90vw)',
    font: '13px/1.45 var(--sans)',
  },
  '.cm-diagnostic': { padding: '6px 10px', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  '.cm-diagnostic-error': { borderLeft: '4px solid var(--deny)' },
  '.cm-diagnostic-warning': { borderLeft: '4px solid var(--audit)' },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--ink)', font: '13px var(--sans)' },
  '.cm-panels-top': { borderBottom: '1px solid var(--line)' },
  '.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-textfield': { backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)', borderRadius: '4px', color: 'var(--ink)' },
  '.cm-button': { backgroundImage: 'none', backgroundColor: 'var(--surface)', border: '1px solid var(--line-strong)', borderRadius: '4px', color: 'var(--ink)' },
  '.cm-search [name=close]': { color: 'var(--ink)' },
  '.cm-searchMatch': { backgroundColor: 'var(--found)' },
  '.cm-searchMatch.cm-searchMatch-selected': { backgroundColor: 'var(--found)', outline: '1px solid var(--accent)' },
  '.cm-specialChar': { color: 'var(--deny)' },
});

export const look = [frame, syntaxHighlighting(colours)];
