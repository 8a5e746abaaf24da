/**
 * An answer of the module → what the page shows. A report of twenty thousand findings must not become as many nodes: what is left
 * out is counted, and what is derived from all of it (what would have to be fixed) is derived here.
 */

import { fixes } from './fixes.js';
import { here } from './hints.js';

/** Vulnerabilities that one step lists. */
const LISTED = 50;
/** Findings set aside that one image lists. */
const ASIDE = 100;
/** Problems of one document. */
const PROBLEMS = 200;

/** @param {any} answer of `judge` */
export function shorten(answer) {
  const cut = (/** @type {any} */ part) => (part ? { ...part, problems: part.problems?.slice(0, PROBLEMS), warnings: part.warnings?.slice(0, PROBLEMS) } : part);
  return {
    ...answer,
    settings: cut(answer.settings),
    baseline: cut(answer.baseline),
    workload: cut(answer.workload),
    findings: answer.findings.map((/** @type {any} */ report) => cut({ ...report, problems: report.problems.map(here) })),
    verdicts: answer.verdicts.map(ofVerdict),
    baselineVerdicts: answer.baselineVerdicts?.map(({ object, place, verdict, rule }) => ({ object, place, verdict, rule })) ?? null,
  };
}

/** @param {any} verdict */
function ofVerdict({ response: _, violations: _violations, setAside: _setAside, evidence: _evidence, ...verdict }) {
  return { ...verdict, images: (verdict.images ?? []).map(ofImage) };
}

/** @param {any} image */
function ofImage(image) {
  return {
    ...image,
    fixes: fixes(image),
    platforms: image.platforms.map((/** @type {any} */ platform) => ({ ...platform, steps: platform.steps.map(ofStep) })),
    setAside: image.setAside.slice(0, ASIDE),
    setAsideMore: Math.max(0, image.setAside.length - ASIDE),
  };
}

/** @param {any} step */
function ofStep(step) {
  const all = step.vulnerabilities;
  return all ? { ...step, vulnerabilities: all.slice(0, LISTED), more: Math.max(0, all.length - LISTED) } : step;
}
