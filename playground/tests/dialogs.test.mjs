/** Import and export. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { addExemptions } from '../page/exemptions.js';
import { cards, kept, launch, open, until, word, write } from './browser.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** An assignment of Azure's policy on vulnerable images: nothing high, and all else as its definition has it. */
const ASSIGNMENT = JSON.stringify({
  properties: {
    displayName: 'Vulnerable images',
    policyDefinitionId: '/providers/Microsoft.Authorization/policyDefinitions/13cd7ae3-5bc0-4ac4-a62d-4f7c120b9759',
    parameters: { effect: { value: 'Deny' }, severity: { value: { High: 0, Medium: 5, Low: 20 } }, excludedNamespaces: { value: [] }, somethingElse: { value: 1 } },
  },
});

test('another gate’s configuration becomes rules, with what is lost', async () => {
  const { page, close } = await open(browser);
  await page.locator('#import').click();
  assert.equal(await page.locator('#import-use').isDisabled(), true);
  await page.locator('#import-text').fill(ASSIGNMENT);
  await until(() => page.locator('#import-use').isEnabled(), true);
  const result = await page.locator('#import-result').innerText();
  assert.match(result, /Recognised as/);
  assert.match(result, /1 loss/);
  assert.match(result, /somethingElse/);
  await page.locator('#import-use').click();
  await until(cards(page), [{ object: 'Deployment prod/shop', verdict: 'deny', rule: 'vulnerable-images' }]);
  await page.locator('#toast').getByText('Undo').click();
  await until(cards(page), [{ object: 'Deployment prod/shop', verdict: 'deny', rule: 'block-critical' }]);
  await close();
});

test('files are taken as well, and what is no configuration is refused', async () => {
  const { page, close } = await open(browser);
  await page.locator('#import').click();
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('#import-open').click()]);
  await chooser.setFiles([{ name: 'assignment.json', mimeType: 'application/json', buffer: Buffer.from(ASSIGNMENT) }]);
  await until(() => page.locator('#import-use').isEnabled(), true);
  await page.locator('#import-files button').click();
  await until(() => page.locator('#import-use').isDisabled(), true);
  await page.locator('#import-text').fill('{ "a": 1 }');
  await until(() => page.locator('.refusal').count(), 1);
  assert.match(await page.locator('.refusal').innerText(), /Not imported/);
  assert.equal(await page.locator('#import-use').isDisabled(), true);
  await page.keyboard.press('Escape');
  await until(word(page), 'Denied');
  await close();
});

test('exemptions alone are put beside those that are there', () => {
  const imported = '# Made of .trivyignore.\n# There is no rule in it: put these under `exemptions:` of your settings.\nexemptions:\n- name: a\n  ids:\n  - CVE-1\n';
  const text = (/** @type {string} */ settings) => /** @type {any} */ (addExemptions(settings, imported)).text;
  assert.equal(text('rules: []\n'), 'rules: []\n\n# Made of .trivyignore.\nexemptions:\n- name: a\n  ids:\n  - CVE-1\n');
  assert.equal(
    text('exemptions: # ours\n  # first\n  - name: b\nrules: []\n'),
    'exemptions: # ours\n  - name: a\n    ids:\n    - CVE-1\n  # first\n  - name: b\nrules: []\n',
  );
  assert.equal(text(''), '# Made of .trivyignore.\nexemptions:\n- name: a\n  ids:\n  - CVE-1\n');
  assert.equal(text('exemptions: []\nrules: []\n'), 'exemptions:\n  - name: a\n    ids:\n    - CVE-1\nrules: []\n');
  // In a policy they stand under its settings, and what is behind these stays there.
  const policy = 'apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nspec:\n  settings:\n    rules:\n    - name: a\n    # ours\n\n  # of the policy\n  mutating: false\n';
  assert.equal(text(policy), policy.replace('# ours\n', '# ours\n    # Made of .trivyignore.\n    exemptions:\n    - name: a-2\n      ids:\n      - CVE-1\n'));
  const constraint = "apiVersion: 'constraints.gatekeeper.sh/v1beta1'\nspec:\n  match: {}\n  parameters:\n      exemptions:\n      - name: b\n      rules: []\n";
  assert.equal(text(constraint), constraint.replace('exemptions:\n', 'exemptions:\n      - name: a\n        ids:\n        - CVE-1\n'));
});

