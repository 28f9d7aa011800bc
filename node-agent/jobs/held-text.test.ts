import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Delta } from '../backends/backend.ts';
import { FlushClock } from './flush-clock.ts';
import { HeldText } from './held-text.ts';

const clock = new FlushClock(0);
afterEach(() => {
  vi.useRealTimers();
  clock.close();
});

interface Bench {
  readonly held: HeldText;
  readonly passed: Delta[];
  readonly text: () => string;
  readonly counts: { flushes: number; stops: number };
}

function open(options: { stops?: string[]; windowMs?: number } = {}): Bench {
  const passed: Delta[] = [];
  const counts = { flushes: 0, stops: 0 };
  const held = new HeldText({
    stops: options.stops ?? [],
    windowMs: options.windowMs ?? 60_000,
    clock,
    push: (delta) => void passed.push(delta),
    flush: () => void (counts.flushes += 1),
    onStop: () => void (counts.stops += 1),
  });
  return { held, passed, counts, text: () => passed.map((delta) => delta.text).join('') };
}

const feed = ({ held }: Bench, ...texts: string[]): void => {
  for (const text of texts) void held.push({ text, tokens: 1 });
};

describe('the end of an answer', () => {
  test('the first token passes at once, word or not; later words wait for their end', () => {
    const bench = open();
    feed(bench, 'Once');
    expect(bench.text()).toBe('Once');
    feed(bench, ' upon', ' a', ' ti');
    expect(bench.text()).toBe('Once upon a');
    feed(bench, 'me', ',');
    expect(bench.text()).toBe('Once upon a time,');
  });

  test('whatever comes is passed on whole when the answer is complete, and tokens with the end of their text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, unit: 'grapheme', maxLength: 9 }), { minLength: 1 }), (texts) => {
        const bench = open();
        let given = '';
        for (const text of texts) {
          feed(bench, text);
          given += text;
          expect(given.startsWith(bench.text())).toBe(true);
        }
        void bench.held.end();
        expect(bench.text()).toBe(texts.join(''));
        expect(bench.passed.reduce((sum, delta) => sum + delta.tokens, 0)).toBe(texts.length);
      }),
    );
  });

  test('a token that is cut counts with its end', () => {
    const bench = open();
    feed(bench, 'a', '. Then he');
    expect(bench.passed.at(-1)).toEqual({ text: '. Then', tokens: 0 });
    feed(bench, 're!');
    expect(bench.passed.at(-1)).toEqual({ text: ' here!', tokens: 2 });
  });

  test('token ids travel with the token they stand for', () => {
    const bench = open();
    void bench.held.push({ text: 'a', tokens: 1, tokenIds: [5] });
    void bench.held.push({ text: ' b', tokens: 1, tokenIds: [6] });
    void bench.held.push({ text: '.', tokens: 1, tokenIds: [7] });
    expect(bench.passed).toEqual([
      { text: 'a', tokens: 1, tokenIds: [5] },
      { text: ' b.', tokens: 2, tokenIds: [6, 7] },
    ]);
  });

  test('a word waits no longer than the window, and leaves in the same turn', async () => {
    const bench = open({ windowMs: 20 });
    feed(bench, 'Once', ' upon');
    expect(bench.text()).toBe('Once');
    await vi.waitFor(() => expect(bench.text()).toBe('Once upon'));
    expect(bench.counts.flushes).toBe(1);
  });

  test('with a window of 0 only half characters and beginnings of stop strings wait', () => {
    const bench = open({ windowMs: 0, stops: ['END'] });
    feed(bench, 'Once', ' upon', ' E', 'very', '\ud83d');
    expect(bench.text()).toBe('Once upon Every');
    feed(bench, '\ude00');
    expect(bench.text()).toBe('Once upon Every😀');
  });

  test('dropped text never leaves', () => {
    const bench = open();
    feed(bench, 'Once', ' upon');
    bench.held.drop();
    bench.held.flush();
    feed(bench, ' more');
    void bench.held.end();
    expect(bench.text()).toBe('Once');
  });
});

describe('stop strings', () => {
  test('no beginning of one is passed on, not by the clock either, not even of the first token', async () => {
    const bench = open({ stops: ['END OF'], windowMs: 5 });
    feed(bench, 'E');
    await sleep(30);
    expect(bench.text()).toBe('');
    feed(bench, 'ND', ' OR');
    await vi.waitFor(() => expect(bench.text()).toBe('END OR'));
    feed(bench, ' EN');
    await vi.waitFor(() => expect(bench.text()).toBe('END OR '));
    expect(bench.counts.stops).toBe(0);
  });

  test('a whole one ends the answer before it, once', () => {
    const bench = open({ stops: ['\n\n'] });
    feed(bench, 'One', ' line', '.\n', '\nTwo', ' three.');
    void bench.held.end();
    expect(bench.text()).toBe('One line.');
    expect(bench.counts.stops).toBe(1);
  });
});

describe('thinking', () => {
  const think = ({ held }: Bench, text: string): void => void held.push({ text, tokens: 1, thinking: true });

  test('passes at once, in mid-word, and is not taken for the first of the text', () => {
    const bench = open({ stops: ['hm'] });
    think(bench, ' h');
    think(bench, 'm');
    expect(bench.passed.map(({ text, thinking }) => [text, thinking])).toEqual([
      [' h', true],
      ['m', true],
    ]);
    feed(bench, 'On');
    expect(bench.passed.at(-1)).toEqual({ text: 'On', tokens: 1 });
    expect(bench.counts.stops).toBe(0);
  });

  test('ends the word before it, and not what may become a stop string', () => {
    const bench = open({ stops: ['END'] });
    feed(bench, 'Once', ' upon');
    think(bench, 'hm');
    expect(bench.passed.map(({ text }) => text)).toEqual(['Once', ' upon', 'hm']);
    feed(bench, ' a EN');
    think(bench, 'hm');
    expect(bench.passed.slice(3).map(({ text }) => text)).toEqual([' a', ' ', 'hm']);
    feed(bench, 'D of it');
    expect(bench.counts.stops).toBe(1);
    expect(bench.text()).not.toContain('EN');
  });
});
