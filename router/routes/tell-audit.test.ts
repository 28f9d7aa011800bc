import { expect, test } from 'vitest';
import type { AuditFigures } from '../billing/audit.ts';
import { renderAudit, tellAudit } from './tell-audit.ts';

const NONE = { at: 0, tookMs: 1, total: 0, unbalanced: 0, drifted: 0, overdrawn: 0, fees: 10, waiting: 0 };
const SUMS = { paid: 1_234_567, earned: 1_234_557, kept: 10, credit: 1, owned: 2, transit: 3, operator: 0 };
const COUNTS = { granted: 4, bought: 5, jobs: 6, parts: 7, promptTokens: 8, outputTokens: 9 };
const SOUND: AuditFigures = { ...NONE, ...SUMS, ...COUNTS, energyMicroWh: 0, energyParts: 0 };

test('each promise is told with its figure; energy that nobody knows is null', () => {
  const told = tellAudit(SOUND);
  expect([told.ok, told.at]).toEqual([true, '1970-01-01T00:00:00.000Z']);
  expect(told.totals).toMatchObject({ paid_micro: 1_234_567, in_transit_micro: 3, energy_micro_wh: null });
  expect(tellAudit({ ...SOUND, energyMicroWh: 0, energyParts: 1 }).totals['energy_micro_wh']).toBe(0);
});

test.each([
  ['postings_sum', { total: -1 }],
  ['unbalanced', { unbalanced: 1 }],
  ['drifted', { drifted: 2 }],
  ['negative_accounts', { overdrawn: 1 }],
  ['fees', { fees: -1 }],
  ['paid_earned_fees', { kept: 11 }],
])('%s that is broken breaks the whole', (name, change) => {
  const told = tellAudit({ ...SOUND, ...change });
  expect([told.ok, told.invariants[name]?.holds]).toEqual([false, false]);
  expect(renderAudit(told)).toContain('do not balance');
});

test('the page loads its style and nothing else, and its numbers can be read', () => {
  const page = renderAudit(tellAudit(SOUND));
  expect(page).toContain('<h1>The books balance</h1>');
  expect(page).toContain('1.234567');
  const links = [...page.matchAll(/<link[^>]*>/g)].map(([link]) => link);
  expect(links.filter((link) => !/href="(?:data:|\/assets\/look-)/.test(link))).toEqual([]);
  expect(page).not.toMatch(/<script|src=|@import|url\(/);
});

test('in Japanese no promise and no total is left in English', () => {
  const page = renderAudit(tellAudit(SOUND), 'ja');
  expect(page).toContain('<html lang="ja">');
  expect(page).toContain('<h1>帳簿は一致しています</h1>');
  const heads = [...page.matchAll(/<th scope="row">([^<]*)/g)].map(([, head = '']) => head);
  expect(heads.filter((head) => /[a-z]{3}/.test(head))).toEqual([]);
});
