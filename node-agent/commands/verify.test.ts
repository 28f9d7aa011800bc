import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  ACCEPTANCE,
  JOB_TICKET,
  makeMessageSigner,
  receiptBundleSchema,
  toMessageJson,
  USAGE_RECEIPT,
} from '../../schema/receipt.ts';
import type { MadeSeal, ReceiptBundleJson } from '../../schema/receipt.ts';
import { chainOfHub, SEAL_KIND, toSealedJson } from '../../schema/seal.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { sampleTicket } from '../../schema/sample-messages.ts';
import { buildReceipt, buildWork } from '../receipts/build-receipt.ts';
import { runVerify } from './verify.ts';

const NODE_KEY = new Uint8Array(32).fill(5);
const ROUTER_KEY = new Uint8Array(32).fill(9);
const NODE = addressOfPrivateKey(NODE_KEY);
const ROUTER = addressOfPrivateKey(ROUTER_KEY);
const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);

let folder: string;
let printed: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-verify-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function makeBundle(change: { outputTokens?: number; accepted?: boolean; part?: number } = {}): ReceiptBundleJson {
  const ticket = sampleTicket({ jobId: `0x${'ab'.repeat(16)}${'00'.repeat(16)}`, node: NODE, part: change.part ?? 0 });
  const work = {
    promptTokens: 4,
    outputTokens: 6,
    finish: 'stop',
    ttftMs: 1,
    durationMs: 2,
    responseHash: ZERO_WORD,
  } as const;
  const place = { seq: 1n, prevReceipt: ZERO_WORD };
  const ticketHash = signer.hash(JOB_TICKET, ticket);
  const receipt = buildReceipt({ ticketHash, node: NODE }, buildWork(ticket, work), place);
  const outputTokens = change.outputTokens ?? 6;
  const acceptance = {
    receiptHash: signer.hash(USAGE_RECEIPT, receipt),
    node: NODE,
    promptTokens: 4,
    outputTokens,
    amount: 9n,
    status: 0,
    epoch: 1,
    count: 1n,
    cumulativeAmount: 9n,
  };
  const isAccepted = change.accepted !== false;
  return {
    domain: PLACEHOLDER_DOMAIN,
    router: ROUTER,
    ticket: toMessageJson(ticket),
    ticketSignature: signer.sign(JOB_TICKET, ticket, ROUTER_KEY),
    receipt: toMessageJson(receipt),
    receiptSignature: signer.sign(USAGE_RECEIPT, receipt, NODE_KEY),
    acceptance: isAccepted ? toMessageJson(acceptance) : null,
    acceptanceSignature: isAccepted ? signer.sign(ACCEPTANCE, acceptance, ROUTER_KEY) : null,
  };
}

async function verify(value: unknown, isJson = false): Promise<number> {
  const file = join(folder, 'receipt.json');
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return runVerify([file], isJson);
}

test('a good bundle says who signed what, with each count', async () => {
  expect(await verify(makeBundle())).toBe(0);
  expect(printed).toContain(`valid  rcpt_${'ab'.repeat(16)}_0`);
  expect(printed).toContain(`node ${NODE} (number 1): 4 prompt, 6 output tokens, 10 units, ended by stop`);
  expect(printed).toContain('4 prompt, 6 output tokens, 9 units, accepted; 9 units in 1 receipts so far');
});

test('a list as the API gives it is checked part by part', async () => {
  expect(await verify({ object: 'list', data: [makeBundle(), makeBundle({ accepted: false })] })).toBe(0);
  expect(printed).toContain('acceptance   none yet');
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
    expect(printed).toContain(`fault        ${fault}: `);
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
  const sealed = seal([makeBundle({ part: 0 }), makeBundle({ part: 1 }), makeBundle({ part: 2 })], 12n);
  expect(await verify({ data: sealed })).toBe(0);
  expect(printed).toContain(
    `receipt      seal 12 of receipts, signed by ${NODE}: 3 messages under it, 2 hashes of proof`,
  );
  expect(printed).toMatch(/ticket {7}seal 12 of tickets, signed by 0x\w+: 3 messages under it, 1 hash of proof/);
  printed = '';
  expect(await verify(seal([makeBundle()], 1n)[0], true)).toBe(0);
  const alone = { kind: 'acceptances', number: '1', covers: 1, hashes: 0, total: '9' };
  expect(JSON.parse(printed)).toMatchObject({
    ok: true,
    parts: [{ proofs: { receipt: { signer: NODE }, acceptance: { signer: ROUTER, seal: alone } } }],
    contradictions: [],
  });
});

test('a proof that leads elsewhere, or a seal of another kind, is no proof', async () => {
  const [one, other] = seal([makeBundle({ part: 0 }), makeBundle({ part: 1 })], 1n);
  expect(await verify({ ...one!, receiptSeal: other!.receiptSeal })).toBe(1);
  expect(printed).toContain('fault        receipt-signature');
  printed = '';
  expect(await verify({ ...one!, acceptanceSeal: one!.ticketSeal, acceptanceSignature: one!.ticketSignature })).toBe(1);
  expect(printed).toContain('fault        acceptance-signature');
});

test('two seals of one number that differ are told as evidence, across files and as JSON', async () => {
  const [one] = seal([makeBundle({ part: 0 })], 5n);
  const [other] = seal([makeBundle({ part: 1 })], 5n);
  const files = [one, other].map((bundle, i) => {
    const file = join(folder, `${i}.json`);
    writeFileSync(file, JSON.stringify(bundle));
    return file;
  });
  expect(await runVerify(files, false)).toBe(1);
  expect(printed.match(/^valid/gm)).toHaveLength(2);
  expect(printed.match(/^EQUIVOCATION/gm)).toHaveLength(3);
  expect(printed).toContain(`${NODE} has signed two different seals of receipts under the number 5`);
  printed = '';
  expect(await runVerify(files, true)).toBe(1);
  const { ok, contradictions } = JSON.parse(printed) as {
    ok: boolean;
    contradictions: { signer: string; seals: { signature: string }[] }[];
  };
  expect(ok).toBe(false);
  expect(contradictions.map(({ signer: by }) => by)).toEqual([ROUTER, NODE, ROUTER]);
  expect(contradictions[1]?.seals.map(({ signature }) => signature)).toEqual([
    one!.receiptSignature,
    other!.receiptSignature,
  ]);
});

test('seals of different numbers, or that nobody signed, are no evidence', async () => {
  const good = [...seal([makeBundle({ part: 0 })], 5n), ...seal([makeBundle({ part: 1 })], 6n)];
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
  expect(await verify({ data: [makeBundle(), makeBundle({ outputTokens: 7 })] }, true)).toBe(1);
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
  expect(await runVerify([join(folder, 'missing.json')], false)).toBe(1);
});
