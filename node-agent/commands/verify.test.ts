import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { receiptBundleSchema } from '../../schema/check-bundle.ts';
import type { ReceiptBundle, ReceiptBundleJson } from '../../schema/check-bundle.ts';
import { ACCEPTANCE, JOB_TICKET, makeMessageSigner, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { MadeSeal } from '../../schema/receipt.ts';
import { SAMPLE_KEYS, SAMPLE_NODE, SAMPLE_ROUTER, sampleChain, toBundleJson } from '../../schema/sample-bundles.ts';
import { chainOfHub, SEAL_KIND, toSealedJson } from '../../schema/seal.ts';
import { PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { runVerify } from './verify.ts';

const { node: NODE_KEY, router: ROUTER_KEY } = SAMPLE_KEYS;
const NODE = SAMPLE_NODE;
const ROUTER = SAMPLE_ROUTER;
const ID = `rcpt_${'0'.repeat(30)}ab_0`;
const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);

let folder: string;
let printed: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-verify-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text).replaceAll(/(?<=\S)\n {4,}/g, ' ');
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** The receipt at this place of a chain, from 0, signed for itself as before version 3. */
function makeBundle(change: { outputTokens?: number; accepted?: boolean; at?: number } = {}): ReceiptBundleJson {
  const { at = 0, accepted = true, outputTokens = 6 } = change;
  const bundle = sampleChain(at + 1, { acceptance: () => ({ outputTokens }) })[at] as ReceiptBundle;
  const { ticket, receipt, acceptance } = bundle;
  return {
    ...toBundleJson({ ...bundle, acceptance: accepted ? acceptance : null }),
    ticketSeal: null,
    ticketSignature: signer.sign(JOB_TICKET, ticket, ROUTER_KEY),
    receiptSeal: null,
    receiptSignature: signer.sign(USAGE_RECEIPT, receipt!, NODE_KEY),
    acceptanceSeal: null,
    acceptanceSignature: accepted ? signer.sign(ACCEPTANCE, acceptance!, ROUTER_KEY) : null,
  };
}

async function verify(value: unknown, isJson = false): Promise<number> {
  const file = join(folder, 'receipt.json');
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return runVerify([file], { isJson, answer: null });
}

test('a good bundle says who signed what, with each count', async () => {
  expect(await verify(makeBundle())).toBe(0);
  expect(printed).toContain(`valid  ${ID}`);
  expect(printed).toContain(`node ${NODE} (number 1): 4 prompt, 6 output tokens, 10 units, ended by stop`);
  expect(printed).toContain('4 prompt, 6 output tokens, 9 units, accepted; 9 units in 1 receipts so far');
});

test('a list as the API gives it is checked part by part, and as a chain', async () => {
  expect(await verify({ object: 'list', data: [makeBundle(), makeBundle({ at: 1 })] })).toBe(0);
  expect(printed).toContain(`chain         ${NODE}: receipts 1 to 2, 2 links checked`);
});

test('a chain that does not fit is told with both hashes', async () => {
  const broken = sampleChain(2, { receipt: () => ({ prevReceipt: ZERO_WORD }) }).map(toBundleJson);
  expect(await verify({ data: broken })).toBe(1);
  expect(printed.match(/^valid/gm)).toHaveLength(2);
  expect(printed).toMatch(/^BROKEN LINK {3}the chain of 0x\w+ breaks: rcpt_\w+ names 0x0+ as the receipt before it/m);
});

test('one that the router has not accepted yet is told so, and is not valid', async () => {
  expect(await verify(makeBundle({ accepted: false }))).toBe(1);
  expect(printed).toContain('fault       not-accepted: not yet accepted: the node has signed and the router has not');
  expect(printed).toContain('acceptance  none yet');
});

