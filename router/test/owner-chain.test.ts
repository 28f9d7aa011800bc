// What an owner does on a chain with the agent's commands: bonds tokens behind its home's key and takes them out, and follows a receipt to its payout.
// Skipped, and said so, where anvil is not installed for this machine.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Environment } from '../../node-agent/config/config.ts';
import type { OptionValues } from '../../node-agent/config/parse-flags.ts';
import { runBond, runUnbond } from '../../node-agent/commands/bond.ts';
import { runChallenge } from '../../node-agent/commands/challenge.ts';
import { runVerifyChain } from '../../node-agent/commands/verify-chain.ts';
import { ReceiptLog } from '../../node-agent/receipts/receipt-log.ts';
import { collectLog } from '../../node-agent/test/collect-log.ts';
import type { ReceiptBundle } from '../../schema/check-bundle.ts';
import { encodeEpochFile, makeEpochFile } from '../../schema/epoch-file.ts';
import { parsePayoutProof } from '../../schema/payout-proof.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { ACCEPTANCE, JOB_TICKET, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { addLeaf, EMPTY_TREE, proveLeaf, rootOf } from '../../schema/running-tree.ts';
import { toBundleJson } from '../../schema/sample-bundles.ts';
import { sampleReceipt, sampleTicket } from '../../schema/sample-messages.ts';
import { findAnvil } from '../local/test-chain.ts';
import { openChainHome } from './chain-home.ts';
import type { ChainHome, Ran } from './chain-home.ts';
import { addressOf, DAY, plain, startBench, TOKEN, UNIT } from './contract-bench.ts';
import type { Bench } from './contract-bench.ts';
import { acceptanceOf, leafOf, prove } from './contract-samples.ts';

const NODE = addressOf('node');

let bench: Bench;
let home: ChainHome;
let back: () => Promise<void>;

