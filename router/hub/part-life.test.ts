// A part whose home says `alive`: how long it is waited for, and what its edge hears meanwhile.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  END,
  MAX_FIRST_TOKEN_MS,
  MAX_SILENCE_MS,
  openPart,
  openRunningPart,
  ended,
  writer,
} from '../test/open-part.ts';
import { encodeEmptyChunk } from '../../schema/chunks.ts';
import { TIMINGS } from '../../schema/timings.ts';
import type { FailRecord } from '../../schema/records.ts';

const failOf = (code: FailRecord['code']): unknown[] => [expect.objectContaining({ code })];

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

describe('a home that tells that it lives', () => {
  type Running = Awaited<ReturnType<typeof openRunningPart>>;
  /** Ticks and signs of life, one after the other, up to `until`. */
  const live = ({ part }: Running, from: number, until: number): void => {
    for (let now = from; now <= until; now += 1000) {
      part.onAlive(now);
      part.onTick(now);
    }
  };

  test('is waited for far beyond the old limits, before the first token and between tokens', async () => {
    const running = await openRunningPart();
    live(running, 1000, MAX_FIRST_TOKEN_MS - 1000);
    running.say('a', MAX_FIRST_TOKEN_MS - 500);
    expect(await running.read()).toEqual([writer.content('a')]);
    live(running, MAX_FIRST_TOKEN_MS, MAX_FIRST_TOKEN_MS + MAX_SILENCE_MS - 1000);
    running.say('b', MAX_FIRST_TOKEN_MS + MAX_SILENCE_MS - 600);
    running.part.onEnd(ended('stop'), 300_000);
    expect(await running.read()).toEqual([writer.content('b')]);
    expect(await running.read()).toEqual([END]);
    expect(running.doors.onBroken).not.toHaveBeenCalled();
  });

  test('and then says nothing at all is lost after a few seconds, by its own doing', async () => {
    const { part, doors, sent, settled, read } = await openRunningPart();
    part.onAlive(1000);
    part.onTick(1000 + TIMINGS.aliveMs);
    expect(sent).toEqual([]);
    part.onTick(1001 + TIMINGS.aliveMs);
    expect(await read()).toEqual(failOf('lost'));
    expect(sent).toEqual(['cancel {"reason":"watchdog"} of 7']);
    expect(doors.onBroken).toHaveBeenCalledWith('lost', 1001 + TIMINGS.aliveMs);
    expect(settled).toMatchObject([{ outcome: 'failed-before-token' }]);
  });

  test('is not lost while tokens flow, which need no telling', async () => {
    const { part, settled, read, say } = await openRunningPart();
    part.onAlive(1000);
    for (let now = 4000; now <= 40_000; now += 3000) {
      say('a', now);
      await read();
      part.onTick(now + 2900);
    }
    expect(settled).toEqual([]);
  });

  test('before its first token is given up at the caller’s limit, and nobody is to blame', async () => {
    const running = await openRunningPart({ isResumable: true });
    live(running, 1000, MAX_FIRST_TOKEN_MS);
    expect(running.sent).toEqual([]);
    live(running, MAX_FIRST_TOKEN_MS + 1, MAX_FIRST_TOKEN_MS + 2);
    expect(await running.read()).toEqual([expect.objectContaining({ code: 'slow', delivered: null })]);
    expect(running.sent).toEqual(['cancel {"reason":"watchdog"} of 7']);
    expect(running.settled).toMatchObject([{ outcome: 'failed-before-token' }]);
    expect(running.doors.onBroken).not.toHaveBeenCalled();
    expect(running.doors.onDone).toHaveBeenCalledTimes(1);
  });

  test('between tokens is given up at the limit too, and nobody goes on', async () => {
    const running = await openRunningPart({ isResumable: true });
    running.say('a', 500);
    await running.read();
    live(running, 1000, 500 + MAX_SILENCE_MS);
    expect(running.sent).toEqual([]);
    live(running, 501 + MAX_SILENCE_MS, 501 + MAX_SILENCE_MS);
    expect(await running.read()).toEqual([expect.objectContaining({ code: 'slow', delivered: null })]);
    expect(running.settled).toMatchObject([{ outcome: 'failed-by-network', frameTokens: 1 }]);
    expect(running.doors.onBroken).not.toHaveBeenCalled();
  });

  test('says nothing before its head and after its end', async () => {
    const { part, doors } = openPart();
    part.onAlive(500);
    part.onTick(TIMINGS.headMs + 1);
    expect(await part.answer).toMatchObject({ code: 'silent' });
    part.onAlive(TIMINGS.headMs + 2);
    part.onTick(TIMINGS.headMs + 3);
    expect(doors.onDone).toHaveBeenCalledTimes(1);
  });

  test('an edge that waits is written a line about twice a second, whatever the home says, and an event that says nothing behind it', async () => {
    const { part, readAny, say } = await openRunningPart();
    const hears = vi.fn();
    const waiting = readAny().finally(hears);
    await Promise.resolve();
    part.onTick(900);
    await Promise.resolve();
    expect(hears).not.toHaveBeenCalled();
    part.onTick(1000);
    expect(await waiting).toEqual(['alive']);
    const more = readAny();
    part.onTick(1400);
    say('a', 1450);
    const empty = new TextDecoder().decode(encodeEmptyChunk({ id: 'c', created: 1, model: 'm' }));
    expect(await more).toEqual([empty + writer.content('a')]);
    const next = readAny();
    say('b', 1500);
    expect(await next).toEqual([writer.content('b')]);
  });

  test('one that does not read is written nothing: what it reads next is the answer', async () => {
    const { part, readAny, say } = await openRunningPart();
    for (let now = 1000; now <= 9000; now += 250) part.onTick(now);
    say('a', 9100);
    expect(await readAny()).toEqual([writer.content('a')]);
  });
});
