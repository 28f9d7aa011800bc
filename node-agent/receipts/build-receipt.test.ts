import { expect, test } from 'vitest';
import {
  checkReceiptOfTicket,
  FINISH,
  JOB_TICKET,
  makeMessageSigner,
  USAGE_RECEIPT,
  usageReceiptSchema,
} from '../../schema/receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { sampleTicket } from '../../schema/sample-messages.ts';
import { buildReceipt, estimatePromptTokens, signReceipt } from './sign-receipt.ts';
import type { WorkDone } from './sign-receipt.ts';

const KEY = new Uint8Array(32).fill(5);
const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
const TICKET = sampleTicket({
  node: addressOfPrivateKey(KEY),
  maxOutputTokens: 50,
  priceIn: 3_000_000n,
  priceOut: 7_000_000n,
});
const WORK: WorkDone = {
  promptTokens: 10,
  outputTokens: 20,
  finish: 'stop',
  ttftMs: 12.4,
  durationMs: 99.6,
  responseHash: ZERO_WORD,
};
const PLACE = { seq: 7n, prevReceipt: ZERO_WORD };

test('a receipt prices its counts at the ticket and says that energy is unknown', () => {
  expect(buildReceipt(TICKET, ZERO_WORD, WORK, PLACE)).toMatchObject({
    seq: 7n,
    promptTokens: 10,
    outputTokens: 20,
    amount: 170n,
    finish: FINISH.stop,
    ttftMs: 12,
    durationMs: 100,
    energyMethod: 0,
    energyMicroWh: 0n,
  });
});

test('the prompt is earned also where the ticket does not charge it: a second prefill is work too', () => {
  expect(buildReceipt({ ...TICKET, chargePrompt: false }, ZERO_WORD, WORK, PLACE).amount).toBe(170n);
});

test('counts never cross the limits of the ticket', () => {
  const receipt = buildReceipt(TICKET, ZERO_WORD, { ...WORK, promptTokens: 1000, outputTokens: 1000 }, PLACE);
  expect(receipt).toMatchObject({ promptTokens: 100, outputTokens: 50, amount: 650n });
});

test('what is signed is its own, fits its ticket, and survives JSON', () => {
  const ticketHash = signer.hash(JOB_TICKET, TICKET);
  const issued = signReceipt(signer, KEY, { ticket: TICKET, ticketHash, work: WORK, place: PLACE });
  const parsed = usageReceiptSchema.parse(JSON.parse(JSON.stringify(issued.receiptJson)));
  expect(parsed).toEqual(issued.receipt);
  expect(signer.recover(USAGE_RECEIPT, parsed, issued.signature)).toEqual({ ok: true, value: TICKET.node });
  expect(checkReceiptOfTicket(signer, { ticket: TICKET }, parsed)).toBeNull();
});

test('prompt tokens are guessed from the bytes of the text', () => {
  expect(estimatePromptTokens([], '')).toBe(0);
  expect(estimatePromptTokens(['hello', '漢'], '')).toBe(2);
  expect(estimatePromptTokens(['hello', '漢'], ' and so on')).toBe(5);
});
