// The settler's answers to challenges, on a chain of their own: what a root holds is answered in time, what it omits is told, and nothing is sent for nothing.
// Skipped, and said so, where anvil is not installed for this machine.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { makeEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { ACCEPTANCE } from '../../schema/receipt.ts';
import { ChallengeAnswers } from '../chain/challenge-answers.ts';
import type { AnswerOffers, SentAnswer } from '../chain/challenge-answers.ts';
import { makeAskChain } from '../chain/json-rpc.ts';
import type { AskChain } from '../chain/json-rpc.ts';
import { findAnvil } from '../local/test-chain.ts';
import { POLL } from './books.ts';
import { DAY, keyOf, plain, startBench, TOKEN } from './contract-bench.ts';
import type { Bench } from './contract-bench.ts';
import { acceptanceOf, leafOf } from './contract-samples.ts';

const CHAIN_ID = 31_337;

let bench: Bench;
let back: () => Promise<void>;
let ask: AskChain;
let file: EpochFile;
let now = 0;

describe.skipIf(findAnvil() === null)('on a chain', () => {
  beforeAll(async () => {
    bench = await startBench();
    ask = makeAskChain(bench.url);
    await bench.bond('holder', 'root', 100n * TOKEN);
    await bench.give('stranger', 10n);
    await bench.send('stranger', 'IroriToken', 'approve', [bench.contracts.Payouts.address, 10n * TOKEN]);
  });
  afterAll(async () => bench.stop());
  beforeEach(async () => {
    back = await bench.keep();
    await post([leafOf('node', 30n, { count: 3n }), leafOf('other', 7n)]);
  });
  afterEach(async () => back());

  async function post(leaves: EpochLeaf[]): Promise<void> {
    await bench.pass(DAY);
    const { epoch } = await bench.post(leaves, 50n);
    const domain = { chainId: CHAIN_ID, verifyingContract: bench.contracts.Payouts.address.toLowerCase() as Hex };
    file = makeEpochFile({ epoch, seconds: DAY, domain, previous: null, kept: [], leaves });
  }

  async function challenge(count: bigint, total: bigint): Promise<void> {
    const acceptance = acceptanceOf(count, total, file.epoch);
    const proof = plain(bench.sign('router', ACCEPTANCE, acceptance));
    await bench.send('stranger', 'Payouts', 'challenge', [acceptance, proof]);
  }

  const anvil = (method: string, ...params: unknown[]): Promise<unknown> => ask(method, ...params);
  const open = async (): Promise<number> => Number((await bench.read<readonly unknown[]>('Payouts', 'pending'))[3]);

  function makeOffers(): AnswerOffers {
    const kept = new Map<number, SentAnswer>();
    return {
      find: (nonce) => kept.get(nonce) ?? null,
      keep: (sent) => void kept.set(sent.nonce, sent),
      forgetBelow: (nonce) => kept.forEach((_, old) => void (old < nonce && kept.delete(old))),
    };
  }

  function makeAnswers(
    more: { ask?: AskChain; readFile?: () => Promise<EpochFile | null> } = {},
    offers = makeOffers(),
  ): ChallengeAnswers {
    return new ChallengeAnswers(offers, {
      ask,
      chainId: CHAIN_ID,
      contract: bench.contracts.Payouts.address.toLowerCase() as Hex,
      gasKey: fromHex(keyOf('other')),
      readFile: async (epoch) => (epoch === file.epoch ? file : null),
      now: () => now,
      ...more,
    });
  }

  test('all that a root holds is answered in one turn, and whoever answers has the deposits', async () => {
    const answers = makeAnswers();
    expect(await answers.tick()).toEqual({ open: 0, sent: 0, unanswerable: 0 });
    for (const [count, total] of [
      [1n, 10n],
      [2n, 20n],
      [3n, 30n],
    ] as const)
      await challenge(count, total);
    expect(await answers.tick()).toEqual({ open: 3, sent: 3, unanswerable: 0 });
    await expect.poll(open, POLL).toBe(0);
    expect(await bench.balanceOf('other')).toBe(3n * TOKEN);
    expect(await answers.tick()).toEqual({ open: 0, sent: 0, unanswerable: 0 });
    await bench.pass((DAY * 20) / 24);
    await bench.send('stranger', 'Payouts', 'finalise');
  });

  test('what a root omits is told and not answered, and keeps the others from nothing', async () => {
    await challenge(4n, 40n);
    await challenge(2n, 20n);
    const answers = makeAnswers();
    expect(await answers.tick()).toEqual({ open: 2, sent: 1, unanswerable: 1 });
    expect(await answers.tick()).toEqual({ open: 1, sent: 0, unanswerable: 1 });
    expect(await open()).toBe(1);
  });

  test('a file that is not there answers nothing, and is asked for again', async () => {
    await challenge(1n, 10n);
    expect(await makeAnswers({ readFile: async () => null }).tick()).toMatchObject({ sent: 0, unanswerable: 1 });
    await expect(makeAnswers({ readFile: async () => Promise.reject(new Error('D1 is away')) }).tick()).rejects.toThrow(
      'D1 is away',
    );
    expect(await makeAnswers().tick()).toMatchObject({ sent: 1 });
  });

  test('an answer that nobody confirmed is not sent twice, and one that is stuck goes again for a higher fee', async () => {
    await challenge(1n, 10n);
    const sent: unknown[] = [];
    const waiting = { is: true };
    const deaf: AskChain = async (method, ...params) => {
      if (method === 'eth_sendRawTransaction') {
        sent.push(params[0]);
        if (waiting.is) throw new Error('nothing was heard');
      }
      // As a node that has it waiting would say.
      if (method === 'eth_getTransactionCount' && params[1] === 'pending' && waiting.is)
        return `0x${(Number(await ask(method, params[0], 'latest')) + Math.min(1, sent.length)).toString(16)}`;
      return ask(method, ...params);
    };
    const answers = makeAnswers({ ask: deaf });
    expect(await answers.tick()).toMatchObject({ sent: 1 });
    expect(await answers.tick()).toMatchObject({ open: 1, sent: 0 });
    expect(sent).toHaveLength(1);
    now += 30_000;
    waiting.is = false;
    expect(await answers.tick()).toMatchObject({ sent: 1 });
    expect(new Set(sent).size).toBe(2);
    // The chain mines what it was sent a moment after it has taken it.
    await expect.poll(open, POLL).toBe(0);
  });

  test('answers that are stuck all go again for a higher fee, also after a restart', async () => {
    await challenge(1n, 10n);
    await challenge(2n, 20n);
    await anvil('evm_setAutomine', false);
    const offers = makeOffers();
    expect(await makeAnswers({}, offers).tick()).toMatchObject({ sent: 2 });
    await anvil('anvil_setNextBlockBaseFeePerGas', `0x${(20n * 10n ** 9n).toString(16)}`);
    await anvil('evm_mine');
    expect(await open()).toBe(2);
    expect(await makeAnswers({}, offers).tick()).toMatchObject({ open: 2 });
    expect(await open()).toBe(2);
    now += 30_000;
    expect(await makeAnswers({}, offers).tick()).toMatchObject({ open: 2, sent: 2 });
    await anvil('evm_mine');
    expect(await open()).toBe(0);
    await anvil('evm_setAutomine', true);
  });

  test('a node that takes nothing for long is offered no more each time, and the answer is in time all the same', async () => {
    await challenge(1n, 10n);
    const offered = new Set<unknown>();
    const isDeaf = { is: true };
    const answers = makeAnswers({
      ask: async (method, ...params) => {
        if (method !== 'eth_sendRawTransaction' || !isDeaf.is) return ask(method, ...params);
        offered.add(params[0]);
        throw new Error('nothing was heard');
      },
    });
    for (let i = 0; i < 40; i++) await answers.tick();
    expect(offered.size).toBe(1);
    for (let i = 0; i < 60; i++) {
      now += 30_000;
      await answers.tick();
    }
    isDeaf.is = false;
    await answers.tick();
    await expect.poll(open, POLL).toBe(0);
  });
});
