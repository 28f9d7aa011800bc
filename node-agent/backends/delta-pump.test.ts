import { expect, test } from 'vitest';
import type { Delta } from './backend.ts';
import { DeltaPump } from './delta-pump.ts';
import { openPromise } from './open-promise.ts';

const delta = (text: string): Delta => ({ text, tokens: 1 });

test('hands over one at a time, in order, and counts what was handed over', async () => {
  const gate = openPromise<void>();
  const seen: string[] = [];
  const pump = new DeltaPump((d) => {
    seen.push(d.text);
    return d.text === 'a' ? gate.promise : undefined;
  });
  void pump.push(delta('a'));
  const second = pump.push(delta('b'));
  expect(second).toBeInstanceOf(Promise);
  expect([seen, pump.outputTokens]).toEqual([['a'], 1]);
  gate.resolve();
  await pump.drained();
  expect([seen, pump.outputTokens]).toEqual([['a', 'b'], 2]);
  expect(pump.push(delta('c'))).toBeUndefined();
});

test('nothing reaches the sink after a stop, not even what waits', async () => {
  const gate = openPromise<void>();
  const seen: string[] = [];
  const pump = new DeltaPump((d) => {
    seen.push(d.text);
    return gate.promise;
  });
  void pump.push(delta('a'));
  void pump.push(delta('b'));
  pump.stop();
  gate.resolve();
  await pump.drained();
  expect([seen, pump.outputTokens]).toEqual([['a'], 1]);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('gone');
    },
  ],
  ['rejects', () => Promise.reject(new Error('gone'))],
])('a sink that %s is not called again, and nothing is thrown here', async (_, sink) => {
  const pump = new DeltaPump(sink);
  await pump.push(delta('a'));
  expect(pump.failed).toBe(true);
  expect(pump.push(delta('b'))).toBeUndefined();
  expect(pump.outputTokens).toBe(1);
});
