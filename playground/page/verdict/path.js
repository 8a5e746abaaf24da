/** The way to a verdict: which rules take part, then each condition in the order in which it was looked at, severity by severity. */

import { append, el } from '../dom.js';
import { icon } from '../icons.js';
import { prose } from '../text.js';
import { bar } from './bar.js';

const PARTS = /** @type {Record<string, (rule: any) => string>} */ ({
  judged: () => 'takes part',
  disabled: () => 'is disabled',
  'scope-unknown': () => 'takes part: whether it is about this image cannot be told',
  'controller-pod': () => 'is not judged: a controller restarts the image from its digest',
  'out-of-scope': ({ why }) => `is not about this image: it wants that ${why}`,
  excused: ({ exemption }) => `does not apply: the exemption \`${exemption}\` excuses the image`,
});

/**
 * Those that take no part, each with the reason; of those that do, their number.
 *
 * @param {any[]} rules
 */
export function takingPart(rules) {
  const others = rules.filter((rule) => rule.part !== 'judged');
  if (others.length === 0) return null;
  return el('ul', { class: 'parts' }, others.map((rule) => el('li', {}, 'Rule ', el('code', { text: rule.rule }), ' ', ...prose((PARTS[rule.part] ?? (() => rule.part))(rule)), '.')));
}

/**
 * @param {any} platform
 * @returns {HTMLElement}
 */
export function path({ platform, steps }) {
  const host = el('div', { class: 'path' });
  if (platform) host.append(el('p', { class: 'platform' }, 'Platform ', el('code', { text: platform })));
  if (steps.length === 0) {
    host.append(el('p', { class: 'facts', text: 'There was no condition to look at.' }));
    return host;
  }
  const list = el('ol', { class: 'ranks' });
  for (const { rank, members } of ranks(steps)) {
    list.append(el('li', { class: 'rank', data: { severity: rank } }, el('h5', { text: rank }), el('ol', { class: 'steps' }, members.map(step))));
  }
  append(host, [list]);
  return host;
}

/** Of conditions that name no severity: each is looked at where the worst finding that it selects is, if it selects one. */
const NOTHING = 'no finding matches';
/** Of conditions that no finding was looked at for: there cannot be as many. */
const SUMMARY = 'by the summary of the findings alone';

/**
 * Neighbours of one severity together.
 *
 * @param {any[]} steps
 * @returns {{ rank: string, members: any[] }[]}
 */
function ranks(steps) {
  /** @type {{ rank: string, members: any[] }[]} */
  const found = [];
  for (const each of steps) {
    const rank = each.state === 'wanting' ? 'evidence' : each.rank ?? (each.atMost === undefined ? NOTHING : SUMMARY);
    const last = found[found.length - 1];
    if (last?.rank === rank) last.members.push(each);
    else found.push({ rank, members: [each] });
  }
  return found;
}

const WORDS = /** @type {Record<string, string>} */ ({ deny: 'denies', audit: 'audits', allow: 'allows', use: 'judges all the same' });

/** @param {any} each */
function step(each) {
  const { rule, text, state, answer, decides } = each;
  const outcome = {
    fulfilled: () => el('span', { class: 'outcome', data: { verdict: answer } }, icon(answer === 'deny' ? 'deny' : 'audit'), `fulfilled: ${WORDS[answer] ?? answer}`),
    'not-fulfilled': () => el('span', { class: 'outcome' }, icon('admit'), 'not fulfilled'),
    'not-reached': () => el('span', { class: 'outcome' }, icon('none'), 'not reached'),
    wanting: () => el('span', { class: 'outcome', data: { verdict: answer } }, icon(answer === 'deny' ? 'deny' : answer === 'audit' ? 'audit' : 'none'), WORDS[answer] ?? answer),
  };
  return el('li', { class: 'step', data: { state, decides: decides ? 'yes' : null } },
    el('div', { class: 'line' },
      el('code', { class: 'rule', text: rule }),
      (outcome[/** @type {keyof typeof outcome} */ (state)] ?? (() => el('span', { class: 'outcome', text: state })))(),
      decides && el('span', { class: 'decides', text: 'decides' })),
    el('p', { class: 'what' }, ...prose(state === 'wanting' ? `${each.why ?? ''}${text ? ` (${text})` : ''}` : text ?? '')),
    bar(each),
    state === 'fulfilled' && vulnerabilities(each));
}

/** @param {any} each */
function vulnerabilities({ vulnerabilities: all = [], more = 0, decides }) {
  if (all.length === 0) return null;
  const items = all.map((/** @type {any} */ one) => el('li', {},
    el('code', { class: 'id', text: one.id }), ' ',
    el('span', { class: 'severity', data: { severity: one.severity }, text: one.severity }), ' ',
    el('span', { text: [one.package, one.installed].filter(Boolean).join(' ') }),
    el('span', { class: 'fix', text: one.fixed.length > 0 ? `fixed in ${one.fixed.join(', ')}` : 'no fix known' })));
  const number = (all.length + more).toLocaleString('en');
  return el('details', { class: 'vulnerabilities', open: decides && all.length <= 5 },
    el('summary', { text: `${number} selected` }),
    el('ul', {}, items, more > 0 && el('li', { text: `and ${more.toLocaleString('en')} more` })));
}
