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
  const items = lines.slice(start + 1).filter((line) => line.trim() !== '');
  const ours = settings.split('\n');
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

/** @param {string} line */
function indent(line) {
  return line.length - line.trimStart().length;
}
