/** The pane of the manifests, and of what is known about their namespace. */

import { byId } from '../dom.js';
import { Editor } from '../editor.js';
import { count, list } from '../problems.js';

/** How it is written that a namespace has no labels. */
const NONE = ',';

export class WorkloadPane {
  /** @param {{ changed: () => void, refuse: (what: string) => void }} page */
  constructor(page) {
    this.status = byId('workload-status');
    this.problems = byId('workload-problems');
    this.labels = byId('namespace-labels');
    this.labelsProblem = byId('namespace-labels-problem');
    this.labels.addEventListener('input', page.changed);
    this.editor = new Editor(byId('workload-editor'), {
      label: 'Workload: Kubernetes manifests',
      hint: 'A Pod, a Deployment, a CronJob …',
      onChange: page.changed,
      onLong: () => page.refuse('That is too long for manifests: they have at most 256 KiB here.'),
      onFiles: async (files) => {
        const long = files.find((file) => file.size > 256 * 1024);
        if (long) return page.refuse(`${long.name} is too long for manifests: they have at most 256 KiB here.`);
        const texts = await Promise.all(files.map((file) => file.text()));
        this.editor.show(texts.join('\n---\n'), { isStep: true });
        page.changed();
      },
    });
  }

  /** @returns {{ workload: string, namespaceLabels: Record<string, string> | null }} */
  state() {
    const { labels, problem } = parse(this.labels.value);
    const isNone = labels !== null && Object.keys(labels).length === 0;
    this.labelsProblem.textContent = problem ?? (isNone ? 'It has no labels.' : '');
    this.labelsProblem.classList.toggle('plain', isNone);
    this.labels.setAttribute('aria-invalid', String(problem !== null));
    return { workload: this.editor.text, namespaceLabels: labels };
  }

  /**
   * @param {{ workload: string, namespaceLabels: Record<string, string> | null }} state
   * @param {{ isStep: boolean }} options of the editor
   */
  show({ workload, namespaceLabels }, options) {
    this.editor.show(workload, options);
    this.labels.value = namespaceLabels === null ? '' : Object.entries(namespaceLabels).map(([key, value]) => `${key}=${value}`).join(', ') || NONE;
  }

  /** @param {any} answer */
  answer({ workload }) {
    const { problems = [], warnings = [] } = workload;
    this.editor.mark(problems, warnings);
    this.status.textContent = count(problems, warnings);
    this.status.dataset.state = problems.length ? 'bad' : warnings.length ? 'doubtful' : '';
    list(this.problems, problems, warnings, (problem) => this.editor.goTo(problem.from));
  }
}

/**
 * `tier=prod, team=shop` → labels. Nothing written: nobody knows them; a comma alone: there are none.
 *
 * @param {string} text
 * @returns {{ labels: Record<string, string> | null, problem: string | null }}
 */
function parse(text) {
  if (text.trim() === '') return { labels: null, problem: null };
  const pairs = text.split(',').map((pair) => pair.trim()).filter(Boolean);
  const wrong = pairs.find((pair) => !/^[^=\s]+=[^=\s]*$/.test(pair));
  if (wrong !== undefined) return { labels: null, problem: `expected key=value, found ${wrong}` };
  return { labels: Object.fromEntries(pairs.map((pair) => pair.split('='))), problem: null };
}
