import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hashEpochLeaf, toLeafJson } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { endOfEpoch } from '../../schema/epoch.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { collectLog } from '../test/collect-log.ts';
import type { ToldEpochJson } from './check-epoch.ts';
import { EpochMirror, readMirrored } from './epoch-mirror.ts';

const node = `0x${'11'.repeat(20)}` as const;
const leaf: EpochLeaf = {
  node,
  wallet: ZERO_ADDRESS,
  earned: 9n,
  withheld: 0n,
  bonus: 0n,
  count: 1n,
  acceptancesRoot: ZERO_WORD,
  spent: 0n,
};
const RETRY_MS = 1_800_000;
let folder: string;
let answer: Result<ToldEpochJson | null, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'irori-mirror-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

function tell(epoch: number, change: Partial<EpochLeaf> = {}): ToldEpochJson {
  const own = { ...leaf, ...change };
  return {
    epoch,
    epoch_seconds: 86_400,
    root: hashEpochLeaf(own),
    sha256: 'a'.repeat(64),
    leaf: toLeafJson(own),
    proof: [],
    kept: null,
  };
}

function open(random = 0) {
  const { log, lines } = collectLog();
  const journal = { lastUntil: () => null };
  const doors = {
    folder: join(folder, 'epochs'),
    node,
    ask: async () => answer,
    journal,
    log,
    now: () => NOW,
    random: () => random,
    retryMs: RETRY_MS,
  };
  return { mirror: new EpochMirror(doors), lines };
}
const NOW = endOfEpoch(9, 86_400) + 3_600_000;

test('an epoch is kept once, and the next is asked for after its end, not by all homes at once', async () => {
  answer = ok(tell(9));
  const { mirror, lines } = open();
  const first = await mirror.look();
  expect(NOW + first).toBe(endOfEpoch(10, 86_400) + 900_000);
  expect(await mirror.look()).toBe(RETRY_MS);
  expect((await readMirrored(join(folder, 'epochs'), 10)).map(({ told }) => told.epoch)).toEqual([9]);
  answer = ok(tell(10));
  const last = await open(0.5).mirror.look();
  expect(last).toBe(86_400_000);
  expect(lines).toEqual([]);
});

test('what does not hold is told loudly and kept with the epoch', async () => {
  answer = ok(tell(9));
  const { mirror, lines } = open();
  await mirror.look();
  answer = ok(tell(10, { earned: 8n }));
  await mirror.look();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('an epoch is not what this home was told');
  expect((await readMirrored(join(folder, 'epochs'), 10)).at(-1)?.differences).toEqual(['earned fell from 9 to 8']);
});

test('a router that changes a published epoch is told', async () => {
  answer = ok(tell(9));
  const { mirror, lines } = open();
  await mirror.look();
  answer = ok({ ...tell(9), sha256: 'b'.repeat(64) });
  await mirror.look();
  expect(lines[0]).toContain('the router has changed an epoch that it had published');
});

test('a router that is away, older, or answers otherwise is asked again, and told once', async () => {
  const { mirror, lines } = open();
  answer = err('it is away');
  expect([await mirror.look(), await mirror.look()]).toEqual([RETRY_MS, RETRY_MS]);
  expect(lines).toHaveLength(1);
  answer = ok(null);
  expect(await mirror.look()).toBe(RETRY_MS);
  answer = ok({ epoch: 'x' } as unknown as ToldEpochJson);
  expect(await mirror.look()).toBe(RETRY_MS);
  expect(lines).toHaveLength(2);
});

test('epochs of a little more than a year are kept, each a file', async () => {
  await mkdir(join(folder, 'epochs'));
  for (let epoch = 1; epoch <= 404; epoch++) await writeFile(join(folder, 'epochs', `${epoch}.json`), '{}');
  answer = ok(tell(405));
  await open().mirror.look();
  const names = await readdir(join(folder, 'epochs'));
  expect(names).toHaveLength(400);
  expect(names).not.toContain('5.json');
});

test('it looks soon after the start, and never again once it is closed', async () => {
  vi.useFakeTimers();
  answer = err('it is away');
  const { mirror, lines } = open(1);
  mirror.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines).toHaveLength(1);
  mirror.close();
  expect(vi.getTimerCount()).toBe(0);
});