test('a raised count, a foreign signature and a missing receipt are named', async () => {
  const good = makeBundle();
  const cases: [ReceiptBundleJson, string][] = [
    [makeBundle({ outputTokens: 7 }), 'counts-raised'],
    [{ ...good, ticketSignature: good.receiptSignature ?? '' }, 'ticket-signature'],
    [{ ...good, receipt: { ...good.receipt!, outputTokens: 5 } }, 'receipt-signature'],
    [{ ...good, receipt: null, receiptSignature: null }, 'no-receipt'],
  ];
  for (const [bundle, fault] of cases) {
    printed = '';
    expect(await verify(bundle)).toBe(1);
    expect(printed).toContain('NOT VALID');
    expect(printed).toContain(`fault       ${fault}: `);
  }
});

/** The bundles' messages under one seal of each kind, as version 3 makes them; `number` is that of all three seals. */
function seal(bundles: readonly ReceiptBundleJson[], number: bigint): ReceiptBundleJson[] {
  const facts = { node: NODE, number, previous: ZERO_WORD, total: 9n, atMs: 1n };
  const parsed = bundles.map((bundle) => receiptBundleSchema.parse(bundle));
  const tickets = parsed.map(({ ticket }) => signer.hash(JOB_TICKET, ticket));
  const receipts = parsed.map(({ receipt }) => signer.hash(USAGE_RECEIPT, receipt!));
  const acceptances = parsed.map(({ acceptance }) => signer.hash(ACCEPTANCE, acceptance!));
  const ofTickets = signer.seal({ ...facts, kind: SEAL_KIND.tickets, node: chainOfHub('h') }, tickets, ROUTER_KEY);
  const ofReceipts = signer.seal({ ...facts, kind: SEAL_KIND.receipts }, receipts, NODE_KEY);
  const ofAcceptances = signer.seal({ ...facts, kind: SEAL_KIND.acceptances }, acceptances, ROUTER_KEY);
  const place = (made: MadeSeal, i: number) => toSealedJson({ seal: made.seal, proof: [...(made.proofs[i] ?? [])] });
  return bundles.map((bundle, i) => ({
    ...bundle,
    ticketSignature: ofTickets.signature,
    ticketSeal: place(ofTickets, i),
    receiptSignature: ofReceipts.signature,
    receiptSeal: place(ofReceipts, i),
    acceptanceSignature: ofAcceptances.signature,
    acceptanceSeal: place(ofAcceptances, i),
  }));
}

test('under seals it says whose, which, over how many and with how many hashes, in words and as JSON', async () => {
  const sealed = seal([makeBundle({ at: 0 }), makeBundle({ at: 1 }), makeBundle({ at: 2 })], 12n);
  expect(await verify({ data: sealed })).toBe(0);
  expect(printed).toContain(
    `receipt     seal 12 of receipts, signed by ${NODE}: 3 messages under it, 2 hashes of proof`,
  );
  expect(printed).toMatch(/ticket {6}seal 12 of tickets, signed by 0x\w+: 3 messages under it, 1 hash of proof/);
  printed = '';
  expect(await verify(seal([makeBundle()], 1n)[0], true)).toBe(0);
  const alone = { kind: 'acceptances', number: '1', covers: 1, hashes: 0, total: '9' };
  expect(JSON.parse(printed)).toMatchObject({
    ok: true,
    parts: [{ proofs: { receipt: { signer: NODE }, acceptance: { signer: ROUTER, seal: alone } } }],
    evidence: [],
  });
});

test('a proof that leads elsewhere, or a seal of another kind, is no proof', async () => {
  const [one, other] = seal([makeBundle({ at: 0 }), makeBundle({ at: 1 })], 1n);
  expect(await verify({ ...one!, receiptSeal: other!.receiptSeal })).toBe(1);
  expect(printed).toContain('fault       receipt-signature');
  printed = '';
  expect(await verify({ ...one!, acceptanceSeal: one!.ticketSeal, acceptanceSignature: one!.ticketSignature })).toBe(1);
  expect(printed).toContain('fault       acceptance-signature');
});

