// What a home's fault means for its part: what the edge is told, and whether it speaks against the home.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openPart, openRunningPart } from '../test/open-part.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

test.each([
  ['internal', 'fault'],
  ['unreachable', 'unreachable'],
  ['busy', null],
])('a fault %s is told to the hub as %s', async (code, blame) => {
  const [running, offered] = [await openRunningPart(), openPart()];
  running.part.onFault({ code, work: null }, 20);
  offered.part.onFault({ code, work: null }, 20);
  for (const { doors } of [running, offered])
    expect(vi.mocked(doors.onBroken).mock.calls).toEqual(blame === null ? [] : [[blame, 20]]);
  expect(await offered.part.answer).toMatchObject({ code: code === 'busy' ? 'busy' : 'refused' });
});

test('what the server said travels cleaned, with the numbers of a prompt that is too long', async () => {
  const { part, read } = await openRunningPart();
  const message = 'too long for http://10.0.0.1/v1';
  part.onFault({ code: 'context', message, promptTokens: 9001, contextTokens: 2048, work: null }, 20);
  const numbers = { promptTokens: 9001, contextTokens: 2048 };
  expect(await read()).toEqual([expect.objectContaining({ code: 'context', reason: 'too long for …', ...numbers })]);
});

test('a request that is refused before the head is told as one that was refused after it', async () => {
  const { part, doors } = openPart();
  part.onFault({ code: 'bad-request', message: 'roles must alternate', work: null }, 20);
  expect(await part.answer).toBeInstanceOf(Response);
  expect(doors.onBroken).not.toHaveBeenCalled();
});

test('of a busy server the edge hears how long it is so, unless other jobs of ours keep it so', async () => {
  const [alone, among, begun] = [await openRunningPart(), await openRunningPart(), await openRunningPart()];
  vi.mocked(among.doors.onHeld).mockReturnValue(false);
  begun.say('a', 10);
  await begun.read();
  for (const { part } of [alone, among, begun]) part.onFault({ code: 'busy', retryMs: 7000, work: null }, 20);
  expect(await alone.read()).toEqual([expect.objectContaining({ code: 'busy', retryMs: 7000 })]);
  expect(await among.read()).toEqual([expect.not.objectContaining({ retryMs: expect.anything() })]);
  expect(await begun.read()).toEqual([expect.objectContaining({ code: 'fault' })]);
  for (const { doors } of [alone, among, begun]) expect(doors.onHeld).toHaveBeenCalledWith(7000);
});
