// Messages with nothing special about them, for the tests of both ends: a test says what is special about its own.
import type { JobRequestOf } from './job-request.ts';
import { FINISH } from './receipt.ts';
import type { JobTicket, UsageReceipt } from './receipt.ts';
import { ZERO_WORD } from './typed-data.ts';

/** The year 2100, ms since epoch. */
const FAR_OFF_MS = 4_102_444_800_000n;

/** A ticket for a node, which covers a hundred tokens each way at one unit a token and holds for ever. */
export function sampleTicket(facts: Partial<JobTicket> & Pick<JobTicket, 'node'>): JobTicket {
  return {
    jobId: ZERO_WORD,
    part: 0,
    epoch: 1,
    modelId: ZERO_WORD,
    requestHash: ZERO_WORD,
    salt: ZERO_WORD,
    chargePrompt: true,
    allowance: ZERO_WORD,
    maxPromptTokens: 100,
    maxOutputTokens: 100,
    seed: 0n,
    priceIn: 1_000_000n,
    priceOut: 1_000_000n,
    auditCommit: ZERO_WORD,
    issuedAtMs: 0n,
    expiresAtMs: FAR_OFF_MS,
    ...facts,
  };
}

/** The first receipt of a node, for a part that gave nothing and ended well. */
export function sampleReceipt(facts: Partial<UsageReceipt> & Pick<UsageReceipt, 'ticketHash' | 'node'>): UsageReceipt {
  return {
    seq: 1n,
    prevReceipt: ZERO_WORD,
    responseHash: ZERO_WORD,
    promptTokens: 0,
    outputTokens: 0,
    finish: FINISH.stop,
    ttftMs: 1,
    durationMs: 2,
    amount: 0n,
    energyMicroWh: 0n,
    energyLowMicroWh: 0n,
    energyHighMicroWh: 0n,
    energyMethod: 0,
    ...facts,
  };
}

/** A greedy chat of one message. */
export function sampleRequest(facts: Partial<JobRequestOf<'chat'>> = {}): JobRequestOf<'chat'> {
  return {
    kind: 'chat',
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    maxTokens: 100,
    temperature: 0,
    topP: 1,
    stop: [],
    seed: 1,
    frequencyPenalty: 0,
    presencePenalty: 0,
    ...facts,
  };
}