test('two seals of one number that differ are told as evidence, across files and as JSON', async () => {
  const [one] = seal([makeBundle({ at: 0 })], 5n);
  const [other] = seal([makeBundle({ at: 1 })], 5n);
  const files = [one, other].map((bundle, i) => {
    const file = join(folder, `${i}.json`);
    writeFileSync(file, JSON.stringify(bundle));
    return file;
  });
  expect(await runVerify(files, { isJson: false, answer: null })).toBe(3);
  expect(printed.match(/^valid/gm)).toHaveLength(2);
  expect(printed.match(/^EQUIVOCATION/gm)).toHaveLength(3);
  expect(printed).toContain(`${NODE} has signed two different seals of receipts under the number 5`);
  printed = '';
  expect(await runVerify(files, { isJson: true, answer: null })).toBe(3);
  const told = JSON.parse(printed) as {
    ok: boolean;
    verdict: string;
    evidence: { message: string; evidence: object }[];
  };
  expect(told).toMatchObject({ ok: false, verdict: 'equivocation' });
  const documents = told.evidence.map(({ evidence }) => evidence);
  expect(documents).toMatchObject([
    { of: 'seals', signer: ROUTER },
    {
      of: 'seals',
      signer: NODE,
      one: { signature: one!.receiptSignature },
      other: { signature: other!.receiptSignature },
    },
    { of: 'seals', signer: ROUTER },
  ]);
  // Each is evidence without the receipts that it came from.
  printed = '';
  expect(await verify(documents[1])).toBe(3);
  expect(printed).toBe(`EQUIVOCATION  ${NODE} has signed two different seals of receipts under the number 5.\n`);
  printed = '';
  expect(await verify({ ...documents[1], signer: ROUTER })).toBe(1);
  expect(printed).toMatch(/^NO EVIDENCE {3}this is no evidence: the first message is not signed/);
});

test('a saved answer is held against the receipt’s hash', async () => {
  const [file, answer] = [join(folder, 'r.json'), join(folder, 'answer.txt')];
  writeFileSync(file, JSON.stringify(makeBundle()));
  writeFileSync(
    answer,
    'data: {"choices":[{"index":0,"delta":{"content":"x"},"logprobs":null,"finish_reason":null}]}\n\n',
  );
  expect(await runVerify([file], { isJson: false, answer })).toBe(1);
  expect(printed).toContain(`OTHER ANSWER  ${ID} is not over the answer given`);
  expect(await runVerify([file], { isJson: false, answer: join(folder, 'none') })).toBe(1);
});

test('seals of different numbers, or that nobody signed, are no evidence', async () => {
  const good = [...seal([makeBundle({ at: 0 })], 5n), ...seal([makeBundle({ at: 1 })], 6n)];
  expect(await verify({ data: good })).toBe(0);
  printed = '';
  const forged = {
    ...good[0]!,
    receiptSeal: { ...good[0]!.receiptSeal!, seal: { ...good[0]!.receiptSeal!.seal, total: '1' } },
  };
  expect(await verify({ data: [good[0], forged] })).toBe(1);
  expect(printed).not.toContain('EQUIVOCATION');
});

test('as JSON the answer is one object', async () => {
  expect(await verify({ data: [makeBundle(), makeBundle({ at: 1, outputTokens: 7 })] }, true)).toBe(1);
  expect(JSON.parse(printed)).toMatchObject({
    ok: false,
    parts: [
      { ok: true, receipt: { outputTokens: 6 } },
      { ok: false, fault: 'counts-raised' },
    ],
  });
});

test('what is no receipt is said to be none, with the field', async () => {
  expect(await verify('{')).toBe(1);
  expect(printed).toContain('cannot be read as JSON');
  printed = '';
  expect(await verify({ ...makeBundle(), router: 'me' })).toBe(1);
  expect(printed).toContain('router: must be a 20-byte address');
  expect(await runVerify([join(folder, 'missing.json')], { isJson: false, answer: null })).toBe(1);
});
