import { expect, test } from 'vitest';
import { epochLeafSchema } from './epoch-leaf.ts';
import type { EpochLeaf } from './epoch-leaf.ts';
import { checkEpochFile, encodeEpochFile, makeEpochFile, parseEpochFile } from './epoch-file.ts';
import type { EpochFacts, ReadFile } from './epoch-file.ts';
import { PLACEHOLDER_DOMAIN } from './typed-data.ts';
import vectors from './epoch-leaf.vectors.json' with { type: 'json' };

const LEAVES = (vectors.trees.at(-1)?.leaves ?? []).map((leaf) => epochLeafSchema.parse(leaf));
const FACTS: EpochFacts = {
  epoch: 20_780,
  seconds: 86_400,
  domain: PLACEHOLDER_DOMAIN,
  previous: null,
  kept: [],
  leaves: LEAVES,
};

function publish(facts: Partial<EpochFacts> = {}, sha256 = 'a'.repeat(64)): ReadFile {
  const text = encodeEpochFile(makeEpochFile({ ...FACTS, ...facts }));
  const file = parseEpochFile(text);
  if (!file.ok) throw new Error(file.error);
  return { text, file: file.value, sha256 };
}

const before = publish();
const after = { epoch: 20_781, previous: { epoch: 20_780, sha256: before.sha256 } };

test('a file is read again to the same text, in whatever order its leaves were given', () => {
  expect(encodeEpochFile(before.file)).toBe(before.text);
  expect(publish({ leaves: LEAVES.toReversed() }).text).toBe(before.text);
  expect(before.file.totals).toMatchObject({ earned: LEAVES.reduce((sum, { earned }) => sum + earned, 0n) });
  expect(checkEpochFile(before)).toEqual([]);
});

test('a file of no leaves has a root of zeros and can be recomputed', () => {
  const empty = publish({ leaves: [] });
  expect(empty.file.root).toBe(`0x${'0'.repeat(64)}`);
  expect(checkEpochFile(empty)).toEqual([]);
});

test('the next file holds where nothing has fallen and it names the one before it', () => {
  const leaves = LEAVES.map((leaf) => ({ ...leaf, earned: leaf.earned + 5n, withheld: 0n }));
  expect(checkEpochFile(publish({ ...after, leaves }), before)).toEqual([]);
  const kept = [{ node: `0x${'ab'.repeat(20)}`, reason: 'book-has-less', account: 5n, book: 3n }] as const;
  expect(checkEpochFile(publish({ ...after, kept: [...kept] }), before)).toEqual([]);
});

test.each<[string, (text: string) => string, RegExp]>([
  ['an amount that was raised', (text) => text.replace('"earned":"16"', '"earned":"17"'), /^root: .*|totals/],
  ['another total', (text) => text.replace(/"totals":\{"earned":"\d+"/, '"totals":{"earned":"1"'), /^totals\.earned/],
  ['another root', (text) => text.replace(/"root":"0x../, '"root":"0x00'), /^root/],
  ['a blank more', (text) => text.replace('"version":1', '"version": 1'), /canonical/],
])('%s is found', (_, change, fault) => {
  const text = change(before.text);
  expect(text).not.toBe(before.text);
  const file = parseEpochFile(text);
  expect(file.ok && checkEpochFile({ text, file: file.value })[0]).toMatch(fault);
});

test.each<[string, Partial<EpochFacts>, RegExp]>([
  ['a node that was left out', { leaves: LEAVES.slice(1) }, /has no leaf any more/],
  [
    'earnings that fell',
    { leaves: LEAVES.map((leaf, i) => (i === 5 ? { ...leaf, earned: 1n } : leaf)) },
    /earned fell from 25 to 1/,
  ],
  ['a node that stands twice', { leaves: [...LEAVES, { ...(LEAVES[0] as EpochLeaf), earned: 9n }] }, /two leaves/],
  ['another file before it', { previous: { epoch: 20_780, sha256: 'b'.repeat(64) } }, /^previous/],
  ['an epoch that does not follow', { epoch: 20_780 }, /does not follow/],
])('beside the file before it %s is found', (_, change, fault) => {
  expect(checkEpochFile(publish({ ...after, ...change }), before).join('\n')).toMatch(fault);
});

test('on a chain what can be claimed does not fall, and without one it may', () => {
  const domain = { chainId: 31_337, verifyingContract: `0x${'c0'.repeat(20)}` } as const;
  const leaves = LEAVES.map((leaf) => ({ ...leaf, earned: 900_000n, spent: 300_001n }));
  const rich = leaves.map((leaf) => ({ ...leaf, spent: 300_000n }));
  expect(checkEpochFile(publish({ ...after, leaves }), publish({ leaves: rich }))).toEqual([]);
  expect(checkEpochFile(publish({ ...after, leaves, domain }), publish({ leaves: rich }))).toEqual([]);
  const onChain = publish({ domain, leaves: rich });
  expect(checkEpochFile(publish({ ...after, leaves, domain }), onChain).join()).toMatch(
    /what can be claimed fell from/,
  );
});

test.each(['', '{}', '[]', '{"version":2}', before.text.replace('"epoch":20780', '"epoch":-1')])(
  '%.20s is no file',
  (text) => {
    expect(parseEpochFile(text)).toMatchObject({ ok: false });
  },
);
