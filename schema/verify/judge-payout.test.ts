import { expect, test } from 'vitest';
import type { EpochLeaf } from '../epoch-leaf.ts';
import { hashEpochLeaf } from '../epoch-leaf.ts';
import { growEpochTree } from '../epoch-tree.ts';
import { parsePayoutProof, toPayoutProofJson } from '../payout-proof.ts';
import type { PayoutProof } from '../payout-proof.ts';
import { ACCEPTANCE, makeMessageSigner } from '../receipt.ts';
import { SAMPLE_NODE, sampleChain } from '../sample-bundles.ts';
import { addLeaf, EMPTY_TREE, proveLeaf, rootOf } from '../running-tree.ts';
import { PLACEHOLDER_DOMAIN, ZERO_ADDRESS } from '../typed-data.ts';
import { judgePayout, tellUnits } from './judge-payout.ts';
import type { PayoutFacts } from './judge-payout.ts';

const WALLET = `0x${'77'.repeat(20)}` as const;
const TX = `0x${'12'.repeat(32)}` as const;

const bundles = sampleChain(5);
const digests = bundles.map(({ acceptance }) =>
  makeMessageSigner(PLACEHOLDER_DOMAIN).hash(ACCEPTANCE, acceptance ?? {}),
);
const leaf: EpochLeaf = {
  node: SAMPLE_NODE,
  wallet: WALLET,
  earned: 45n,
  withheld: 0n,
  bonus: 0n,
  count: 5n,
  acceptancesRoot: rootOf(digests.reduce(addLeaf, EMPTY_TREE)),
  spent: 0n,
};
const others = [1, 2, 3].map((i): EpochLeaf => ({ ...leaf, node: `0x${String(i).repeat(40)}` }));
const tree = growEpochTree([leaf, ...others].map(hashEpochLeaf));
const [, , receipt] = bundles;
if (!receipt) throw new Error('no sample');
const PROOF: PayoutProof = {
  object: 'payout_proof',
  receipt,
  toLeaf: proveLeaf(digests, 2),
  leaf,
  toRoot: tree.prove(hashEpochLeaf(leaf)) ?? [],
  epoch: 7,
  root: tree.root,
};
const FACTS: PayoutFacts = {
  domain: PLACEHOLDER_DOMAIN,
  root: { state: 'final', value: tree.root, finalAt: null },
  isRouterKey: true,
  isPaidFor: true,
  claimed: 45n,
  boundWallet: ZERO_ADDRESS,
  claims: [
    { units: 18n, tx: `0x${'11'.repeat(32)}`, wallet: WALLET },
    { units: 27n, tx: TX, wallet: WALLET },
  ],
};
const TEXT = JSON.stringify(toPayoutProofJson(PROOF), null, 2);

/** The links that are not as they should be. */
const faults = (proof: PayoutProof, facts: Partial<PayoutFacts> = {}): string[] =>
  judgePayout(proof, { ...FACTS, ...facts })
    .links.filter(({ state }) => state !== 'holds')
    .map(({ link, state }) => `${link} ${state}`);

test('one proof leads from a receipt to the transaction that paid for it', () => {
  const read = parsePayoutProof(TEXT);
  expect(read).toEqual({ ok: true, value: PROOF });
  const report = judgePayout(PROOF, FACTS);
  expect(report.verdict).toBe('holds');
  expect(report.links.map(({ link }) => link)).toEqual([
    'ticket',
    'receipt',
    'acceptance',
    'leaf',
    'root',
    'chain',
    'payout',
  ]);
  expect(report.links.at(-1)?.sentence).toContain(
    `0.000045 test tokens without value (45 units), was claimed, in transaction ${TX}`,
  );
});

