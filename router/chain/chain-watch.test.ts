// Broken nodes, and strangers' events, before the books.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { BOUGHT_TOPIC, CLAIMED_TOPIC } from '../../schema/chain-events.ts';
import { makeWord } from '../../schema/abi-words.ts';
import { FakeStorage } from '../test/workerd/sqlite-objects.ts';
import { ChainWatch } from './chain-watch.ts';
import { makeEventsChain } from './events-chain.ts';
import type { DatedEvent } from './events-chain.ts';
import { WatchLog } from './watch-log.ts';

const CHAIN = 11_155_111;
const PAYOUTS: Hex = `0x${'c0'.repeat(20)}`;
const CREDITS: Hex = `0x${'c1'.repeat(20)}`;
const STRANGER: Hex = `0x${'99'.repeat(20)}`;
const TOP = 1000;
const wordOf = (value: number | Hex): Hex => `0x${makeWord(value)}`;

/** What the node says instead of the truth; undefined for the truth. */
let lie: ((method: string, params: readonly any[]) => unknown) | null;
let logs: object[];
let booked: { readonly id: string; readonly event: DatedEvent }[];
let now: number;
let watch: ChainWatch;
let watchLog: WatchLog;

const logAt = (address: Hex, block: number, more: object = {}): object => ({
  address,
  topics: [CLAIMED_TOPIC, wordOf(STRANGER), wordOf(STRANGER)],
  data: wordOf(7),
  blockNumber: `0x${block.toString(16)}`,
  blockHash: wordOf(block),
  transactionHash: wordOf(5000 + block),
  logIndex: '0x0',
  ...more,
});

function answer(method: string, [first]: readonly any[]): unknown {
  switch (method) {
    case 'eth_chainId':
      return `0x${CHAIN.toString(16)}`;
    case 'eth_blockNumber':
      return `0x${TOP.toString(16)}`;
    case 'eth_call':
      return wordOf(CREDITS);
    case 'eth_getBlockByNumber':
      return { number: first, hash: wordOf(Number(first)), timestamp: '0x1' };
    case 'eth_getLogs': {
      const [from, to] = [Number(first.fromBlock), Number(first.toBlock)];
      return logs.filter((one) => between(Number((one as { blockNumber: Hex }).blockNumber), from, to));
    }
    case 'eth_getTransactionReceipt':
      return { blockHash: wordOf(Number(first) - 5000), from: STRANGER, gasUsed: '0x1', effectiveGasPrice: '0x1' };
    default:
      throw new Error(method);
  }
}

function between(value: number, from: number, to: number): boolean {
  return value >= from && value <= to;
}

beforeEach(() => {
  [lie, logs, booked, now] = [null, [], [], 1_700_000_000_000];
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    const { method, params } = JSON.parse(init.body as string) as { method: string; params: any[] };
    const told = lie?.(method, params);
    if (told instanceof Response || told instanceof Promise) return told;
    return Response.json({ result: told === undefined ? answer(method, params) : told });
  });
  watchLog = new WatchLog(new FakeStorage().open() as DurableObjectStorage);
  watch = new ChainWatch(watchLog, {
    chainId: CHAIN,
    chain: makeEventsChain({ url: 'https://node.test', chainId: CHAIN, contract: PAYOUTS }),
    book: async (id, event) => void booked.push({ id, event }),
    now: () => now,
  });
});
afterEach(() => void vi.unstubAllGlobals());

async function run(times: number): Promise<void> {
  for (let i = 0; i < times; i++) now = Math.max(now, await watch.tick());
}

/** As public nodes do, each in its own way, where they are asked for too many blocks at once. */
const TOO_MANY: Record<string, () => unknown> = {
  'refuses it in JSON-RPC': () => Response.json({ error: { code: -32_005, message: 'range too large' } }),
  'refuses it in words': () => new Response('<html>413 Request Entity Too Large</html>', { status: 413 }),
  'does not answer in time': () => Promise.reject(new DOMException('The operation timed out.', 'TimeoutError')),
  'says more than there is room for': () => new Response(`{"result":[${'0,'.repeat(5 << 20)}0]}`),
};

test.each(Object.keys(TOO_MANY))('a node that %s is asked for fewer blocks, and nothing is left out', async (way) => {
  logs = [1, 400, 900].map((block) => logAt(PAYOUTS, block));
  lie = (method, [first]) =>
    method === 'eth_getLogs' && Number(first.toBlock) - Number(first.fromBlock) > 300 ? TOO_MANY[way]?.() : undefined;
  await run(12);
  expect(booked.map(({ event }) => event.block)).toEqual([1, 400, 900]);
  expect(watchLog.cursor?.number).toBe(TOP - 64);
});

test('events of other contracts, and others of these two, are passed over', async () => {
  const topics = [BOUGHT_TOPIC, wordOf(1), wordOf(8), wordOf(STRANGER)];
  logs = [
    logAt(STRANGER, 1),
    logAt(STRANGER, 2, { topics }),
    // Each says what only the other may.
    logAt(PAYOUTS, 3, { topics }),
    logAt(CREDITS, 4),
    logAt(PAYOUTS, 5, { topics: [wordOf(1)], data: '0x' }),
    logAt(PAYOUTS, 6, { topics: [] }),
    logAt(CREDITS, 7, { topics }),
  ];
  await run(2);
  expect(booked.map(({ event }) => [event.block, event.kind])).toEqual([[7, 'bought']]);
});

test('the same event, told ten times over, is one', async () => {
  logs = Array.from({ length: 10 }, () => logAt(PAYOUTS, 1));
  await run(2);
  expect(booked).toHaveLength(1);
});

const BROKEN: [string, string, unknown][] = [
  ['another chain', 'eth_chainId', '0x1'],
  ['a chain of value', 'eth_chainId', '0x2105'],
  ['no hex', 'eth_blockNumber', 'soon'],
  ['a list for a number', 'eth_blockNumber', []],
  ['no contract', 'eth_call', '0x'],
  ['an object for logs', 'eth_getLogs', {}],
  ['a log without a place', 'eth_getLogs', [{ address: PAYOUTS, topics: [], data: '0x' }]],
  ['units that nobody can have', 'eth_getLogs', [logAt(PAYOUTS, 1, { data: `0x${'f'.repeat(64)}` })]],
  ['an address of more than twenty bytes', 'eth_getLogs', [logAt(PAYOUTS, 1, { data: '0x' })]],
  ['no receipt', 'eth_getTransactionReceipt', null],
  ['no block', 'eth_getBlockByNumber', null],
];

test.each(BROKEN)('%s: nothing is booked and nothing passed by, and once the node is whole all is', async (...lies) => {
  const [, wrong, said] = lies;
  logs = [logAt(PAYOUTS, 1)];
  lie = (method) => (method === wrong ? said : undefined);
  await run(3);
  expect(booked).toEqual([]);
  lie = null;
  await run(3);
  expect(booked).toHaveLength(1);
});
