// An offer of one part with nothing special about it; tests say what is.
import { toHex } from '../../schema/bytes.ts';
import { NO_WISH } from '../../schema/placement.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import type { OpenRequestOf } from '../../schema/job-request.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { sampleRequest } from '../../schema/sample-messages.ts';

/** What a home is asked where a test does not care. */
const { model: _model, ...request } = sampleRequest({
  messages: [{ role: 'user', content: 'hello' }],
  maxTokens: 64,
  temperature: 1,
});
export const CHAT_REQUEST: OpenRequestOf<'chat'> = request;

/** A part of a new job for `acct_caller` in Paris, of a catalogue model whose digest is 64 times `a`. */
export function makeJobOffer(facts: Partial<JobOffer> = {}): JobOffer {
  return {
    jobId: `job_${toHex(crypto.getRandomValues(new Uint8Array(16))).slice(2)}`,
    part: 0,
    attempt: 1,
    accountId: 'acct_caller',
    keyId: 'key_1',
    model: 'm',
    digests: ['a'.repeat(64)],
    preferNodeId: null,
    excludeNodeIds: [],
    place: { lat: 48.9, lon: 2.4, country: 'FR' },
    wish: NO_WISH,
    size: { promptTokens: 20, outputTokens: 10 },
    edgeRttMs: 10,
    asks: 1,
    isForced: false,
    waitMs: 0,
    prefixes: [],
    isResumable: false,
    interrupted: 0,
    isBegun: false,
    resume: null,
    request: CHAT_REQUEST,
    requestHash: ZERO_WORD,
    salt: ZERO_WORD,
    chunk: { id: 'chatcmpl-1', created: 1, model: 'm' },
    stream: true,
    chargePrompt: true,
    priceIn: 0,
    priceOut: 0,
    promptBound: 20,
    promptExact: null,
    tokenizer: null,
    minBytesPerToken: 1,
    firstTokenMs: 10_000,
    maxSilenceMs: 120_000,
    maxFirstTokenMs: 120_000,
    mostFirstTokenMs: 600_000,
    expiresAt: Date.now() + 600_000,
    ...facts,
  };
}
