import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { INITIAL_CREDIT_BYTES } from '../../schema/frames.ts';
import type { Refusal } from '../../schema/frames-to-hub.ts';
import { bytesOf, END, event, EXPIRES_AT, openPart, openRunningPart, ended, writer } from '../test/open-part.ts';
import { TIMINGS } from '../../schema/timings.ts';
import type { EndRecord, FailRecord } from '../../schema/records.ts';

const failOf = (code: FailRecord['code']): unknown[] => [expect.objectContaining({ code })];

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

describe('before the head', () => {
  test('a home that says nothing for a second is left, and told to stop', async () => {
    const { part, doors, sent, settled } = openPart();
    part.onTick(TIMINGS.headMs);
    expect(doors.onDone).not.toHaveBeenCalled();
    part.onTick(TIMINGS.headMs + 1);
    expect(await part.answer).toMatchObject({
      code: 'silent',
      nodeId: 'node_1',
      message: 'the home did not answer',
      param: null,
    });
    expect(sent).toEqual(['cancel {"reason":"watchdog"} of 7']);
    expect(doors.onDone).toHaveBeenCalledTimes(1);
    expect(doors.onRefused).toHaveBeenCalledTimes(1);
    expect(settled).toEqual([]);
  });

  test.each<[Refusal['code'], string]>([
    ['busy', 'busy'],
    ['bad-request', 'bad-request'],
    ['cold', 'refused'],
    ['unfit', 'refused'],
    ['paused', 'refused'],
    ['bad-ticket', 'refused'],
  ])('a home that refuses with %s is told to the edge as %s', async (code, told) => {
    const { part, doors, settled } = openPart();
    part.onRefuse({ code, message: 'why', param: 'stop' });
    const message = code === 'bad-request' ? 'The home refused the request: "why".' : 'why';
    expect(await part.answer).toMatchObject({ code: told, nodeId: 'node_1', message, param: 'stop' });
    expect(doors.onDone).toHaveBeenCalledTimes(1);
    expect(doors.onRefused).toHaveBeenCalledTimes(1);
    expect(settled).toEqual([]);
  });

  test('a socket that closes, a fault and a caller who leaves owe nothing', async () => {
    const [lost, faulty, left] = [openPart(), openPart(), openPart()];
    lost.part.onLost(5);
    faulty.part.onFault({ code: 'internal', work: null }, 5);
    left.part.leave();
    expect(await lost.part.answer).toMatchObject({ code: 'silent' });
    expect(await faulty.part.answer).toMatchObject({ code: 'refused' });
    expect(await left.part.answer).toMatchObject({ code: 'refused' });
    expect(left.sent).toEqual(['cancel {"reason":"caller"} of 7']);
    for (const { doors, settled } of [lost, faulty, left]) {
      expect(doors.onRefused).toHaveBeenCalledTimes(1);
      expect(doors.onDone).toHaveBeenCalledTimes(1);
      expect(settled).toEqual([]);
    }
  });

  test('data before the head is no answer: the home is stopped and left', async () => {
    const { part, sent } = openPart();
    part.onData({ events: event('x'), tokens: 1, tokenIds: null }, 5);
    expect(await part.answer).toMatchObject({ code: 'refused', nodeId: 'node_1' });
    expect(sent).toEqual(['cancel {"reason":"fault"} of 7']);
  });

  test('a head that comes too late changes nothing', async () => {
    const { part, doors } = openPart();
    part.onTick(TIMINGS.headMs + 1);
    part.onHead(TIMINGS.headMs + 2);
    part.onEnd(ended('stop'), TIMINGS.headMs + 3);
    expect(await part.answer).toMatchObject({ code: 'silent' });
    expect(doors.onDone).toHaveBeenCalledTimes(1);
  });
});

