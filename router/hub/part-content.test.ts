// What a part takes from what its home says, and what its home cannot do by saying it.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TIMINGS } from '../../schema/timings.ts';
import { forgeEvents } from '../test/forge-events.ts';
import { bytesOf, END, MAX_TOKENS, openRunningPart, ended, writer } from '../test/open-part.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

describe('a frame that is not of the form', () => {
  const forgeries = forgeEvents({ id: 'c', created: 1, model: 'm' });

  test.each(forgeries.map((one) => [one.name, one] as const))(
    '%s: the home is stopped and blamed, and nothing of it is relayed or counted',
    async (_, one) => {
      const { part, sent, settled, doors, read, say } = await openRunningPart({ isResumable: true });
      say('so far', 20, 2);
      await read();
      part.onData({ events: one.events, tokens: 100, tokenIds: null, isThinking: one.isThinking === true }, 30);
      part.flush(30);
      expect(await read()).toMatchObject([{ code: 'protocol' }]);
      expect(await read()).toBe('closed');
      expect(sent).toEqual(['cancel {"reason":"fault"} of 7']);
      expect(doors.onBroken).toHaveBeenCalledWith('protocol', 30);
      expect(settled).toMatchObject([{ outcome: 'interrupted-by-node', frameTokens: 2, content: { most: 6 } }]);
    },
  );
});

describe('tokens that a home claims', () => {
  test('count for its edge as far as its characters can bear them', async () => {
    const { part, say, readTokens } = await openRunningPart({ isResumable: true, hasIds: true });
    say('a', 20, MAX_TOKENS);
    say('bc', 30, 0);
    say(' hearths are warm', 40, 9);
    expect(await readTokens()).toEqual({ tokens: 20, ids: null });
    part.onEnd(ended('stop'), 50);
  });

  test('take their ids along only where they are believed', async () => {
    const { part, readTokens } = await openRunningPart({ isResumable: true, hasIds: true });
    const tell = (tokenIds: number[], now: number): void => {
      part.onData({ events: bytesOf(writer.content('hi')), tokens: tokenIds.length, tokenIds }, now);
      part.flush(30);
    };
    tell([1, 2], 20);
    expect(await readTokens()).toEqual({ tokens: 2, ids: [1, 2] });
    tell([3, 4, 5, 6, 7], 30);
    expect(await readTokens()).toEqual({ tokens: 2, ids: null });
  });
});

