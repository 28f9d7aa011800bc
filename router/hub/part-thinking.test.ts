// A part whose home thinks: what is settled where it breaks off.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openRunningPart, writer } from '../test/open-part.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

test('a home that has only thought is interrupted: another may begin anew', async () => {
  const { part, settled, think } = await openRunningPart({ isResumable: true });
  think('Hm', 20, 3);
  part.onLost(30);
  await vi.waitFor(() =>
    expect(settled).toMatchObject([{ outcome: 'interrupted-by-node', frameTokens: 3, frameThinkingTokens: 3 }]),
  );
});

test('a home that has thought and begun its text has failed: nobody else has its thoughts', async () => {
  const { part, settled, read, think, say } = await openRunningPart({ isResumable: true });
  think('Hm', 20, 3);
  say('a', 25);
  part.onLost(30);
  expect(await read()).toEqual([writer.thinking('Hm') + writer.content('a')]);
  expect(await read()).toMatchObject([{ code: 'lost', delivered: null }]);
  expect(settled).toMatchObject([{ outcome: 'failed-by-node', frameTokens: 4, frameThinkingTokens: 3 }]);
});

test('nor does anybody go on with a text that a second home began to think over', async () => {
  const resume = { text: 'so', tokenIds: null, count: 1, digest: 'd', least: 'same-model' } as const;
  const { part, settled, think } = await openRunningPart({ isResumable: true, resume });
  think('Hm', 20);
  part.onLost(30);
  await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'failed-by-node' }]));
});
