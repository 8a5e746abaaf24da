/** Imported exemptions without rules → put into the settings that are there, bare or in the policy or constraint that carries them. */

/** Where settings are in what carries them, by the group of its `apiVersion`. */
const CARRIERS = /** @type {[RegExp, string[]][]} */ ([
  [/^policies\.kubewarden\.io\//, ['spec', 'settings']],
  [/^constraints\.gatekeeper\.sh\//, ['spec', 'parameters']],
]);

/**
 * @typedef {object} Block a mapping that is written line by line
 * @property {number} from its first line
 * @property {number} to behind its last one
 * @property {number} indent of its keys
 */

/**
 * @param {string} settings
 * @param {string} imported YAML with `exemptions:` alone, as the module writes it
 * @returns {{ text: string } | { why: string }} the settings with them; or why text cannot be put into these settings
 */
export function addExemptions(settings, imported) {
  const lines = imported.split('\n');
  const start = lines.findIndex((line) => /^exemptions:\s*$/.test(line));
  const given = lines.slice(start + 1).filter((line) => line.trim() !== '');
  if (start < 0 || given.some((line) => !/^[ -]/.test(line))) return { why: 'there is more, or less, in the import than a list of exemptions' };
  // What has to be done with them is done here.
  const comments = lines.slice(0, start).filter((line) => line.startsWith('#') && !line.includes('put these under'));
  if (/^\s*[{[]/.test(settings)) return { why: 'the rules are written as JSON' };
  const ours = settings.split('\n');
  const place = placeOf(ours);
  if ('why' in place) return place;
  const { block, path } = place;
  const items = renamed(given, settings);
  const there = find(ours, block, 'exemptions');
  const at = (/** @type {string[]} */ all, /** @type {number} */ wanted) => {
    const found = indent(items[0]);
    return all.map((line) => ' '.repeat(Math.max(0, indent(line) - found + wanted)) + line.trimStart());
  };
  if (there < 0) {
    const fresh = [...comments.map((line) => ' '.repeat(block.indent) + line), `${' '.repeat(block.indent)}exemptions:`, ...at(items, block.indent)];
    const end = lastOf(ours, block);
    // Bare settings are kept apart by a line, and what carries them goes on behind.
    const gap = path.length === 0 && end > 0 ? [''] : [];
    const behind = ours.slice(end);
    return { text: `${[...ours.slice(0, end), ...gap, ...fresh].join('\n')}\n${behind.join('\n').replace(/^\n+$/, '')}` };
  }
  const key = ours[there].replace(/:\s*\[\s*\](\s*(#.*)?)$/, ':$1');
  if (!/:\s*(#.*)?$/.test(key)) return { why: `\`${[...path, 'exemptions'].join('.')}\` is written in one line` };
  const next = ours.slice(there + 1, endOf(ours, there, block)).find((line) => /^\s*- /.test(line));
  return { text: [...ours.slice(0, there), key, ...at(items, next === undefined ? block.indent + 2 : indent(next)), ...ours.slice(there + 1)].join('\n') };
}

/**
 * The block of the settings, and the keys that lead to it.
 *
 * @param {string[]} lines
 * @returns {{ block: Block, path: string[] } | { why: string }}
 */
function placeOf(lines) {
  /** @type {Block} */
  let block = { from: 0, to: lines.length, indent: 0 };
  const version = lines[find(lines, block, 'apiVersion')];
  if (version === undefined) return { block, path: [] };
  const group = version.replace(/^[^:]*:\s*["']?/, '');
  const path = CARRIERS.find(([of]) => of.test(group))?.[1];
  if (!path) return { why: 'the object in their place is none that carries rules' };
  for (const [depth, key] of path.entries()) {
    const name = path.slice(0, depth + 1).join('.');
    const at = find(lines, block, key);
    if (at < 0) return { why: `there is no \`${name}\`` };
    if (!/:\s*(#.*)?$/.test(lines[at])) return { why: `\`${name}\` is written in one line` };
    const to = endOf(lines, at, block);
    const first = lines.slice(at + 1, to).find(isContent);
    if (first === undefined) return { why: `\`${name}\` is empty` };
    block = { from: at + 1, to, indent: indent(first) };
  }
  return { block, path };
}

/** The line of a key of the block; -1: there is none. */
function find(/** @type {string[]} */ lines, /** @type {Block} */ { from, to, indent: wanted }, /** @type {string} */ key) {
  const isKey = new RegExp(`^ {${wanted}}(["']?)${key}\\1\\s*:(\\s|$)`);
  return lines.findIndex((line, i) => i >= from && i < to && isKey.test(line));
}

/** Behind what a key of the block has: the next line that is no deeper than it and no item of its list. */
function endOf(/** @type {string[]} */ lines, /** @type {number} */ at, /** @type {Block} */ { to, indent: wanted }) {
  const end = lines.findIndex((line, i) => i > at && i < to && isContent(line) && (indent(line) < wanted || (indent(line) === wanted && !line.trimStart().startsWith('- '))));
  return end < 0 ? to : end;
}

/** Behind the last line of the block that says something; comments behind it are about what follows. */
function lastOf(/** @type {string[]} */ lines, /** @type {Block} */ { from, to, indent: wanted }) {
  let end = to;
  while (end > from && (lines[end - 1].trim() === '' || (!isContent(lines[end - 1]) && indent(lines[end - 1]) < wanted))) end -= 1;
  return end;
}

function isContent(/** @type {string} */ line) {
  return line.trim() !== '' && !line.trimStart().startsWith('#');
}

/**
 * Names are unique: one that is taken gets a number.
 *
 * @param {string[]} items
 * @param {string} settings
 */
function renamed(items, settings) {
  const taken = new Set([...settings.matchAll(/\bname["']?\s*:\s*["']?([a-z0-9-]+)/g)].map(([, name]) => name));
  return items.map((line) => {
    const [, before, name] = /^(- name: )([a-z0-9-]+)$/.exec(line.trimStart()) ?? [];
    if (name === undefined || !taken.has(name)) return line;
    let number = 2;
    while (taken.has(`${name}-${number}`)) number += 1;
    taken.add(`${name}-${number}`);
    return `${' '.repeat(indent(line))}${before}${name}-${number}`;
  });
}

/** @param {string} line */
function indent(line) {
  return line.length - line.trimStart().length;
}
