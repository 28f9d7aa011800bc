import { afterEach, expect, test, vi } from 'vitest';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { collectLog } from '../test/collect-log.ts';
import { ModelStanding } from './model-standing.ts';

const model = (name: string, digest = 'd'): { name: string; digest: string } => ({ name, digest });
const entry = (name: string, isListed: boolean): object => ({
  name,
  in_catalogue: isListed,
  id: isListed ? name : null,
  served_to: isListed ? 'everyone' : 'own account only',
});

interface Set {
  readonly standing: ModelStanding;
  readonly asked: string[][];
  readonly lines: string[];
}

let standing: ModelStanding | undefined;

afterEach(() => {
  standing?.close();
  vi.useRealTimers();
});

function make(answer: (names: string[]) => Result<unknown, string>): Set {
  const asked: string[][] = [];
  const { log, lines } = collectLog();
  standing = new ModelStanding({
    ask: (models) => {
      const names = models.map(({ name }) => name);
      asked.push(names);
      return Promise.resolve(answer(names));
    },
    log,
    onChange: () => undefined,
    againMs: 1000,
    soonMs: 200,
    retryMs: 10,
  });
  return { standing, asked, lines };
}

const listed = (names: string[]): Result<unknown, string> =>
  ok({ data: names.map((name) => entry(name, name === 'known')) });
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a model outside the catalogue is told once in the log, and stands in the notes', async () => {
  const { standing, asked, lines } = make(listed);
  standing.note([model('known'), model('other'), model('say-*')], true);
  await turns();
  standing.note([model('known'), model('other')], true);
  await turns();
  expect(asked).toEqual([['known', 'other']]);
  expect(standing.notes['known']?.servedTo).toBe('everyone');
  expect(standing.notes['other']?.told).toBe('not in the catalogue: only your own calls come');
  expect(lines.filter((line) => line.includes('only your own calls come'))).toHaveLength(1);
});

test('of a model that the router says nothing about nothing is told, whatever it is called', async () => {
  const { standing, lines } = make(() => ok({ data: [] }));
  standing.note([model('constructor'), model('__proto__')], true);
  await turns();
  expect([standing.notes, lines]).toEqual([{}, []]);
});

test('nobody is asked before there is a connection, and asked anew when what is offered changes', async () => {
  const { standing, asked } = make(listed);
  standing.note([model('known')], false);
  await turns();
  expect(asked).toEqual([]);
  standing.note([model('known')], true);
  standing.note([model('known', 'another')], true);
  await turns();
  await turns();
  expect(asked).toHaveLength(2);
});

test('a router that does not answer is asked again, one that knows no such question after long', async () => {
  vi.useFakeTimers();
  let answer: Result<unknown, string> = err('away');
  const { standing, asked } = make(() => answer);
  standing.note([model('known')], true);
  await vi.advanceTimersByTimeAsync(25);
  expect(asked.length).toBeGreaterThan(1);
  answer = ok(null);
  await vi.advanceTimersByTimeAsync(25);
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(500);
  expect(asked.length).toBe(before);
  expect(standing.notes).toEqual({});
});

test('a model that was listed meanwhile is known after a while, and a question that came due without a connection is asked with the next', async () => {
  vi.useFakeTimers();
  let isListed = false;
  const { standing, asked } = make(() => ok({ data: [entry('new', isListed)] }));
  standing.note([model('new')], true);
  await vi.advanceTimersByTimeAsync(1);
  expect(standing.notes['new']?.servedTo).toBe('own account only');
  isListed = true;
  standing.note([model('new')], false);
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toHaveLength(1);
  standing.note([model('new')], true);
  await vi.advanceTimersByTimeAsync(1);
  expect(standing.notes['new']?.servedTo).toBe('everyone');
  await vi.advanceTimersByTimeAsync(900);
  expect(asked).toHaveLength(2);
});

test('a home with very many models asks in parts, and of a bounded number', async () => {
  const { standing, asked } = make(listed);
  standing.note(
    Array.from({ length: 500 }, (_, i) => model(`m${i}`)),
    true,
  );
  for (let i = 0; i < 9; i += 1) await turns();
  expect(asked.map((names) => names.length)).toEqual([24, 24, 24, 24]);
});
