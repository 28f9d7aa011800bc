import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FAULT_MARK, Trouble } from './trouble.ts';

let lines: string[];
beforeEach(() => {
  lines = [];
  vi.useFakeTimers();
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** So many messages one after another: how often each arrived, and what its sender heard. */
async function sendAll(trouble: Trouble, count: number): Promise<string[]> {
  const told: string[] = [];
  for (let i = 0; i < count; i++) {
    let arrived = 0;
    const passing = trouble
      .pass('door', async () => (arrived += 1))
      .then(
        () => 'heard',
        () => 'lost',
      );
    await vi.runAllTimersAsync();
    told.push(`${await passing} ${arrived}`);
  }
  return told;
}

test('each fault does what it says, is told in the log, and comes again from the same seed', async () => {
  const told = await sendAll(new Trouble({ seed: 5, percent: 100 }), 60);
  const faults = lines.map((line) => line.replace(`${FAULT_MARK} door `, ''));
  const does = new Map(faults.map((fault, i) => [fault, told[i]]));
  expect(Object.fromEntries(does)).toEqual({
    dropped: 'lost 0',
    'answer-lost': 'lost 1',
    doubled: 'heard 2',
    delayed: 'heard 1',
    'came-again': 'heard 2',
  });
  expect(await sendAll(new Trouble({ seed: 5, percent: 100 }), 60)).toEqual(told);
});

test('most messages pass where few go wrong, and all of them once it is calm', async () => {
  const trouble = new Trouble({ seed: 5, percent: 10 });
  const before =
    (await sendAll(trouble, 200)).filter((one) => one !== 'heard 1').length +
    lines.filter((line) => line.includes('delayed')).length;
  expect(before).toBeGreaterThan(5);
  expect(before).toBeLessThan(50);
  trouble.calm();
  expect(new Set(await sendAll(trouble, 50))).toEqual(new Set(['heard 1']));
});
