import { expect, test } from 'vitest';
import { checkReceiptOfTicket } from '../../schema/check-bundle.ts';
import { FINISH, JOB_TICKET, makeMessageSigner, toMessageJson, usageReceiptSchema } from '../../schema/receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { sampleTicket } from '../../schema/sample-messages.ts';
import { buildReceipt, buildWork, estimatePromptTokens } from './build-receipt.ts';
import type { WorkDone } from './build-receipt.ts';

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
  expect(buildWork(TICKET, WORK)).toMatchObject({
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

test('a receipt says what its energy claim says', () => {
  const energy = { microWh: 41_000, lowMicroWh: 36_000, highMicroWh: 46_000, method: 'counter' } as const;
  expect(buildWork(TICKET, { ...WORK, energy })).toMatchObject({
    energyMicroWh: 41_000n,
    energyLowMicroWh: 36_000n,
    energyHighMicroWh: 46_000n,
    energyMethod: 1,
  });
});

test('the prompt is earned also where the ticket does not charge it: a second prefill is work too', () => {
  expect(buildWork({ ...TICKET, chargePrompt: false }, WORK).amount).toBe(170n);
});

test('counts never cross the limits of the ticket', () => {
  const work = buildWork(TICKET, { ...WORK, promptTokens: 1000, outputTokens: 1000 });
  expect(work).toMatchObject({ promptTokens: 100, outputTokens: 50, amount: 650n });
});

test('a receipt is the work at its place in the chain: it fits its ticket, and survives JSON', () => {
  const ticketHash = signer.hash(JOB_TICKET, TICKET);
  const receipt = buildReceipt({ ticketHash, node: TICKET.node }, buildWork(TICKET, WORK), PLACE);
  expect(receipt).toMatchObject(PLACE);
  const parsed = usageReceiptSchema.parse(JSON.parse(JSON.stringify(toMessageJson(receipt))));
  expect(parsed).toEqual(receipt);
  expect(checkReceiptOfTicket(signer, { ticket: TICKET }, parsed)).toBeNull();
});

test('prompt tokens are guessed from the bytes of the text', () => {
  expect(estimatePromptTokens([], '')).toBe(0);
  expect(estimatePromptTokens(['hello', '漢'], '')).toBe(2);
  expect(estimatePromptTokens(['hello', '漢'], ' and so on')).toBe(5);
});
