/** The page: panes on one side, the worker on the other, and one state in between. */

import { EXAMPLES } from '../examples/index.js';
import { Clock } from './clock.js';
import { byId } from './dom.js';
import { examplesDialog } from './dialogs/examples.js';
import { ExportDialog } from './dialogs/export.js';
import { ImportDialog } from './dialogs/import.js';
import { ShareDialog } from './dialogs/share.js';
import { Judge } from './judge.js';
import { followKeys } from './keys.js';
import { LinkError, unpack } from './link.js';
import { FindingsPane } from './panes/findings.js';
import { RulesPane } from './panes/rules.js';
import { WorkloadPane } from './panes/workload.js';
import { keep, kept } from './session.js';
import { followTheme } from './theme.js';
import { toast, withdraw } from './toast.js';
import { VerdictPane } from './verdict/pane.js';

/** Milliseconds without a key before it is judged. */
const PAUSE = 150;
/** Milliseconds of judging before the page says that it judges. */
const PATIENCE = 250;
/** Milliseconds without a key before the state is kept for a reload. */
const KEEPING = 600;

const judge = new Judge(['decoder', 'worker-script'].map((id) => byId(id).textContent), byId('module').textContent.trim());
const page = {
  changed,
  refuse: (/** @type {string} */ what) => toast(what, { isError: true }),
  hold: (/** @type {number} */ key, /** @type {Blob | null} */ blob) => judge.hold(key, blob),
};
const rules = new RulesPane(page);
const workload = new WorkloadPane(page);
const verdict = new VerdictPane((line) => workload.editor.goToLine(line));
const findings = new FindingsPane(page);
const clock = new Clock(changed);

let pause = 0;
let patience = 0;
let keeping = 0;
let isKept = true;
/** Whether the address has a link that is still what is in the page. */
let isLinked = false;

/** @returns {import('./state.js').State} */
function state() {
  return { ...rules.state(), ...workload.state(), now: clock.value, findings: findings.state() };
}

/** The same for the worker. */
function input() {
  return { ...state(), findings: findings.inputs() };
}

/**
 * @param {import('./state.js').State} fresh
 * @param {{ isStep: boolean }} [options] whether Undo in an editor brings back what was in it
 */
function show(fresh, options = { isStep: true }) {
  rules.show(fresh, options);
  workload.show(fresh, options);
  clock.show(fresh.now);
  findings.show(fresh.findings);
}

/** Something was typed or chosen. */
function changed() {
  // A way back from there would take this along.
  withdraw();
  if (isLinked) {
    isLinked = false;
    history.replaceState(null, '', location.href.split('#')[0]);
  }
  clearTimeout(pause);
  pause = window.setTimeout(judgeNow, PAUSE);
  clearTimeout(keeping);
  keeping = window.setTimeout(() => (isKept = keep(state())), KEEPING);
}

async function judgeNow() {
  clearTimeout(pause);
  clearTimeout(patience);
  patience = window.setTimeout(() => verdict.judging(true), PATIENCE);
  const texts = rules.state().settings + workload.state().workload;
  try {
    const answer = await judge.judge({ ...input(), now: clock.instant });
    // Something newer is on its way.
    if (answer === null) return;
    verdict.answer(answer);
    // While somebody goes on typing, the places of an older text would be wrong.
    if (texts === rules.state().settings + workload.state().workload) {
      rules.answer(answer);
      workload.answer(answer);
      findings.answer(answer);
    }
  } catch (error) {
    verdict.failed(/** @type {Error} */ (error).message);
  }
  clearTimeout(patience);
  verdict.judging(false);
}

/**
 * Another state in the place of this one, with a way back.
 *
 * @param {import('./state.js').State} fresh
 * @param {string} what was done
 */
function replace(fresh, what) {
  const before = state();
  show(fresh);
  changed();
  toast(what, { undo: () => (show(before), changed()) });
}

/**
 * Loads what the address says; whether it said something that could be loaded.
 *
 * @param {{ isStep: boolean }} options of `show`
 */
async function openLink(options) {
  const fragment = location.hash.slice(1);
  if (fragment === '') return false;
  try {
    // Programs on a link's way may have escaped what needs no escape.
    show(await unpack(decodeURIComponent(fragment)), options);
    isLinked = true;
    return true;
  } catch (error) {
    toast(error instanceof LinkError ? `${error.message} Nothing of it was loaded.` : 'The link is broken. Nothing of it was loaded.', { isError: true });
    return false;
  }
}

function connect() {
  examplesDialog((example) => replace(example.state, `Example: ${example.title}.`));
  new ImportDialog(judge, () => rules.state().settings, (settings, format) => replace({ ...state(), settings }, `The rules were imported from ${format}.`));
  new ExportDialog(judge, () => ({ settings: rules.state().settings, now: clock.instant }));
  new ShareDialog(judge, input, (fragment) => {
    history.replaceState(null, '', `#${fragment}`);
    isLinked = true;
  });
  followKeys(judgeNow);
  followTheme();
  byId('reset').addEventListener('click', () => replace(EXAMPLES[0].state, 'The page is as it was at first.'));
  byId('stop').addEventListener('click', () => judge.restart(new Error('stopped by you; the next change is judged again')));
  window.addEventListener('hashchange', async () => {
    const before = state();
    if (!(await openLink({ isStep: true }))) return;
    keep(state());
    judgeNow();
    toast('The link was opened.', { undo: () => (show(before), changed()) });
  });
  window.addEventListener('beforeunload', (event) => {
    clearTimeout(keeping);
    if (!isLinked) isKept = keep(state());
    if (!isKept) event.preventDefault();
  });
  // A file that misses an editor must not replace the page.
  window.addEventListener('dragover', (event) => event.preventDefault());
  window.addEventListener('drop', (event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) findings.open(files);
  });
}

async function begin() {
  connect();
  byId('unstarted').remove();
  const isOpened = await openLink({ isStep: false });
  if (!isOpened) show(kept() ?? EXAMPLES[0].state, { isStep: false });
  await judgeNow();
  const { version } = await judge.ask({ type: 'version' });
  byId('version').textContent = `version ${version}`;
}

begin();
