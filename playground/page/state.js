/**
 * What is in the page: everything that a verdict depends on, and nothing else. A share link holds exactly this.
 *
 * @typedef {object} Entry one report of findings
 * @property {string} name shown, and told to the module
 * @property {string | null} image the one image it is about; null: every image that no other entry names
 * @property {string} [text] the report, while it is small enough to be edited
 * @property {Blob} [blob] the report, where it is not
 *
 * @typedef {object} State
 * @property {string} settings YAML or JSON
 * @property {string | null} baseline settings to compare with; null: no comparison
 * @property {string} workload manifests
 * @property {Record<string, string> | null} namespaceLabels labels of the workload's namespace; null: nobody knows them
 * @property {string | null} now the time of the judgement, RFC 3339; null: the clock's
 * @property {Entry[]} findings
 */

/** Characters of a text that is edited; longer reports are held as they are, and settings and manifests are not taken. */
export const EDITABLE = 256 * 1024;

/** The module reads no longer report (`docs/findings.md`). */
export const REPORT_BYTES = 64 * 1024 * 1024;

/** @returns {State} */
export function empty() {
  return { settings: '', baseline: null, workload: '', namespaceLabels: null, now: null, findings: [] };
}

/**
 * A state out of foreign data, or an error that says what is wrong with it: never a part of it.
 *
 * @param {unknown} value
 * @returns {State}
 */
export function check(value) {
  const state = object(value, 'the document');
  const known = ['settings', 'baseline', 'workload', 'namespaceLabels', 'now', 'findings'];
  const unknown = Object.keys(state).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Error(`\`${unknown}\` is nothing that this page knows`);
  if (!Array.isArray(state.findings)) throw new Error('`findings` is no list');
  const labels = state.namespaceLabels;
  return {
    settings: text(state.settings, 'settings'),
    baseline: state.baseline === null ? null : text(state.baseline, 'baseline'),
    workload: text(state.workload, 'workload'),
    namespaceLabels: labels === null ? null : texts(labels, 'namespaceLabels'),
    now: state.now === null ? null : instant(state.now),
    findings: state.findings.map((entry, i) => {
      const { name, image, text: report } = object(entry, `findings[${i}]`);
      return {
        name: text(name, `findings[${i}].name`),
        image: image === null ? null : text(image, `findings[${i}].image`),
        text: text(report, `findings[${i}].text`),
      };
    }),
  };
}

/** @returns {any} */
function object(/** @type {any} */ value, /** @type {string} */ place) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${place} is no object`);
  return value;
}

/** @returns {string} */
function text(/** @type {unknown} */ value, /** @type {string} */ place) {
  if (typeof value !== 'string') throw new Error(`\`${place}\` is no text`);
  return value;
}

/** @returns {Record<string, string>} */
function texts(/** @type {unknown} */ value, /** @type {string} */ place) {
  const entries = Object.entries(object(value, place)).map(([key, member]) => [key, text(member, `${place}.${key}`)]);
  return Object.fromEntries(entries);
}

/** @returns {string} */
function instant(/** @type {unknown} */ value) {
  const written = text(value, 'now');
  if (Number.isNaN(Date.parse(written))) throw new Error('`now` is no time');
  return written;
}
