// Books beside a chain, with a real home: no earned unit is spent twice, and what is claimed, or burned for credit, comes into the books once, whatever the
// chain takes back meanwhile.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { privateKeyToAddress } from 'viem/accounts';
import type { Hex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { hashEpochLeaf, payableOf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { checkChainAt } from '../local/chain-check-at.ts';
import { findAnvil } from '../local/test-chain.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import { movedBy, readBooks } from './books.ts';
import { startChainStack } from './chain-stack.ts';
import type { ChainStack } from './chain-stack.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { ADMIN_SECRET } from './stack.ts';
import type { TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const { owner: EARN } = movedBy(15);
const UNIT = 10n ** 12n;

interface Ran {
  readonly status: number;
  readonly out: string;
}

function need<T>(value: T | null): T {
  if (value === null) throw new Error('there is none yet');
  return value;
}

describe.skipIf(findAnvil() === null)('books beside a chain', () => {
  let stack: ChainStack;
  let server: ModelServer;
  let owner: TestAccount;
  let caller: TestAccount;
  let agent: TestAgent;
  let wallet: Hex;
  let stranger: Hex;
  let jobs = 0;
  /** What was claimed so far. */
  let claimed = 0;
  let last: EpochFile | null = null;

  beforeAll(async () => {
    stack = await startChainStack();
    server = await startModelServer();
    wallet = await stack.makeWallet();
    stranger = await stack.makeWallet();
    owner = await stack.makeAccount();
    caller = await stack.makeAccount(10_000_000);
    const args = ['--models', 'say-8x0', '--backend', server.url, '--wallet', privateKeyToAddress(wallet)];
    agent = await stack.startAgent({ owner, args });
    await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  });
  afterAll(async () => {
    await stack.stop();
    await server.stop();
  });

  async function work(count: number): Promise<void> {
    for (let i = 0; i < count; i++)
      await askAll(stack, { account: caller, model: MODEL, prompt: 'say-4x0', maxTokens: 50 });
    jobs += count;
  }

  type Row = Record<string, string | number | boolean | null>;

  async function earnings(query: string): Promise<{ machines: (Row & { claims?: Row[] })[]; data: Row[] }> {
    const response = await stack.call(`/node/v1/earnings?${query}`, { key: owner.apiKey });
    expect(response.status).toBe(200);
    return (await response.json()) as Awaited<ReturnType<typeof earnings>>;
  }

  const credit = async (): Promise<Row> =>
    (await (await stack.call('/node/v1/credit', { key: owner.apiKey })).json()) as Row;
  const ownerBook = async (): Promise<number> => (await readBooks(stack))[`owner:${owner.id}`] ?? 0;
  const earnedCredit = async (): Promise<number> => (await readBooks(stack))[`${owner.id}:earned`] ?? 0;

  async function readFile(epoch: number): Promise<EpochFile> {
    const file = parseEpochFile(await (await stack.call(`/audit/epochs/${epoch}`)).text());
    if (!file.ok) throw new Error(file.error);
    return file.value;
  }

  /** What `irori-node credit` says, and its exit status. */
  const runCredit = async (...words: string[]): Promise<Ran> => runAgent('credit', ...words);

  async function runAgent(...words: string[]): Promise<Ran> {
    const args = [AGENT_MAIN, ...words, '--state', agent.stateDir];
    return promisify(execFile)(process.execPath, args).then(
      ({ stdout }) => ({ status: 0, out: stdout.replaceAll(/\s+/g, ' ') }),
      ({ code, stderr }: { code: number; stderr: string }) => ({ status: code, out: stderr.replaceAll(/\s+/g, ' ') }),
    );
  }

  /** Closes the epoch, and has its root posted and final. */
  async function settle(): Promise<EpochFile> {
    const epoch = await stack.closeEpoch(EARN * jobs);
    const file = await readFile(epoch);
    await until('the root is posted', async () => {
      await stack.tick();
      await stack.mine(1);
      return (await stack.read<readonly [Hex, bigint, number]>('Payouts', 'pending'))[2] === epoch;
    });
    await stack.finalise();
    await until('the root is final', async () => {
      await stack.tick();
      return (await stack.read<readonly [Hex, bigint, number]>('Payouts', 'last'))[2] === epoch;
    });
    return (last = file);
  }

  function proofOf(file: EpochFile): readonly [object, readonly Hex[]] {
    const [leaf] = file.leaves;
    if (!leaf) throw new Error('there is no leaf');
    return [leaf, growEpochTree(file.leaves.map(hashEpochLeaf)).prove(hashEpochLeaf(leaf)) ?? []];
  }

  /** Lets what happened lie deep, and the router look. */
  async function lieDeep(): Promise<void> {
    await stack.mine(stack.chain.kind.depth);
    await stack.tick();
  }

  const reorg = async (depth: number): Promise<void> =>
    void (await stack.client.request({ method: 'anvil_reorg', params: [depth, []] } as never));

  const accountCode = async (account: TestAccount): Promise<Hex> => {
    const told = (await (await stack.call('/v1/credit/chain', { key: account.apiKey })).json()) as Row;
    expect(told).toMatchObject({
      notice: 'test tokens, no value',
      chain_id: 31_337,
      credits: stack.chain.contracts.Credits.address.toLowerCase(),
    });
    return told['account_code'] as Hex;
  };

  test('what stood in a closed epoch is no credit any more, and what was earned since is', async () => {
    await work(3);
    await until('the book has it', async () => (await credit())['available_micro'] === 3 * EARN);
    await settle();
    expect(await credit()).toMatchObject({ available_micro: 0, locked_micro: 3 * EARN });
    await work(1);
    await until('the book has it', async () => (await credit())['available_micro'] === EARN);
    const more = await runCredit('0.000100');
    expect(more).toMatchObject({ status: 1, out: expect.stringContaining('claim it (irori-node claim)') });
    expect(await runCredit((EARN / 1e6).toFixed(6))).toMatchObject({ status: 0 });
    expect(await credit()).toMatchObject({ available_micro: 0, spent_micro: EARN, locked_micro: 3 * EARN });
    const next = await settle();
    expect(next.leaves).toMatchObject([{ earned: BigInt(4 * EARN), spent: BigInt(EARN) }]);
    expect(next.leaves.map(payableOf)).toEqual([BigInt(3 * EARN)]);
  });

  test('a claim comes into the books once it lies deep, with its transaction and who paid the gas', async () => {
    const file = need(last);
    const owed = await ownerBook();
    const { transactionHash: tx } = await stack.send(stranger, 'Payouts', 'claim', proofOf(file));
    await stack.tick();
    expect(await ownerBook()).toBe(owed);
    await lieDeep();
    claimed += 3 * EARN;
    await until('the books have it', async () => (await ownerBook()) === owed - 3 * EARN);
    await lieDeep();
    const { machines } = await earnings('by=machine');
    expect(machines).toMatchObject([
      {
        payable_micro: 0,
        claimed_micro: claimed,
        claimable_micro: 0,
        claims: [{ units: 3 * EARN, tx, wallet: privateKeyToAddress(wallet).toLowerCase() }],
      },
    ]);
    expect((await readBooks(stack))['chain']).toBe(3 * EARN);
  });

  test('how far an epoch’s root is on the chain is told to anyone, by itself and in the list', async () => {
    const { epoch } = need(last);
    const ask = async (rest: string): Promise<Row> => (await (await stack.call(`/audit/epochs${rest}`)).json()) as Row;
    type OnChain = { readonly state: string; readonly tx: Hex; readonly final_at: number };
    const told = async (): Promise<OnChain> => (await ask(`/${epoch}/chain`))['chain'] as never;
    await until('it lies deep', async () => (await stack.tick(), (await told()).state === 'final'));
    const { tx, final_at: finalAt } = await told();
    const { to, blockNumber } = await stack.client.getTransactionReceipt({ hash: tx });
    expect(to).toBe(stack.chain.contracts.Payouts.address.toLowerCase());
    const [{ timestamp }, { windowSeconds }] = await Promise.all([
      stack.client.getBlock({ blockNumber }),
      stack.read<{ windowSeconds: number }>('Rules', 'values'),
    ]);
    expect(finalAt).toBe(1000 * (Number(timestamp) + windowSeconds));
    const chain = { state: 'final', tx, final_at: finalAt };
    expect(await ask(`/${epoch}/chain`)).toEqual({ object: 'epoch_on_chain', epoch, chain });
    expect((await ask(''))['data']).toContainEqual(expect.objectContaining({ epoch, chain }));
    for (const [wrong, status] of Object.entries({ [epoch + 1000]: 404, [1e15]: 404, x: 400, '-1': 400, '0x1': 400 }))
      expect((await stack.call(`/audit/epochs/${wrong}/chain`)).status).toBe(status);
  });

  test('burned tokens are credit of the account that the code names, once', async () => {
    const [code, other] = [await accountCode(owner), await accountCode(caller)];
    expect(other).not.toBe(code);
    expect(await accountCode(owner)).toBe(code);
    const before = await earnedCredit();
    await stack.send(wallet, 'IroriToken', 'approve', [stack.chain.contracts.Credits.address, 100n * UNIT]);
    await stack.send(wallet, 'Credits', 'buy', [code, 20n]);
    await lieDeep();
    await until('the credit is there', async () => (await earnedCredit()) === before + 20);
    const nobody = await stack.send(wallet, 'Credits', 'buy', [`0x${'77'.repeat(32)}`, 5n]);
    expect(nobody.status).toBe('success');
    await lieDeep();
    await lieDeep();
    expect(await earnedCredit()).toBe(before + 20);
  });

  test('claimToCredit across a reorg of three blocks raises the credit exactly once', async () => {
    await work(2);
    const file = await settle();
    const [before, owed] = [await earnedCredit(), await ownerBook()];
    const code = await accountCode(owner);
    const call = [...proofOf(file), code];
    const [kept, key, other] = [join(stack.folder, 'leaves.json'), join(stack.folder, 'w'), join(stack.folder, 's')];
    await writeFile(kept, await (await stack.call(`/audit/epochs/${file.epoch}`)).text());
    await writeFile(key, wallet, { mode: 0o600 });
    await writeFile(other, stranger, { mode: 0o600 });
    const toCredit = async (...words: string[]): Promise<Ran> => runAgent('claim', '--to-credit', ...words);
    expect(await toCredit('0x12', '--print')).toMatchObject({ status: 2, out: expect.stringContaining('64 hex') });
    expect(await toCredit(code)).toMatchObject({ status: 2, out: expect.stringContaining('Only the wallet itself') });
    const foreign = await toCredit(code, '--leaves', kept, '--wallet-key-file', other);
    expect(foreign).toMatchObject({ status: 2, out: expect.stringContaining('the key is another’s') });
    const burned = await toCredit(code, '--leaves', kept, '--wallet-key-file', key);
    expect(burned).toMatchObject({
      status: 0,
      out: expect.stringMatching(/burned now \d\.\d{6} tokens .*Burned by 0x[0-9a-f]{64} in block/),
    });
    await stack.mine(2);
    await stack.tick();
    await reorg(3);
    await stack.mine(1);
    const paid = async (): Promise<bigint> => stack.read('Payouts', 'claimed', [file.leaves[0]?.node]);
    if ((await paid()) < BigInt(claimed + 2 * EARN)) await stack.send(wallet, 'Payouts', 'claimToCredit', call);
    claimed += 2 * EARN;
    await stack.tick();
    expect(await earnedCredit()).toBe(before);
    await lieDeep();
    await until('the credit is there', async () => (await earnedCredit()) === before + 2 * EARN);
    await until('the claim is there', async () => (await ownerBook()) === owed - 2 * EARN);
    await lieDeep();
    await lieDeep();
    expect([await earnedCredit(), await ownerBook()]).toEqual([before + 2 * EARN, owed - 2 * EARN]);
    expect(await paid()).toBe(BigInt(claimed));
    expect((await earnings('by=machine')).machines).toMatchObject([{ claimed_micro: claimed, claimable_micro: 0 }]);
  });

  test('what is told for taxes comes to what was earned, turned into credit and claimed, as JSON and as a table', async () => {
    const { machines, data } = await earnings('by=claim');
    const sumOf = (kind: string): number =>
      data.filter((row) => row['kind'] === kind).reduce((sum, row) => sum + Number(row['units']), 0);
    expect([sumOf('earned'), sumOf('credited'), sumOf('claimed')]).toEqual([EARN * jobs, EARN, claimed]);
    expect(machines).toMatchObject([{ earned_micro: EARN * jobs, credited_micro: EARN, claimed_micro: claimed }]);
    const claims = data.filter((row) => row['kind'] === 'claimed');
    expect(claims).toMatchObject([
      { tokens: '0.000042', became: 'tokens', gas_paid_by: 'another' },
      { tokens: '0.000028', became: 'API credit', gas_paid_by: 'the wallet' },
    ]);
    const told = await runAgent('earnings');
    expect(told.out).toContain('claimable 0.000000 tokens by the last final root (test tokens, no value)');
    for (const { tx } of claims) expect(told.out).toContain(String(tx));
    const csv = await (await stack.call('/node/v1/earnings?by=claim&format=csv', { key: owner.apiKey })).text();
    const [head, ...rows] = csv.trim().split('\r\n');
    expect(head).toBe('date,machine,kind,units,tokens,became,wallet,tx,gas_wei,gas_paid_by');
    expect(rows.length).toBe(data.length);
    for (const { tx } of claims) expect(csv).toContain(String(tx));
  });

  test('books and chain tell the same of claims, and a claim that only one of them has is named', async () => {
    const router = { url: stack.url, secret: ADMIN_SECRET };
    const report = await checkChainAt(router);
    expect(report).toMatchObject({ homes: 1, claimed, booked: claimed, differing: [] });
    const [home] = (await earnings('by=machine')).machines;
    const database = await stack.network.database();
    const event = "INSERT INTO events (id, kind, account_id, at) VALUES ('claim:forged', 'claim', ?, 1)";
    await database.prepare(event).bind(owner.id).run();
    const posting = "INSERT INTO postings (event_id, book, amount) VALUES ('claim:forged', 'chain', 7)";
    await database.prepare(posting).run();
    expect((await checkChainAt(router))?.differing).toEqual([
      `the book has ${claimed + 7} of all claims, the homes ${claimed}`,
    ]);
    expect(home).toMatchObject({ claimed_micro: claimed });
  });

  test('where the chain went back below what was read, nothing more is credited', async () => {
    const code = await accountCode(owner);
    const before = await earnedCredit();
    await reorg(3 * stack.chain.kind.depth);
    const balance = await stack.read<bigint>('IroriToken', 'balanceOf', [privateKeyToAddress(wallet)]);
    expect(balance).toBeGreaterThan(5n * UNIT);
    await stack.send(wallet, 'IroriToken', 'approve', [stack.chain.contracts.Credits.address, 100n * UNIT]);
    await stack.send(wallet, 'Credits', 'buy', [code, 5n]);
    await stack.mine(4 * stack.chain.kind.depth);
    await stack.tick();
    await stack.tick();
    expect(await earnedCredit()).toBe(before);
  });
});
