// The vote, end to end: bonded tokens move the fee by the agent's command, the router reads it from the chain, and charges it from the epoch on that the
// vote has named; a page tells all of it in words. Skipped, and said so, where anvil is not installed for this machine.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runVote } from '../../node-agent/commands/vote.ts';
import type { Hex } from '../../schema/bytes.ts';
import { epochOf } from '../../schema/epoch.ts';
import { splitCharge } from '../../schema/prices.ts';
import { findAnvil } from '../local/test-chain.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import { Books } from './books.ts';
import { openChainHome } from './chain-home.ts';
import type { ChainHome, Ran } from './chain-home.ts';
import { startChainStack } from './chain-stack.ts';
import type { ChainStack } from './chain-stack.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import type { TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const SECONDS = 60;
/** The chain is so far behind, s, that two votes are over, and the first one's epoch has come, before it is at the present. */
const BEHIND = 30 * SECONDS;
const GRANTED = 10_000_000;
/** 7 prompt tokens and 20 of output. */
const CHARGE = 47;

let stack: ChainStack;
let server: ModelServer;
let home: ChainHome;
let caller: TestAccount;
let books: Books;
let holder: string;

async function keyFile(name: string, key: Hex): Promise<string> {
  const path = join(home.folder, `${name}.key`);
  await writeFile(path, key, { mode: 0o600 });
  return path;
}

const vote = async (words: string, flags: object = {}): Promise<Ran> =>
  home.run(runVote, words.split(' '), { walletKeyFile: holder, ...flags });
const told = (ran: Ran): string => `${ran.out}${ran.err}`.replaceAll(/\s+/g, ' ');
interface ToldProposal {
  readonly id: string;
  readonly state: string;
  readonly does: readonly string[];
}
const first = ({ json, err }: Ran): ToldProposal => {
  const [one] = (json['proposals'] ?? []) as ToldProposal[];
  if (!one) throw new Error(err || 'no proposal was told');
  return one;
};

const job = { prompt: 'say-20x0', maxTokens: 50 };

/** Of 10,000, as a call of now would be charged. */
async function feeNow(): Promise<number> {
  const body = { model: MODEL, messages: [{ role: 'user', content: job.prompt }], max_tokens: 50, dry_run: true };
  const response = await stack.call('/v1/chat/completions', { key: caller.apiKey, method: 'POST', body });
  return ((await response.json()) as { price: { fee_bps: number } }).price.fee_bps;
}

/** One call, and what it has moved. */
async function charge(feeBps: number): Promise<string[]> {
  await askAll(stack, { account: caller, model: MODEL, ...job });
  const { earn, fee } = splitCharge(CHARGE, feeBps);
  return books.faultsAfter({ caller: -CHARGE, owner: earn, fees: fee });
}

/** Through the vote and the wait after it. */
async function carryThrough(id: string): Promise<Ran> {
  await stack.pass(SECONDS + 2);
  expect(first(await vote(`cast ${id} for`)).state).toBe('active');
  await stack.pass(3 * SECONDS + 2);
  expect(first(await vote(`carry ${id}`)).state).toBe('queued');
  expect(told(await vote(`carry ${id}`))).toContain('nothing to carry out now. Won. It waits');
  await stack.pass(2 * SECONDS + 2);
  return vote(`carry ${id}`);
}

/** What is decided is read once no fork takes it back. */
async function letRead(): Promise<void> {
  await stack.mine(stack.chain.kind.depth + 1);
}