describe.skipIf(findAnvil() === null)('on a chain', () => {
  beforeAll(async () => {
    bench = await startBench();
    home = await openChainHome('node', { rpc: bench.url, payouts: bench.contracts.Payouts.address });
    await bench.bond('holder', 'root', 100n * TOKEN);
    await bench.give('owner', 10n);
  });
  afterAll(async () => {
    await home.stop();
    await bench.stop();
  });
  beforeEach(async () => {
    back = await bench.keep();
  });
  afterEach(async () => back());

  test('a bond is made in one transaction by the wallet’s key file, with the home’s consent, and taken out after its time', async () => {
    const walletKeyFile = await home.keyFile('owner');
    expect((await home.run(runBond, [])).json).toMatchObject({ key: NODE, owner: null, bonded: '0.000000' });
    const made = await home.run(runBond, ['4.5'], { walletKeyFile });
    expect(made.json).toMatchObject({ owner: addressOf('owner'), bonded: '4.500000', note: 'test tokens, no value' });
    expect(await bench.balanceOf('owner')).toBe(55n * 10n ** 17n);
    // The same wallet adds without another consent; nobody else can.
    expect((await home.run(runBond, ['1'], { walletKeyFile })).json).toMatchObject({ bonded: '5.500000' });
    const foreign = await home.run(runBond, ['1'], { walletKeyFile: await home.keyFile('holder') });
    expect([foreign.exit, foreign.err.replaceAll(/\s+/g, ' ')]).toEqual([1, expect.stringContaining('is bonded by')]);
    expect((await home.run(runUnbond, ['withdraw'], { walletKeyFile })).err).toContain('Nothing is leaving');
    const leaving = await home.run(runUnbond, ['all'], { walletKeyFile });
    expect(leaving.json).toMatchObject({ bonded: '0.000000', leaving: '5.500000', unbond_seconds: 7 * DAY });
    expect(leaving.json['did']).toMatch(/can be lost until they are withdrawn.*7 d from now/);
    expect((await home.run(runUnbond, ['withdraw'], { walletKeyFile })).err).toContain('can be withdrawn from');
    await bench.pass(7 * DAY);
    const out = await home.run(runUnbond, ['withdraw'], { walletKeyFile, json: false });
    expect(out.out).toMatch(/^withdrew 5\.500000 test tokens to 0x/);
    expect(await bench.balanceOf('owner')).toBe(10n * TOKEN);
  });

  test('without the wallet’s key its transactions are printed for it, and another key than the home’s can be bonded', async () => {
    const flags = { owner: addressOf('owner'), bondedKeyFile: await home.keyFile('router') };
    const { json } = await home.run(runBond, ['2'], flags);
    const [approve, bond] = json['transactions'] as { to: string; data: `0x${string}`; what: string }[];
    expect([approve?.what, bond?.what]).toEqual(['approve', 'bond']);
    expect(json).toMatchObject({ did: null, key: addressOf('router'), bonded: '0.000000' });
    for (const one of [approve, bond]) await bench.sendRaw('owner', one?.to ?? '', one?.data ?? '0x');
    expect((await home.run(runBond, [], flags)).json).toMatchObject({ bonded: '2.000000', owner: addressOf('owner') });
    for (const [words, said] of [
      [['x'], 'is no amount'],
      [['99'], 'has 8.000000 tokens'],
    ] as const)
      expect((await home.run(runBond, words, flags)).err).toContain(said);
    expect((await home.run(runBond, ['1'])).err).toContain('Whose tokens?');
  });

  /** Three receipts of the home in an epoch that is final on the chain; what the router says of them; the second. */
  async function settle(): Promise<{ bundle: ReceiptBundle; epoch: number }> {
    const epoch = await bench.epoch();
    const bundles = [1n, 2n, 3n].map((count) => makeBundle(count, epoch));
    const digests = bundles.map(({ acceptance }) => bench.signer.hash(ACCEPTANCE, acceptance ?? {}));
    const acceptancesRoot = rootOf(digests.reduce(addLeaf, EMPTY_TREE));
    const leaves = [leafOf('node', 30n, { count: 3n, acceptancesRoot }), leafOf('other', 7n)];
    await bench.settle(leaves, 37n);
    const facts = { epoch, seconds: DAY, domain: bench.domain, previous: null, kept: [], leaves: [...leaves] };
    home.answers.set(`/audit/epochs/${epoch}`, encodeEpochFile(makeEpochFile(facts)));
    home.answers.set(`/node/v1/acceptances/2?epoch=${epoch}`, { proof: proveLeaf(digests, 1) });
    const [, bundle] = bundles;
    if (!bundle) throw new Error('no receipt');
    return { bundle, epoch };
  }

  function makeBundle(count: bigint, epoch: number): ReceiptBundle {
    const ticket = sampleTicket({ node: NODE, epoch });
    const ticketHash = bench.signer.hash(JOB_TICKET, ticket);
    const receipt = sampleReceipt({
      ticketHash,
      node: NODE,
      seq: count,
      promptTokens: 1,
      outputTokens: 1,
      amount: 10n,
    });
    const receiptHash = bench.signer.hash(USAGE_RECEIPT, receipt);
    const acceptance = acceptanceOf(count, 10n * count, epoch, { receiptHash, amount: 10n });
    return {
      domain: bench.domain,
      router: addressOf('router'),
      ticket,
      ticketSignature: bench.sign('router', JOB_TICKET, ticket),
      receipt,
      receiptSignature: bench.sign('node', USAGE_RECEIPT, receipt),
      acceptance,
      acceptanceSignature: bench.sign('router', ACCEPTANCE, acceptance),
    };
  }

  test('a receipt is followed to its payout in one proof, which holds without the router; a changed byte is told by its link', async () => {
    const { bundle, epoch } = await settle();
    const [receipt, proof] = ['receipt.json', 'proof.json'].map((name) => join(home.folder, name)) as [string, string];
    await writeFile(receipt, JSON.stringify({ object: 'list', data: [toBundleJson(bundle)] }));
    const early = await home.run(runVerifyChain, [receipt], { proof });
    expect([early.exit, early.err]).toEqual([4, '']);
    expect(early.json).toMatchObject({ ok: false, data: [{ verdict: 'open', broken: null }] });
    const kept = parsePayoutProof(await readFile(proof, 'utf8'));
    if (!kept.ok) throw new Error(kept.error);
    await bench.send('stranger', 'Payouts', 'claim', [kept.value.leaf, kept.value.toRoot]);
    expect(await bench.balanceOf('wallet')).toBe(30n * UNIT);
    home.answers.clear();
    const told = await home.run(runVerifyChain, [proof], { json: false });
    expect(told.out).toContain('PAID: every link holds.');
    expect(told.out.replaceAll(/\s+/g, ' ')).toContain(
      `has this root for epoch ${epoch}, final, and the contract takes this proof`,
    );
    expect(told.exit).toBe(0);
    const text = await readFile(proof, 'utf8');
    for (const [from, to, link] of [
      ['"cumulativeAmount": "20"', '"cumulativeAmount": "21"', 'acceptance'],
      ['"earned": "30"', '"earned": "31"', 'root'],
      ['"epoch": ', '"epoch": 1', 'ticket'],
      [/"toLeaf": \[\s*"0x./, '"toLeaf": ["0xg', 'leaf'],
    ] as const) {
      await writeFile(proof, text.replace(from, to));
      const broken = await home.run(runVerifyChain, [proof]);
      expect([broken.exit, broken.json]).toMatchObject([1, { ok: false, data: [{ broken: link }] }]);
    }
  });

  const runLook = (_: readonly string[], ...rest: [OptionValues, Environment]): Promise<number> =>
    runChallenge(...rest);

  /** The router has signed for a receipt in the epoch that is posted now, and for one more since; the root has these leaves. */
  async function sign(leaves: readonly EpochLeaf[]): Promise<number> {
    await bench.pass(DAY);
    const epoch = (await bench.epoch()) - 1;
    const { log } = collectLog();
    const receipts = await ReceiptLog.open({ folder: join(home.folder, 'receipts'), log });
    for (const [count, of] of [
      [1n, epoch],
      [2n, epoch],
      [3n, epoch + 1],
    ] as const) {
      const acceptance = acceptanceOf(count, 10n * count, of);
      const signature = bench.sign('router', ACCEPTANCE, acceptance);
      receipts.keepEarned({ router: addressOf('router'), domain: bench.domain, acceptance, signature, sealed: null });
    }
    await receipts.settled();
    receipts.close();
    await bench.post(leaves, 50n);
    const facts = { epoch, seconds: DAY, domain: bench.domain, previous: null, kept: [], leaves: [...leaves] };
    home.answers.set(`/audit/epochs/${epoch}`, encodeEpochFile(makeEpochFile(facts)));
    return epoch;
  }

  test('a root without the home is challenged with what the router signed, made void after silence, and its signer slashed', async () => {
    const epoch = await sign([leafOf('other', 7n)]);
    const look = (flags: OptionValues = {}): Promise<Ran> => home.run(runLook, [], flags);
    const alone = await look();
    expect([alone.exit, alone.json]).toMatchObject([3, { do: 'challenge', epoch, transaction: null }]);
    expect(alone.json['sentence']).toMatch(/leaves this home out.*2 receipts and 20 units.*--gas-key-file/);
    const gas = { gasKeyFile: await home.keyFile('stranger') };
    expect((await look(gas)).err.replaceAll(/\s+/g, ' ')).toContain(
      'needs a deposit of 1.000000 tokens, and has 0.000000',
    );
    await bench.give('stranger', 2n);
    expect((await look(gas)).json).toMatchObject({ do: 'challenge', transaction: expect.stringMatching(/^0x/) });
    expect(await bench.balanceOf('stranger')).toBe(TOKEN);
    const waiting = (await look(gas)).json;
    expect(waiting).toMatchObject({ do: 'wait', epoch });
    expect(waiting['again_in_s']).toBeLessThanOrEqual((DAY * 20) / 24 / 4 + 2);
    await bench.pass((DAY * 20) / 24 / 4);
    const enforced = await look({ ...gas, json: false });
    expect(enforced.out.replaceAll(/\s+/g, ' ')).toMatch(
      /is void, and the deposit is back.*lost 50\.000000 tokens; 12\.500000 of them/,
    );
    expect(await bench.balanceOf('stranger')).toBe(2n * TOKEN + (50n * TOKEN) / 4n);
    expect((await look(gas)).json).toMatchObject({ do: 'nothing', why: 'no-root' });
    // The next root pays what the one that is void left out.
    await bench.bond('holder', 'root', 50n * TOKEN);
    const leaf = leafOf('node', 30n, { count: 3n });
    await bench.settle([leaf], 50n);
    await bench.send('other', 'Payouts', 'claim', [leaf, []]);
    expect(await bench.balanceOf('wallet')).toBe(30n * UNIT);
  });

  test('what somebody else has shown the chain in its place is enforced by the home too', async () => {
    const epoch = await sign([leafOf('other', 7n)]);
    const acceptance = acceptanceOf(2n, 20n, epoch);
    await bench.send('owner', 'IroriToken', 'approve', [bench.contracts.Payouts.address, TOKEN]);
    await bench.send('owner', 'Payouts', 'challenge', [
      acceptance,
      plain(bench.sign('router', ACCEPTANCE, acceptance)),
    ]);
    const gas = { gasKeyFile: await home.keyFile('stranger') };
    expect((await home.run(runLook, [], gas)).json).toMatchObject({ do: 'wait', epoch });
    await bench.pass((DAY * 20) / 24 / 4);
    expect((await home.run(runLook, [], gas)).json).toMatchObject({ do: 'enforce', epoch });
    expect(await bench.bondedOf('root')).toBe(50n * TOKEN);
  });

  test('a root that holds what was signed is left alone, and one that nobody shows is challenged only when its owner wants to see', async () => {
    const leaf = leafOf('node', 20n, { count: 2n });
    const leaves = [leaf, leafOf('other', 7n)];
    const epoch = await sign(leaves);
    await bench.give('stranger', 2n);
    const gas = { gasKeyFile: await home.keyFile('stranger') };
    expect((await home.run(runLook, [], gas)).json).toMatchObject({ do: 'nothing', why: 'held', epoch });
    home.answers.delete(`/audit/epochs/${epoch}`);
    const unseen = await home.run(runLook, [], gas);
    expect(unseen.json).toMatchObject({ do: 'nothing', why: 'unseen' });
    expect(unseen.json['sentence']).toContain('whoever shows it takes the deposit');
    expect((await home.run(runLook, [], { ...gas, unseen: true })).json).toMatchObject({ do: 'challenge' });
    const id = (JSON.parse(await readFile(join(home.folder, 'challenges.json'), 'utf8')) as { id: string }[]).at(
      -1,
    )?.id;
    await bench.send('other', 'Payouts', 'answer', [id, leaf, prove(leaves, leaf)]);
    expect(await bench.balanceOf('other')).toBe(TOKEN);
    expect((await home.run(runLook, [], { ...gas, unseen: true })).json).toMatchObject({
      do: 'nothing',
      why: 'answered',
    });
  });
});
