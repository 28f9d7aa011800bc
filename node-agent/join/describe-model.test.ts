import { expect, test } from 'vitest';
import { describeDemand, describeModel, explainDemand } from './describe-model.ts';
import { readDemand } from '../link/read-demand.ts';

const VERDICT = { grade: 'ok', neededBytes: 1, tokensPerS: 62, why: null, remedy: null } as const;

const DEMAND = readDemand({
  data: [
    {
      name: 'a',
      in_catalogue: true,
      id: 'llama',
      price_in: 200_000,
      price_out: '600000',
      calls_per_hour: 12,
      homes_online: 3,
    },
    { name: 'b', in_catalogue: true, id: 'x', price_in: 1, price_out: 350_000, calls_per_hour: null },
    { name: 'c', in_catalogue: false },
    { nonsense: true },
    'x',
  ],
});

test('each model tells what it pays and how often it was asked, or that only its owner can call it', () => {
  const rows = ['a', 'b', 'c', 'd'].map((name) => describeDemand(DEMAND.get(name) ?? null));
  expect(rows).toEqual(['pays 0.6/M · 12 calls/h', 'pays 0.35/M · few calls', 'only you can call it', '']);
  expect(explainDemand('c', DEMAND.get('c') ?? null)).toBe('c: not in the catalogue: only your own calls come, free.');
  expect(explainDemand('a', DEMAND.get('a') ?? null)).toBeNull();
});

test('a row fits beside the prompt, whatever the name', () => {
  const row = describeModel(`${'x'.repeat(90)}\u001b[31m`, VERDICT, DEMAND.get('a') ?? null);
  expect(row.length).toBeLessThanOrEqual(62);
  expect(row).not.toContain('\u001b');
  expect(describeModel('llama3', { ...VERDICT, grade: 'cannot', tokensPerS: null }, null)).toBe(
    `llama3${' '.repeat(15)}cannot`,
  );
});

test('what is no list of demand tells nothing', () => {
  for (const odd of [null, 'x', 7, {}, { data: 1 }, [], { models: 'x' }]) expect(readDemand(odd).size).toBe(0);
  expect(readDemand({ models: [{ name: 'a', in_catalogue: false }] }).size).toBe(1);
});
