/**
 * The examples, in the order of the menu; the first is what a new page has.
 *
 * @typedef {object} Example
 * @property {string} id
 * @property {string} title
 * @property {string} tells what one sees in it
 * @property {import('../page/state.js').State} state
 * @property {{ object: string, verdict: string, rule: string | null }[]} expected what the module has to say
 */

import { example as cvss } from './cvss.js';
import { example as defaultAudit } from './default-audit.js';
import { example as exemption } from './exemption.js';
import { example as exploited } from './exploited.js';
import { example as fixable } from './fixable.js';
import { example as grace } from './grace.js';
import { example as labels } from './labels.js';
import { example as log4shell } from './log4shell.js';
import { example as missing } from './missing.js';
import { example as moreThanTwo } from './more-than-two.js';
import { example as namespaces } from './namespaces.js';
import { example as severityFirst } from './severity-first.js';
import { example as stale } from './stale.js';
import { example as unknown } from './unknown.js';
import { example as vex } from './vex.js';

/** @type {Example[]} */
export const EXAMPLES = [
  moreThanTwo, defaultAudit, severityFirst, namespaces, labels, exemption, vex, fixable, grace, exploited, cvss, log4shell, missing, stale, unknown,
];
