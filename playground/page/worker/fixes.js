/**
 * What would have to be mended in an image so that its fulfilled conditions no longer are.
 *
 * @typedef {object} Fixes
 * @property {{ rule: string, answer: string, text: string, atLeast: number, of: number, fixable: number, unit: string }[]} conditions
 *   what each fulfilled condition still allows: at least so many of so many have to go
 * @property {{ package: string, installed: string | null, fixed: string[], ids: string[], moreIds: number }[]} packages to be upgraded, the most telling first
 * @property {number} morePackages
 * @property {string[]} unfixed ids for which no fix is known
 * @property {number} moreUnfixed
 */

/** Packages and ids that are named. */
const NAMED = 12;

/**
 * @param {any} image of the trace
 * @returns {Fixes | null} null where nothing is fulfilled
 */
export function fixes(image) {
  const fulfilled = image.platforms.flatMap((/** @type {any} */ platform) => platform.steps.filter((/** @type {any} */ step) => step.state === 'fulfilled'));
  if (fulfilled.length === 0) return null;
  const packages = new Map();
  const unfixed = new Set();
  for (const { id, package: name, installed = null, fixed } of fulfilled.flatMap((/** @type {any} */ step) => step.vulnerabilities ?? [])) {
    if (fixed.length === 0) {
      unfixed.add(id);
      continue;
    }
    const key = JSON.stringify([name, installed]);
    const entry = packages.get(key) ?? { package: name, installed, fixed: new Set(), ids: new Set() };
    fixed.forEach((/** @type {string} */ version) => entry.fixed.add(version));
    entry.ids.add(id);
    packages.set(key, entry);
  }
  const sorted = [...packages.values()].sort((a, b) => b.ids.size - a.ids.size);
  return {
    conditions: fulfilled.filter((/** @type {any} */ step) => step.count !== undefined && step.limit !== undefined).map(ofCondition),
    packages: sorted.slice(0, NAMED).map(({ fixed, ids, ...entry }) => ({ ...entry, fixed: [...fixed].slice(0, 4), ids: [...ids].slice(0, NAMED), moreIds: Math.max(0, ids.size - NAMED) })),
    morePackages: Math.max(0, sorted.length - NAMED),
    unfixed: [...unfixed].slice(0, NAMED),
    moreUnfixed: Math.max(0, unfixed.size - NAMED),
  };
}

/** @param {any} step */
function ofCondition({ rule, answer, text, count, limit, unit, vulnerabilities = [] }) {
  const fixable = vulnerabilities.filter((/** @type {any} */ vulnerability) => vulnerability.fixed.length > 0).length;
  return { rule, answer, text, unit, atLeast: count - limit, of: count, fixable };
}