describe('an answer', () => {
  test('its events are relayed as they came, then what was charged', async () => {
    const { part, doors, settled, read, say } = await openRunningPart();
    say('a', 30);
    expect(await read()).toEqual([writer.content('a')]);
    say('b', 40, 4);
    part.onEnd(ended('stop'), 50);
    expect(await read()).toEqual([writer.content('b')]);
    expect(await read()).toEqual([END]);
    expect(await read()).toBe('closed');
    expect(doors.onDone).toHaveBeenCalledTimes(1);
    expect(doors.onRefused).not.toHaveBeenCalled();
    expect(settled).toEqual([
      {
        outcome: 'complete',
        finish: 'stop',
        frameTokens: 5,
        frameThinkingTokens: 0,
        lateTokens: 0,
        content: { exact: null, most: 2, exactThinking: null, mostThinking: 0 },
        responseHash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        work: ended('stop').work,
        ttftMs: 30,
        durationMs: 50,
      },
    ]);
  });

  test('an answer that the engine filtered is complete, and told apart from a stop', async () => {
    const { part, say, settled } = await openRunningPart();
    say('a', 20);
    part.onEnd({ ...ended('stop'), finish: 'content_filter' }, 30);
    await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'complete', finish: 'content_filter' }]));
  });

  test('an answer at its limit and an answer without a token are complete', async () => {
    const long = await openRunningPart();
    long.say('a', 20);
    long.part.onEnd(ended('length'), 30);
    const empty = await openRunningPart();
    empty.part.onEnd(ended('stop'), 30);
    expect(await empty.read()).toEqual([END]);
    await vi.waitFor(() => expect(long.settled).toMatchObject([{ outcome: 'complete', finish: 'length' }]));
    expect(empty.settled).toMatchObject([{ outcome: 'complete', finish: 'stop', ttftMs: null, frameTokens: 0 }]);
  });

  test('the last events wait until the settlement is kept', async () => {
    let keep: (end: EndRecord) => void = () => undefined;
    const { part, doors, settled, read } = await openRunningPart({
      settle: () => new Promise((resolve) => void (keep = resolve)),
    });
    part.onEnd(ended('stop'), 20);
    expect(doors.onDone).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(settled).toHaveLength(1));
    const end = read();
    expect(await Promise.race([end, new Promise((resolve) => setTimeout(() => resolve('nothing yet'), 5))])).toBe(
      'nothing yet',
    );
    keep(END);
    expect(await end).toEqual([END]);
  });

  test('a settlement that cannot be kept is no answer that ended well', async () => {
    const { part, read, say } = await openRunningPart({ settle: () => Promise.reject(new Error('disk')) });
    say('a', 20);
    part.onEnd(ended('stop'), 30);
    await read();
    expect(await read()).toEqual(failOf('lost'));
    expect(await read()).toBe('closed');
  });

  test('a small event does not hold the large message it came in', async () => {
    const { part, read } = await openRunningPart();
    const message = new Uint8Array(1024 * 1024);
    message.set(event('a'), 5);
    part.onData({ events: message.subarray(5, 5 + event('a').length), tokens: 1, tokenIds: null }, 20);
    message.fill(0);
    part.flush(30);
    expect(await read()).toEqual([writer.content('a')]);
  });
});