test.each<[string, (text: string) => string, string]>([
  ['the job', (text) => text.replace('"maxOutputTokens": ', '"maxOutputTokens": 1'), 'ticket'],
  ['the home’s signature', (text) => flip(text, receipt.receiptSignature ?? ''), 'receipt'],
  [
    'what the router signed for',
    (text) => text.replace('"cumulativeAmount": "27"', '"cumulativeAmount": "28"'),
    'acceptance',
  ],
  ['a hash on the way to the leaf', (text) => flip(text, PROOF.toLeaf[0] ?? ''), 'leaf'],
  ['what the leaf stands for', (text) => flip(text, leaf.acceptancesRoot), 'leaf'],
  ['what the leaf pays', (text) => text.replace('"earned": "45"', '"earned": "46"'), 'root'],
  ['who is paid', (text) => flip(text, WALLET), 'root'],
  ['a hash on the way to the root', (text) => flip(text, PROOF.toRoot[0] ?? ''), 'root'],
])('one byte of %s breaks its link, which is named', (_, change, link) => {
  const text = change(TEXT);
  expect(text).not.toBe(TEXT);
  const proof = parsePayoutProof(text);
  if (!proof.ok) throw new Error(proof.error);
  const { links, verdict } = judgePayout(proof.value, FACTS);
  expect(verdict).toBe('broken');
  expect(links.find(({ state }) => state === 'broken')?.link).toBe(link);
});

test('no byte of the document can be changed unseen', () => {
  // Each place by itself, as far as it is no blank; a hundred of them.
  const places = Array.from({ length: TEXT.length }, (_, at) => at).filter((at) => /\S/.test(TEXT[at] ?? ''));
  const step = Math.ceil(places.length / 100);
  const unseen = places.filter((at, i) => {
    if (i % step > 0) return false;
    const read = parsePayoutProof(`${TEXT.slice(0, at)}${TEXT[at] === '1' ? '2' : '1'}${TEXT.slice(at + 1)}`);
    return read.ok && judgePayout(read.value, FACTS).verdict !== 'broken';
  });
  expect(unseen).toEqual([]);
});

test.each<[string, Partial<PayoutFacts>, string[]]>([
  ['another chain', { domain: { ...PLACEHOLDER_DOMAIN, chainId: 1 } }, ['chain broken']],
  ['no such root', { root: { state: 'missing', value: null, finalAt: null } }, ['chain broken']],
  ['another root', { root: { ...FACTS.root, value: TX } }, ['chain broken']],
  ['a void root', { root: { ...FACTS.root, state: 'void' } }, ['chain broken']],
  ['a key that is no router’s', { isRouterKey: false }, ['chain broken']],
  ['a contract that refuses', { isPaidFor: false }, ['chain broken']],
  [
    'a root in its window',
    { root: { ...FACTS.root, state: 'pending', finalAt: 1000 }, isPaidFor: null },
    ['chain open'],
  ],
  ['a root of the past', { root: { ...FACTS.root, state: 'passed' }, isPaidFor: null }, []],
  ['units that nobody claimed', { claimed: 44n }, ['payout open']],
])('by %s it is told what is not so', (_, facts, expected) => {
  expect(faults(PROOF, facts)).toEqual(expected);
});

test('an acceptance that the leaf leaves out is no link', () => {
  expect(faults({ ...PROOF, leaf: { ...leaf, count: 2n } })).toEqual(['leaf broken', 'root broken']);
});

test('what this version would not look at is refused by its name', () => {
  const json = toPayoutProofJson(PROOF);
  expect(parsePayoutProof(JSON.stringify({ ...json, receipt: { ...json.receipt, note: 'x' } }))).toEqual({
    ok: false,
    error: 'receipt.note: not a field of a proof, or not in its one form',
  });
  expect(parsePayoutProof(JSON.stringify({ ...json, epoch: -1 }))).toMatchObject({
    ok: false,
    error: expect.stringMatching(/^epoch: /),
  });
  expect(tellUnits(1_234_567n)).toBe('1.234567');
});

function flip(text: string, hex: string): string {
  const other = hex.endsWith('0') ? '1' : '0';
  return text.replace(hex, `${hex.slice(0, -1)}${other}`);
}