test('where exemptions cannot be put by themselves there is a reason', () => {
  const imported = 'exemptions:\n- name: a\n';
  for (const [settings, why] of [
    ['exemptions: [{ name: b }]\n', '`exemptions` is written in one line'],
    ['{ "rules": [] }', 'the rules are written as JSON'],
    ['apiVersion: v1\nkind: Pod\n', 'the object in their place is none that carries rules'],
    ['apiVersion: policies.kubewarden.io/v1\nspec: { settings: {} }\n', '`spec` is written in one line'],
    ['apiVersion: policies.kubewarden.io/v1\nspec:\n  settings: {}\n', '`spec.settings` is written in one line'],
    ['apiVersion: policies.kubewarden.io/v1\nspec:\n  settings:\n  mutating: false\n', '`spec.settings` is empty'],
    ['apiVersion: constraints.gatekeeper.sh/v1beta1\nspec:\n  settings: {}\n', 'there is no `spec.parameters`'],
  ]) {
    assert.deepEqual(addExemptions(settings, imported), { why }, settings);
  }
  for (const other of ['rules: []\n', 'exemptions:\n- name: a\nrules: []\n', '']) assert.match(/** @type {any} */ (addExemptions('rules: []\n', other)).why, /more, or less/);
});

test('a list of what is ignored goes into the policy that is there', async () => {
  const { page, close } = await open(browser);
  await page.locator('#export').click();
  await until(() => page.locator('#export-output pre').count(), 1);
  const policy = (await page.locator('#export-output pre').textContent()) ?? '';
  await page.keyboard.press('Escape');
  const ignore = async (/** @type {string} */ rules) => {
    await write(page, 'rules', rules);
    await page.locator('#import').click();
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.locator('#import-open').click()]);
    await chooser.setFiles([{ name: '.trivyignore', mimeType: 'text/plain', buffer: Buffer.from('# not reachable\nCVE-2024-3094\nCVE-2022-29078\n') }]);
    await until(() => page.locator('#import-result pre').count(), 1);
  };
  await ignore(policy);
  assert.match(await page.locator('#import-result').innerText(), /exemptions alone; they are added/);
  await page.locator('#import-use').click();
  await until(word(page), 'Audited');
  const { settings } = await kept(page);
  assert.match(settings, /^    exemptions:$/m);
  assert.match(settings, /^kind: ClusterAdmissionPolicy$/m);
  await ignore('{ "rules": [] }');
  assert.match(await page.locator('#import-result').innerText(), /the page cannot add them: the rules are written as JSON/);
  assert.equal(await page.locator('#import-use').isDisabled(), true);
  await close();
});

test('rules go out for each gate, and come out of the page as a file', async () => {
  const { page, close } = await open(browser);
  await page.locator('#export').click();
  const output = () => page.locator('#export-output pre').textContent();
  await until(async () => /kind: ClusterAdmissionPolicy/.test((await output()) ?? ''), true);
  assert.match((await output()) ?? '', /moreThan: 2/);
  await page.locator('#export-name').fill('shop-gate');
  await until(async () => /name: shop-gate/.test((await output()) ?? ''), true);
  const [saved] = await Promise.all([page.waitForEvent('download'), page.locator('#export-download').click()]);
  assert.equal(saved.suggestedFilename(), 'policy.yaml');
  assert.equal(readFileSync(await saved.path(), 'utf8'), await output());
  await page.locator('input[value=gatekeeper]').check();
  await until(async () => /constraints\.gatekeeper\.sh/.test((await output()) ?? ''), true);
  await page.locator('input[value=command]').check();
  await until(async () => /gatectl check/.test((await output()) ?? ''), true);
  const [settings] = await Promise.all([page.waitForEvent('download'), page.locator('#export-rules').click()]);
  assert.match(readFileSync(await settings.path(), 'utf8'), /^# Rules of a gate/);
  await page.locator('input[value=kubewarden]').check();
  await page.locator('#export-name').fill('No Name!');
  await until(() => page.locator('#export-problems li').count(), 1);
  assert.equal(await page.locator('#export-copy').isDisabled(), true);
  await close();
});

test('what is exported is copied', async () => {
  const { context, page, close } = await open(browser);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.locator('#export').click();
  await until(() => page.locator('#export-output pre').count(), 1);
  await page.locator('#export-copy').click();
  await until(() => page.locator('#export-copy').textContent(), 'Copied');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.locator('#export-output pre').textContent());
  await close();
});

test('where there are no rules, the export says so', async () => {
  const { page, close } = await open(browser);
  await write(page, 'rules', '# later\n');
  await page.locator('#export').click();
  await until(async () => /There are no rules to be exported/.test(await page.locator('#export-output').innerText()), true);
  assert.equal(await page.locator('#export-copy').isDisabled(), true);
  await close();
});

test('broken rules are not exported', async () => {
  const { page, close } = await open(browser);
  await write(page, 'rules', 'rules: 1');
  await page.locator('#export').click();
  await until(async () => (await page.locator('#export-problems li').count()) > 0, true);
  assert.equal(await page.locator('#export-download').isDisabled(), true);
  await close();
});
