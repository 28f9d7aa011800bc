// `npm run bench:receipts [-- --json]`: receipts verified and accepted in a second of one core, in settlement: by a node's account object in workerd, with
// all that it does, and by the same check and signature in Node. Receipts come in batches of 64, as hubs deliver them when many are due.
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chooseCurve } from '../../node-agent/receipts/curve-choice.ts';
import { collectLog } from '../../node-agent/test/collect-log.ts';
import type { Hex } from '../../schema/bytes.ts';
import { useCurve } from '../../schema/chosen-curve.ts';
import { NOBLE_CURVE } from '../../schema/noble-curve.ts';
import { ACCEPTANCE, fromMessageJson, JOB_TICKET, makeMessageSigner, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { fromSealedJson, SEAL_KIND } from '../../schema/seal.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { checkReceipt } from '../billing/check-receipt.ts';
import { startStack } from '../test/stack.ts';
import { makeNode, makePart, sealParts, signer } from '../test/workerd/make-settlement.ts';
import { readCpuS } from './cpu.ts';

/** Receipts in one delivery, deliveries in a measurement, and measurements. */
const BATCH = 64;
const BATCHES = 12;
const ROUNDS = 5;
/** Receipts that share one signature of their home's; null: each has its own, as before there were seals. */
const SHARED = [null, 1, 8, 64] as const;
const GOAL_PER_S = 1000;

/** Hands batches over and gives the CPU seconds that they took. */
type Settle = (batches: readonly SettlementJson[][]) => Promise<number> | number;

// What was made for a measurement is not cleared up during it.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' } } });
const node = makeNode('bench');
let seq = 0n;
const stack = await startStack({ hasBucket: true, worker: 'router/bench/receipts-worker.ts' });
try {
  const settlers: Readonly<Record<string, Settle>> = {
    'account object, workerd (wasm)': settleThere,
    'check and sign, Node (native)': settleHere(() => chooseCurve(collectLog().log)),
    'check and sign, Node (wasm)': settleHere(() => chooseCurve(collectLog().log, { loadAddon: leaveOut })),
    'check and sign, Node (noble)': settleHere(() => useCurve(() => NOBLE_CURVE)),
  };
  const table = await measureAll(settlers);
  print(table);
} finally {
  await stack.stop();
}

function leaveOut(): never {
  throw new Error('left out');
}

/** Receipts in a second of one core, by settler and by how many share a signature: the median of rounds in which all take turns. */
async function measureAll(settlers: Readonly<Record<string, Settle>>): Promise<Record<string, Record<string, number>>> {
  const figures = new Map<string, number[]>();
  for (let round = 0; round <= ROUNDS; round++)
    for (const [name, settle] of Object.entries(settlers))
      for (const shared of SHARED) {
        chooseCurve(collectLog().log);
        const batches = Array.from({ length: BATCHES }, () => makeBatch(shared));
        collectGarbage();
        const seconds = await settle(batches);
        // The first round warms.
        const key = `${name} ${String(shared)}`;
        if (round > 0) figures.set(key, [...(figures.get(key) ?? []), (BATCH * BATCHES) / seconds]);
      }
  const median = (name: string, shared: number | null): number =>
    (figures.get(`${name} ${String(shared)}`) ?? []).toSorted((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
  const rowOf = (name: string): Record<string, number> =>
    Object.fromEntries(SHARED.map((shared) => [nameShared(shared), median(name, shared)]));
  return Object.fromEntries(Object.keys(settlers).map((name) => [name, rowOf(name)]));
}

/** Settled parts with their receipts, which follow one another. */
function makeBatch(shared: number | null): SettlementJson[] {
  let prevReceipt: Hex = ZERO_WORD;
  const parts = Array.from({ length: BATCH }, () => {
    const part = makePart(node, { receipt: { seq: ++seq, prevReceipt } });
    prevReceipt = signer.hash(USAGE_RECEIPT, part.receipt);
    return part;
  });
  if (shared === null) return parts.map(({ withReceipt }) => withReceipt);
  const groups = Array.from({ length: BATCH / shared }, (_, i) => parts.slice(i * shared, (i + 1) * shared));
  return groups.flatMap((group) => sealParts(node, group).settlements);
}

/** By the account's object, with what it reads, compares, writes and answers; what reading the request costs is taken off. */
async function settleThere(batches: readonly SettlementJson[][]): Promise<number> {
  const bodies = batches.map((settlements) => JSON.stringify({ settlements }));
  const run = async (what: string, expected: number): Promise<number> => {
    const before = readCpuS(stack.network.workerdPids());
    for (const body of bodies) {
      const accepted = await post(`${stack.url}/bench/${what}/${node.id}`, body);
      if (accepted !== expected) throw new Error(`${String(accepted)} of ${expected} receipts were accepted`);
    }
    return readCpuS(stack.network.workerdPids()) - before;
  };
  const reading = await run('read', BATCH);
  return (await run('accept', BATCH)) - reading;
}

/** On a line of its own: an idle one is closed while Node works for itself. */
async function post(url: string, body: string): Promise<unknown> {
  const asked = request(url, { method: 'POST', agent: false });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return JSON.parse(Buffer.concat((await response.toArray()) as Buffer[]).toString('utf8'));
}

/** What no settlement can do without: hash and signature of each receipt, one seal over the acceptances. */
function settleHere(choose: () => unknown): Settle {
  return (batches) => {
    choose();
    const fresh = makeMessageSigner(PLACEHOLDER_DOMAIN);
    const before = process.cpuUsage();
    for (const settlements of batches) settleBatch(fresh, settlements);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}

function settleBatch(fresh: typeof signer, settlements: readonly SettlementJson[]): void {
  const digests = settlements.map((settlement, i) => {
    const ticket = fromMessageJson(JOB_TICKET, settlement.ticket);
    if (!settlement.receipt) throw new Error('no receipt');
    const receipt = fromMessageJson(USAGE_RECEIPT, settlement.receipt);
    const sealed = settlement.receiptSeal ? fromSealedJson(settlement.receiptSeal) : null;
    const signature = settlement.receiptSignature as Hex;
    const checked = checkReceipt(fresh, { ticket, receipt, signature, sealed });
    if (!checked.ok) throw new Error(checked.error);
    const { node: address, promptTokens, outputTokens, amount } = receipt;
    const totals = { status: 0, epoch: 1, count: BigInt(i + 1), cumulativeAmount: amount * BigInt(i + 1) };
    const acceptance = { receiptHash: checked.value, node: address, promptTokens, outputTokens, amount, ...totals };
    return fresh.hash(ACCEPTANCE, acceptance);
  });
  const facts = {
    kind: SEAL_KIND.acceptances,
    node: node.address,
    number: 1n,
    previous: ZERO_WORD,
    total: 0n,
    atMs: 1n,
  };
  fresh.seal(facts, digests, node.key);
}

/** A name that is no number: those would come first. */
function nameShared(shared: number | null): string {
  return shared === null ? 'own signature' : `${shared} under a seal`;
}

function print(table: Readonly<Record<string, Readonly<Record<string, number>>>>): void {
  const rows = Object.entries(table);
  const isReached = rows.every(([name, row]) => name.includes('noble') || (row[nameShared(null)] ?? 0) >= GOAL_PER_S);
  if (flags.json === true) {
    const figures = Object.fromEntries(
      rows.map(([name, row]) => [name, Object.fromEntries(Object.entries(row).map(([k, v]) => [k, Math.round(v)]))]),
    );
    console.log(
      JSON.stringify({ batch: BATCH, goal: GOAL_PER_S, isReached, receiptsPerSecondAndCore: figures }, null, 1),
    );
  } else {
    const columns = SHARED.map(nameShared);
    console.log(`${'receipts/s of a core'.padEnd(34)}${columns.map((column) => column.padStart(17)).join('')}`);
    for (const [name, row] of rows)
      console.log(
        `${name.padEnd(34)}${Object.values(row)
          .map((value) => Math.round(value).toString().padStart(17))
          .join('')}`,
      );
    console.log(
      `goal: ${GOAL_PER_S} a second and core, also where each has its own signature: ${isReached ? 'reached' : 'MISSED'}`,
    );
  }
  process.exitCode = isReached ? 0 : 1;
}