describe('an answer that has all the tokens that it may have', () => {
  test('ends there well, however much its home goes on, and its home signs for all that it sent', async () => {
    const { part, sent, settled, read, say } = await openRunningPart();
    for (let i = 0; i < MAX_TOKENS; i++) say(' word', 20 + i);
    expect(sent).toEqual([]);
    say(' more', 300);
    expect(sent).toEqual(['cancel {"reason":"watchdog"} of 7']);
    say(' and more', 310, 50);
    expect(settled).toEqual([]);
    part.onEnd(ended('cancelled'), 320);
    expect(await read()).toEqual([writer.content(' word').repeat(MAX_TOKENS)]);
    expect(await read()).toEqual([END]);
    expect(settled).toMatchObject([{ outcome: 'complete', finish: 'length', frameTokens: MAX_TOKENS, lateTokens: 0 }]);
    const whole = await openRunningPart();
    for (let i = 0; i < MAX_TOKENS; i++) whole.say(' word', 20, 0);
    for (const text of [' more', ' and more']) whole.say(text, 20, 0);
    whole.part.onEnd(ended('stop'), 30);
    await vi.waitFor(() => expect(whole.settled).toHaveLength(1));
    expect(settled[0]?.responseHash).toBe(whole.settled[0]?.responseHash);
  });

  test('ends well without a receipt too', async () => {
    const [silent, lost, faulty] = [await openRunningPart(), await openRunningPart(), await openRunningPart()];
    for (const { say } of [silent, lost, faulty]) for (let i = 0; i <= MAX_TOKENS; i++) say(' word', 20);
    silent.part.onTick(21 + TIMINGS.endMs);
    lost.part.onLost(30);
    faulty.part.onFault({ code: 'internal', work: null }, 30);
    for (const { read, settled, doors } of [silent, lost, faulty]) {
      await read();
      expect(await read()).toEqual([END]);
      expect(settled).toMatchObject([{ outcome: 'complete', finish: 'length' }]);
      expect(doors.onBroken).not.toHaveBeenCalled();
    }
  });

  test('by our own count where its home claims none, with room for tokenizers that differ', async () => {
    const { sent, say } = await openRunningPart();
    let words = 0;
    for (; sent.length === 0 && words < 1000; words++) say(' word', 20, 0);
    expect(words).toBeGreaterThan(1.25 * MAX_TOKENS + 32);
    expect(words).toBeLessThan(1.5 * MAX_TOKENS + 32);
  });

  test('by the exact count where the tokenizer is known, at any length', async () => {
    const { sent, say, settled, part } = await openRunningPart({ tokenizer: 'nano' });
    for (let i = 0; i < 200 && sent.length === 0; i++) say(' hearths'.repeat(10), 20, 0);
    expect(sent).toEqual(['cancel {"reason":"watchdog"} of 7']);
    part.onEnd(ended('cancelled'), 30);
    await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'complete', finish: 'length' }]));
    expect(settled[0]?.content.exact).toBeGreaterThan(MAX_TOKENS);
  });

  test.each([
    ['text', false],
    ['thinking', true],
  ])('a frame of %s that goes beyond it is relayed to nobody, and counts for nothing', async (_, isThinking) => {
    const { part, sent, settled, say } = await openRunningPart({ tokenizer: 'nano' });
    say('h', 20);
    const write = isThinking ? writer.thinking : writer.content;
    part.onData({ events: bytesOf(write(' hearths'.repeat(1000))), tokens: 0, tokenIds: null, isThinking }, 30);
    expect(sent).toEqual(['cancel {"reason":"watchdog"} of 7']);
    part.onEnd(ended('length'), 40);
    await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'complete', finish: 'length' }]));
    expect(settled[0]?.content).toMatchObject({ exact: 1, exactThinking: 0 });
  });

  test('a last piece that claims nothing more is still relayed: long pieces come in several frames', async () => {
    const { sent, say, read } = await openRunningPart();
    say(' word'.repeat(MAX_TOKENS), 20, MAX_TOKENS);
    say(' tail', 30, 0);
    expect(sent).toEqual([]);
    expect(await read()).toEqual([writer.content(' word'.repeat(MAX_TOKENS)) + writer.content(' tail')]);
  });
});

describe('white space and what cannot be seen', () => {
  test.each([' ', '\n', '\u200b', '\ufeff'])('%j keeps nobody waiting: before the first word', async (blank) => {
    const { part, say, read, doors, sent } = await openRunningPart();
    for (let now = 1000; sent.length === 0 && now <= 60_000; now += 1000) {
      say(blank, now);
      await read();
      part.onTick(now + 500);
    }
    expect(doors.onFirstToken).not.toHaveBeenCalled();
    expect(await read()).toMatchObject([{ code: 'token-timeout' }]);
    expect(doors.onBroken).toHaveBeenCalledTimes(1);
    expect(vi.mocked(doors.onBroken).mock.calls[0]?.[1]).toBeLessThanOrEqual(
      1000 + TIMINGS.tokenMs + TIMINGS.firstTokenMs,
    );
  });

  test('nor between words', async () => {
    const { part, say, read, sent, doors } = await openRunningPart();
    say('word', 100);
    await read();
    for (let now = 1000; sent.length === 0 && now <= 120_000; now += 1000) {
      say(' ', now);
      await read();
      part.onTick(now + 500);
    }
    expect(vi.mocked(doors.onBroken).mock.calls[0]?.[1]).toBeLessThanOrEqual(2 * TIMINGS.tokenMs + 2000);
  });

  test('as much of it as a model writes is part of an answer like its words', async () => {
    const { part, say, read, doors, settled } = await openRunningPart();
    say('\n\n', 100);
    say('if x:', 110);
    await read();
    for (let now = 1000; now <= TIMINGS.tokenMs; now += 1000) {
      say('\n    ', now);
      await read();
      part.onTick(now + 500);
    }
    say('done', TIMINGS.tokenMs + 1000);
    part.onEnd(ended('stop'), TIMINGS.tokenMs + 2000);
    await read();
    expect(await read()).toEqual([END]);
    expect(doors.onFirstToken).toHaveBeenCalledExactlyOnceWith(110, 1);
    expect(settled).toMatchObject([{ outcome: 'complete', ttftMs: 100 }]);
  });
});
