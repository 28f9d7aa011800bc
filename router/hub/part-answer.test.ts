// What the edge of a part learns of its end: a whole answer's last word, and what an edge hears that asks.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TIMINGS } from '../../schema/timings.ts';
import type { FailRecord } from '../../schema/records.ts';
import { END, ended, event, openRunningPart } from '../test/open-part.ts';

const failOf = (code: FailRecord['code']): unknown[] => [expect.objectContaining({ code })];

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

describe('an answer that is not streamed', () => {
  test('leaves in one piece with its hub’s last word, and its edge hears meanwhile that the hub lives', async () => {
    const { part, readAny, say, told } = await openRunningPart({ stream: false });
    const first = readAny();
    say('a', 20);
    part.onTick(400);
    say('b', 500);
    part.onTick(1000);
    expect(await first).toEqual(['alive']);
    part.onEnd(ended('stop'), 1100);
    expect(await readAny()).toEqual([{ kind: 'end', end: END }]);
    expect(await readAny()).toBe('closed');
    expect(told).toEqual([]);
  });

  test('that breaks off brings what came of it, with the ids of its tokens, so that another home goes on', async () => {
    const { part, readAny } = await openRunningPart({ stream: false, hasIds: true, isResumable: true });
    part.onData({ events: event('hi'), tokens: 2, tokenIds: [4, 5] }, 20);
    part.onData({ events: event(' you'), tokens: 1, tokenIds: [6] }, 30);
    part.onLost(40);
    const fail = expect.objectContaining({ code: 'lost', delivered: expect.anything() });
    expect(await readAny()).toEqual([
      {
        kind: 'fail',
        fail,
        outputTokens: 3,
        thinkingTokens: 0,
        hasText: true,
        hasThinking: false,
        tokenIds: [4, 5, 6],
      },
    ]);
  });

  test('falls silent like any other', async () => {
    const { part, readAny, settled, say } = await openRunningPart({ stream: false });
    const reading = readAny();
    say('a', 100);
    part.onTick(1000);
    expect(await reading).toEqual(['alive']);
    void readAny();
    await new Promise((resolve) => setTimeout(resolve, 0));
    part.onTick(101 + TIMINGS.tokenMs);
    await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'failed-by-node' }]));
  });
});

describe('what an edge hears that asks', () => {
  test('is how the part broke off, with what the caller was given of it', async () => {
    const { part, read, say, think, told } = await openRunningPart({ isResumable: true });
    think('Hm', 20, 2);
    await read();
    part.onLost(30);
    expect(await read()).toEqual(failOf('lost'));
    const counts = { outputTokens: 2, thinkingTokens: 2, hasText: false, hasThinking: true };
    expect(told).toEqual([{ kind: 'fail', fail: expect.objectContaining({ code: 'lost' }), ...counts }]);
    say('late', 40);
    expect(await read()).toBe('closed');
  });

  test('is how it ended where it was too long to be read along', async () => {
    const short = await openRunningPart();
    short.say('a', 20);
    short.part.onEnd(ended('stop'), 30);
    const long = await openRunningPart();
    long.say('x'.repeat(130 * 1024), 20);
    long.part.onEnd(ended('stop'), 30);
    for (const { read } of [short, long]) {
      await read();
      expect(await read()).toEqual([END]);
    }
    expect(short.told).toEqual([]);
    expect(long.told).toEqual([{ kind: 'end', end: END }]);
  });
});
