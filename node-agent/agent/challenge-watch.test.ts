import { expect, test } from 'vitest';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { collectLog } from '../test/collect-log.ts';
import { ChallengeWatch } from './challenge-watch.ts';

const QUIET = { do: 'nothing', why: 'held', epoch: 7, sentence: 'All is there.', transaction: null, again_in_s: 9000 };

function open(...answers: Result<unknown, string>[]): { watch: ChallengeWatch; lines: readonly string[] } {
  const { log, lines } = collectLog();
  const look = (): Promise<Result<unknown, string>> => Promise.resolve(answers.shift() ?? err('nothing more'));
  return { watch: new ChallengeWatch({ look, log, random: () => 0, retryMs: 60_000, mostMs: 3_600_000 }), lines };
}

test('it looks again when the command says, and within an hour', async () => {
  const { watch, lines } = open(ok(QUIET), ok({ ...QUIET, again_in_s: 12 }), ok({ ...QUIET, again_in_s: 0 }));
  expect([await watch.look(), await watch.look(), await watch.look()]).toEqual([3_600_000, 12_000, 1000]);
  expect(lines).toEqual([]);
});

test('what was sent is told to the owner, and so is what came too late', async () => {
  const sent = {
    ...QUIET,
    do: 'challenge',
    why: null,
    transaction: '0xabc',
    sentence: 'The root leaves this home out.',
  };
  const { watch, lines } = open(ok(sent), ok({ ...QUIET, why: 'late' }));
  await watch.look();
  await watch.look();
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/left this home out of an epoch.*The root leaves this home out\..*0xabc/);
});

test('a look that fails is told once, and tried again', async () => {
  const { watch, lines } = open(err('The chain is away.'), err('The chain is away.'), ok({}), ok(QUIET));
  expect([await watch.look(), await watch.look()]).toEqual([60_000, 60_000]);
  expect(lines).toEqual([expect.stringContaining('The chain is away.')]);
  await watch.look();
  expect(lines).toHaveLength(2);
});
