import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ACCEPTANCE, JOB_TICKET, makeMessageSigner, toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { ReceiptBundleJson } from '../../schema/receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { sampleTicket } from '../../schema/sample-messages.ts';
import { buildReceipt, buildWork } from '../receipts/build-receipt.ts';
import { runVerify } from './verify.ts';

const NODE_KEY = new Uint8Array(32).fill(5);
const ROUTER_KEY = new Uint8Array(32).fill(9);
const NODE = addressOfPrivateKey(NODE_KEY);
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

function makeBundle(change: { outputTokens?: number; accepted?: boolean } = {}): ReceiptBundleJson {
  const ticket = sampleTicket({ jobId: `0x${'ab'.repeat(16)}${'00'.repeat(16)}`, node: NODE });
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
    router: addressOfPrivateKey(ROUTER_KEY),
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