describe('watchdogs', () => {
  test('a first token that does not come leaves the job to another home', async () => {
    const { part, doors, sent, settled, read } = await openRunningPart();
    part.onTick(10 + TIMINGS.firstTokenMs);
    expect(sent).toEqual([]);
    part.onTick(11 + TIMINGS.firstTokenMs);
    expect(await read()).toEqual(failOf('first-token-timeout'));
    expect(sent).toEqual(['cancel {"reason":"watchdog"} of 7']);
    expect(settled).toMatchObject([{ outcome: 'failed-before-token' }]);
    expect(doors.onDone).toHaveBeenCalledTimes(1);
  });

  test('a home that falls silent between tokens failed', async () => {
    const { part, settled, read, say } = await openRunningPart();
    say('a', 100);
    await read();
    part.onTick(100 + TIMINGS.tokenMs);
    expect(settled).toEqual([]);
    part.onTick(101 + TIMINGS.tokenMs);
    expect(await read()).toEqual(failOf('token-timeout'));
    expect(settled).toMatchObject([{ outcome: 'failed-by-node', frameTokens: 1, ttftMs: 100 }]);
  });

  test('while the edge does not read, silence is not the home’s; it counts anew once all was read', async () => {
    const { part, settled, read, say } = await openRunningPart();
    say('a', 100);
    await read();
    say('b', 150);
    const stalledUntil = 5 * TIMINGS.tokenMs;
    for (let now = 250; now <= stalledUntil; now += 250) part.onTick(now);
    await read();
    part.onTick(stalledUntil + 250);
    part.onTick(stalledUntil + TIMINGS.tokenMs);
    expect(settled).toEqual([]);
    part.onTick(stalledUntil + TIMINGS.tokenMs + 1);
    expect(await read()).toEqual(failOf('token-timeout'));
  });

  test.each([
    [true, 'cut-off'],
    [false, 'failed-by-network'],
  ])(
    'a job that outlives its ticket is broken off; who reads along (%s) has had what came: %s',
    async (stream, outcome) => {
      const { part, sent, settled, say } = await openRunningPart({ stream });
      say('a', EXPIRES_AT - 10);
      part.onTick(EXPIRES_AT - 1);
      expect(settled).toEqual([]);
      part.onTick(EXPIRES_AT);
      await vi.waitFor(() => expect(settled).toMatchObject([{ outcome }]));
      expect(sent).toEqual(['cancel {"reason":"watchdog"} of 7']);
    },
  );
});

describe('faults', () => {
  test('before the first token nothing is owed', async () => {
    const { part, settled, read } = await openRunningPart();
    part.onFault({ code: 'internal', work: null }, 20);
    expect(await read()).toEqual(failOf('fault'));
    expect(settled).toMatchObject([{ outcome: 'failed-before-token', ttftMs: null }]);
  });

  test('after it the home failed, and its receipt stands', async () => {
    const { part, settled, read, say } = await openRunningPart();
    say('a', 20);
    part.onFault({ code: 'internal', work: ended('error').work }, 30);
    expect(await read()).toEqual([writer.content('a')]);
    expect(await read()).toEqual(failOf('fault'));
    expect(settled).toMatchObject([{ outcome: 'failed-by-node', work: ended('error').work }]);
  });

  test.each(['context', 'bad-request'] as const)(
    '%s before a token is the request’s, after one it is the home’s',
    async (code) => {
      const before = await openRunningPart();
      before.part.onFault({ code, work: null }, 20);
      expect(await before.read()).toEqual(failOf(code));
      const after = await openRunningPart();
      after.say('a', 20);
      after.part.onFault({ code, work: null }, 30);
      await after.read();
      expect(await after.read()).toEqual(failOf(code === 'context' ? code : 'fault'));
      expect(after.settled).toMatchObject([{ outcome: 'failed-by-node' }]);
      for (const { doors } of [before, after]) expect(doors.onBroken).not.toHaveBeenCalled();
    },
  );

  test('a home whose owner came back is not at fault', async () => {
    const { part, settled, read, say } = await openRunningPart();
    say('a', 20);
    part.onEnd(ended('preempted'), 30);
    await read();
    expect(await read()).toEqual([
      { code: 'preempted', message: 'the home was taken back by its owner', delivered: null },
    ]);
    expect(settled).toMatchObject([{ outcome: 'failed-by-network', work: ended('preempted').work }]);
  });

  test('a part that another home may go on with is settled as interrupted, and its edge hears what was delivered', async () => {
    const { part, settled, read, say } = await openRunningPart({ isResumable: true });
    say('a', 20);
    part.onEnd(ended('preempted'), 30);
    await read();
    const { promptTokens, outputTokens, thinkingTokens, bill } = END;
    expect(await read()).toEqual([
      {
        code: 'preempted',
        message: 'the home was taken back by its owner',
        delivered: { promptTokens, outputTokens, thinkingTokens, bill, energy: null },
      },
    ]);
    expect(settled).toMatchObject([{ outcome: 'interrupted-by-network' }]);
  });

  test('a home that is lost while another may go on is at fault for the interruption', async () => {
    const { part, settled, say } = await openRunningPart({ isResumable: true });
    say('a', 20);
    part.onLost(30);
    await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'interrupted-by-node' }]));
  });

  test('before the first token nothing is interrupted, and a job whose time is over goes on nowhere', async () => {
    const [early, late] = [await openRunningPart({ isResumable: true }), await openRunningPart({ isResumable: true })];
    early.part.onLost(20);
    late.say('a', 20);
    late.part.onTick(EXPIRES_AT);
    await vi.waitFor(() => expect(early.settled).toMatchObject([{ outcome: 'failed-before-token' }]));
    await vi.waitFor(() => expect(late.settled).toMatchObject([{ outcome: 'cut-off' }]));
  });

  test.each(['error', 'cancelled'] as const)(
    'an end of %s that no one asked for is the home’s fault',
    async (finish) => {
      const { part, settled, say } = await openRunningPart();
      say('a', 20);
      part.onEnd(ended(finish), 30);
      await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'failed-by-node' }]));
    },
  );

  test('a socket that closes: before a token nothing is owed, after one the home failed', async () => {
    const before = await openRunningPart();
    before.part.onLost(20);
    expect(await before.read()).toEqual(failOf('lost'));
    const after = await openRunningPart();
    after.say('a', 20);
    after.part.onLost(30);
    after.part.onEnd(ended('stop'), 40);
    await after.read();
    expect(await after.read()).toEqual(failOf('lost'));
    expect(await after.read()).toBe('closed');
    expect(before.settled).toMatchObject([{ outcome: 'failed-before-token' }]);
    expect(after.settled).toMatchObject([{ outcome: 'failed-by-node', durationMs: 30 }]);
  });
});

