/** Imported exemptions without rules → put into settings that are there. */

/**
 * @param {string} settings
 * @param {string} imported YAML with `exemptions:` alone, as the module writes it
 * @returns {string | null} null where the settings are written in a way that text cannot be put into
 */
export function addExemptions(settings, imported) {
  const lines = imported.split('\n');
  const start = lines.findIndex((line) => /^exemptions:\s*$/.test(line));
  if (start < 0) return null;
  // What has to be done with them is done here.
  const comments = lines.slice(0, start).filter((line) => line.startsWith('#') && !line.includes('put these under'));
  const ours = settings.split('\n');
  // In a policy or a constraint they have another place.
  if (ours.some((line) => /^["']?apiVersion["']?\s*:/.test(line))) return null;
  const items = renamed(lines.slice(start + 1).filter((line) => line.trim() !== ''), settings);
  const there = ours.findIndex((line) => /^["']?exemptions["']?\s*:/.test(line));
  if (there < 0) {
    if (/^\s*[{[]/.test(settings)) return null;
    return `${settings.replace(/\n*$/, settings.trim() === '' ? '' : '\n\n')}${[...comments, 'exemptions:', ...items].join('\n')}\n`;
  }
  if (!/:\s*(#.*)?$/.test(ours[there])) return null;
  const next = ours.slice(there + 1).find((line) => /^\s*- /.test(line));
  const [wanted, found] = [indent(next ?? items[0]), indent(items[0])];
  const moved = items.map((line) => ' '.repeat(Math.max(0, indent(line) - found + wanted)) + line.trimStart());
  return [...ours.slice(0, there + 1), ...moved, ...ours.slice(there + 1)].join('\n');
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