describe.skipIf(findAnvil() === null)('on a chain', () => {
  beforeAll(async () => {
    stack = await startChainStack({ epochSeconds: SECONDS, behind: BEHIND });
    const flags = { rpc: stack.chain.url, payouts: stack.chain.contracts.Payouts.address };
    home = await openChainHome('node', flags);
    holder = await keyFile('holder', stack.chain.keys.holder);
    server = await startModelServer();
    const owner = await stack.makeAccount();
    caller = await stack.makeAccount(GRANTED);
    await stack.startAgent({ owner, args: ['--models', 'say-8x0', '--backend', server.url] });
    await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
    books = new Books(stack, { caller, owner, granted: GRANTED });
    await books.start();
  });
  afterAll(async () => {
    await home.stop();
    await stack.stop();
    await server.stop();
  });

  test('a vote moves the fee from 10 to 8 %, and it is charged from the stated epoch on', async () => {
    expect(await charge(1000)).toEqual([]);
    expect(await feeNow()).toBe(1000);

    // The first time its wallet names itself the one who votes with its tokens.
    const named = await vote('propose fee=8');
    expect([named.exit, told(named)]).toEqual([0, expect.stringContaining('votes for itself from now on')]);
    await stack.pass(2);
    const proposed = await vote('propose fee=8', { reason: 'Homes do the work. <script>alert(1)</script>' });
    const { id, state, does } = first(proposed);
    expect(state).toBe('pending');
    expect(does).toEqual([
      expect.stringMatching(
        /^The network’s fee goes from 10 % to 8 % from epoch \d+ on \(.* UTC\): of what callers pay/,
      ),
    ]);
    expect(told(await vote(`cast ${id} for`))).toContain('Nobody votes on it now. The vote begins at');
    const stranger = await keyFile('stranger', await stack.makeWallet());
    expect(told(await vote('propose fee=0', { walletKeyFile: stranger }))).toContain('Proposing takes 100.00 votes');
    for (const [words, why] of [
      ['propose fee=21', 'No vote leaves 0 % to 20 %'],
      ['propose price=3', 'is no change of the rules'],
      ['cast 1x for', 'Which proposal?'],
      [`cast ${id} maybe`, 'for|against|abstain'],
      ['nothing', 'does not know'],
    ] as const)
      expect(told(await vote(words))).toContain(why);

    const done = await carryThrough(id);
    expect(first(done)).toMatchObject({ state: 'executed', does });
    expect(told(await vote(`cast ${id} for`))).toContain('Won, and carried out.');
    await letRead();
    await until('the router has read it', async () => {
      await stack.tick();
      return (await feeNow()) === 800;
    });
    expect(await charge(800)).toEqual([]);
  });

  test('what counts from a later epoch on is not charged before it, and the page tells both in words', async () => {
    const later = epochOf(Date.now(), SECONDS) + 1000;
    const proposed = first(await vote('propose fee=12 bonus=50', { fromEpoch: String(later) }));
    expect(proposed.does.slice(0, 2)).toEqual([
      expect.stringContaining('fee goes from 8 % to 12 %'),
      expect.stringContaining('bonus goes from 100 % to 50 %'),
    ]);
    expect(first(await carryThrough(proposed.id)).state).toBe('executed');
    await letRead();
    await stack.tick();
    const page = async (): Promise<string> => (await stack.call('/votes')).text();
    const html = await page();
    for (const words of [
      'Test tokens, no value',
      'It would do this, and nothing else:',
      `The network’s fee goes from 8 % to 12 % from epoch ${later} on`,
      'The newcomers’ bonus',
      '<td>8 % (then 12 %)</td><td>0 % to 20 %</td>',
      'Won, and carried out.',
      'Homes do the work. &lt;script&gt;alert(1)&lt;/script&gt;',
    ])
      expect(html).toContain(words);
    expect(html).not.toContain('<script>');
    const read = await (await stack.call('/votes', { headers: { 'accept-language': 'ja' } })).text();
    for (const words of ['<html lang="ja">', `ネットワークの手数料をエポック${later}`, '可決され、実行されました。'])
      expect(read).toContain(words);
    expect(await feeNow()).toBe(800);
    expect(await charge(800)).toEqual([]);
    const listed = await home.run(runVote, [], { json: false });
    expect(told(listed)).toContain(`The network’s fee: 8 %, and 12 % from epoch ${later} on`);
  });

  test('without the wallet’s key what it has to send is printed', async () => {
    const { json } = await home.run(runVote, ['propose', 'fee=9'], { owner: `0x${'ab'.repeat(20)}` });
    const calls = json['transactions'] as { what: string; to: string; chainId: number }[];
    expect(calls.map(({ what }) => what)).toEqual(['delegate', 'propose']);
    expect(calls.map(({ to }) => to)).toEqual([
      stack.chain.contracts.Bonds.address.toLowerCase(),
      stack.chain.contracts.IroriGovernor.address.toLowerCase(),
    ]);
  });
});