describe('what is not a stream', () => {
  const bad: [string, Uint8Array][] = [
    ['no event', bytesOf('hello, this is text\n\n')],
    ['half an event', bytesOf('data: {"half":')],
    ['an event without its empty line', bytesOf('data: {"x":1}\n')],
    ['nothing', new Uint8Array(0)],
    ['an empty event', bytesOf('data: \n\n')],
  ];
  test.each(bad)('%s breaks the part off', async (_, events) => {
    const { part, sent, settled, read, say } = await openRunningPart();
    say('a', 20);
    await read();
    part.onData({ events, tokens: 1, tokenIds: null }, 30);
    say('b', 40);
    expect(await read()).toEqual(failOf('protocol'));
    expect(await read()).toBe('closed');
    expect(sent).toEqual(['cancel {"reason":"fault"} of 7']);
    expect(settled).toMatchObject([{ outcome: 'failed-by-node', frameTokens: 1, durationMs: 30 }]);
  });

  test('a frame that cannot be read breaks the part off', async () => {
    const { part, settled, read } = await openRunningPart();
    part.onUnreadable(20);
    expect(await read()).toEqual(failOf('protocol'));
    expect(settled).toMatchObject([{ outcome: 'failed-before-token' }]);
  });

  test('a home may send its credit and not a byte more', async () => {
    const { part, sent, settled, say } = await openRunningPart();
    const size = event('').length;
    say('x'.repeat(INITIAL_CREDIT_BYTES - size), 20);
    expect(sent).toEqual([]);
    say('y', 30);
    expect(sent).toEqual(['cancel {"reason":"fault"} of 7']);
    await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'failed-by-node', frameTokens: 1 }]));
    expect(part.number).toBe(7);
  });

  test('what the edge reads is credit again', async () => {
    const { sent, read, say } = await openRunningPart();
    const size = 100_000 + event('').length;
    for (let round = 0; round < 6; round++) {
      say('x'.repeat(100_000), 20);
      await read();
      expect(sent).toHaveLength(round + 1);
      expect(sent.at(-1)).toBe(`credit ${size} of 7`);
    }
  });

  test('an answer far longer than its tokens could need is broken off', async () => {
    const { sent, settled, read, say } = await openRunningPart();
    for (let round = 0; round < 13; round++) {
      say('x'.repeat(100_000), 20);
      await read();
    }
    expect(sent.at(-1)).toBe('cancel {"reason":"fault"} of 7');
    await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'failed-by-node' }]));
  });
});
