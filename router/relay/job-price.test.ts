// What an edge tells a caller of the price, held against what the caller's account charges for the parts that the hubs settled.
import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import { makeChunkWriter } from '../../schema/chunks.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { UsageReceipt } from '../../schema/receipt.ts';
import type { PartCounts } from '../../schema/records.ts';
import type { Outcome, SettlementJson } from '../../schema/settlement.ts';
import { decidePart } from '../billing/count-part.ts';
import { countAsked } from '../billing/decide-charge.ts';
import { billPart, computeDue, openTally, shareDue } from '../billing/tally-job.ts';
import { closeSettlement } from '../hub/make-ticket.ts';
import { dataRecord, endRecord, failRecord, headRecord, openRun, taken } from '../test/fake-hubs.ts';
import type { ReadRun } from '../test/read-as-caller.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';
import { measureAnswer } from '../test/measure-answer.ts';
import type { JobClosing, JobEnd } from './job-doors.ts';

// A line for each part that breaks off.
beforeEach(() => void vi.spyOn(console, 'warn').mockReturnValue());

const writer = makeChunkWriter({ id: 'c', created: 1, model: 'm' });

/** A part as its home and its hub make it: what was written, what the home says that it was, and how it ends. */
interface Play {
  readonly ends: 'broken' | 'silent' | 'hub-vanishes';
  readonly text: string;
  /** Tokens by the home's frames, and of the prompt by its receipt: its word, which the router does not take as it is. */
  readonly frameTokens: number;
  readonly claimedPrompt: number | null;
  /** A home of the caller's own is free. */
  readonly isOwn: boolean;
}

interface PlayedJob {
  readonly plays: readonly Play[];
  readonly price: { readonly priceIn: number; readonly priceOut: number };
  readonly tokenizer: string | null;
}

/** Bytes that are no answer too long for any hub, even where one token is left of it: beyond them a hub cuts (hub/answer-meter.ts). */
const SHORT_BYTES = 33;
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: SHORT_BYTES })
  .filter((one) => bytesOf(one) <= SHORT_BYTES);

const play: fc.Arbitrary<Play> = fc.record({
  ends: fc.constantFrom('broken', 'silent', 'hub-vanishes'),
  text,
  frameTokens: fc.integer({ min: 1, max: 60 }),
  claimedPrompt: fc.option(fc.nat(300)),
  isOwn: fc.boolean(),
});
const price = fc.nat(3_000_000);
const job: fc.Arbitrary<PlayedJob> = fc.record({
  plays: fc.array(play, { minLength: 1, maxLength: 3 }),
  price: fc.record({ priceIn: price, priceOut: price }),
  tokenizer: fc.constantFrom('nano', null),
});

/** What a hub makes of a part that ends as `outcome`; null for one of which its memory died before that. */
function settle(
  offer: JobOffer,
  { tokenizer, price, play }: Omit<PlayedJob, 'plays'> & { play: Play },
  outcome: Outcome | null,
) {
  const prices = play.isOwn ? { priceIn: 0, priceOut: 0 } : price;
  const { chargePrompt, part } = offer;
  const ticket = { priceIn: String(prices.priceIn), priceOut: String(prices.priceOut), chargePrompt };
  const known = { part, isFinal: true, ticket };
  const nothing = { promptTokens: 0, outputTokens: 0, charge: 0 };
  if (!outcome)
    return { ...known, ...nothing, outcome: 'failed-by-network', ttftMs: null } as unknown as SettlementJson;
  const { request, ...rest } = makeJobOffer();
  const whole = {
    ...rest,
    ...offer,
    ...prices,
    tokenizer,
    minBytesPerToken: 2,
    request: { ...request, ...offer.request },
  };
  const { frameTokens, claimedPrompt } = play;
  const receipt = { promptTokens: claimedPrompt, outputTokens: frameTokens } as UsageReceipt;
  const decided = decidePart({
    offer: whole,
    outcome,
    frameTokens,
    frameThinkingTokens: 0,
    lateTokens: 0,
    content: measureAnswer(whole, play.text),
    receipt: claimedPrompt === null ? null : receipt,
  });
  return closeSettlement({ ...known, ...decided, outcome, ttftMs: 100 } as unknown as SettlementJson, whole);
}

function tell(settlement: SettlementJson): PartCounts {
  return {
    promptTokens: countAsked(settlement),
    outputTokens: settlement.outputTokens,
    thinkingTokens: 0,
    bill: billPart(settlement),
  };
}

/** Runs the job at an edge; the last of its homes answers to the end. */
async function runJob({ plays, ...terms }: PlayedJob) {
  const settled: SettlementJson[] = [];
  const hubs = plays.map((play, i) => (offer: JobOffer) => {
    const keep = (outcome: Outcome | null): SettlementJson => {
      const settlement = settle(offer, { ...terms, play }, outcome);
      settled.push(settlement);
      return settlement;
    };
    const head = headRecord(`n${i}`, offer.resume ? 'same-model' : null);
    const { text, frameTokens, ends } = play;
    const events = new TextEncoder().encode(writer.content(text));
    const data = { ...dataRecord(events), tokens: frameTokens };
    if (i === plays.length - 1) return taken(head, data, endRecord(tell(keep('complete'))));
    if (ends === 'silent') return taken(head, failRecord({ code: 'first-token-timeout' }));
    if (ends === 'broken') return taken(head, data, failRecord({ delivered: tell(keep('interrupted-by-node')) }));
    keep(null);
    return taken(head, data);
  });
  const { run } = openRun(
    plays.map((_, i) => `n${i}@h${i}`),
    Object.fromEntries(hubs.map((hub, i) => [`h${i}`, [hub]])),
  );
  return { end: await readEnd(run), settled, closing: run.closing };
}

async function readEnd(run: ReadRun): Promise<JobEnd> {
  for (;;) {
    const event = await run.next();
    if (event.kind === 'end') return event.end;
    if (event.kind === 'failed') throw new Error(event.failure.message);
  }
}

/** Units that an account charges, in whatever order the settlements come: a job of one part as its hub decided, several as one answer. */
function chargeOf(settled: readonly SettlementJson[], closing: JobClosing | null): number {
  const [only] = settled;
  if (settled.length === 1 && only?.ttftMs !== null && only?.isFinal && !only.interrupted) return only.charge;
  const release = closing && { fate: 'charged' as const, interrupted: closing.interrupted };
  const tally = { ...openTally(1, { charge: 0, parts: 0 }), parts: settled.map(billPart).toReversed(), release };
  return [...shareDue(settled, computeDue(tally, 0)).values()].reduce((sum, share) => sum + share, 0);
}

/** 300 jobs are seconds of work, and on a busy machine ten times that. */
const ANY_PRICE_MS = 120_000;

test(
  'what the edge tells is what the account charges, whatever the homes claim, however parts end, at any price',
  { timeout: ANY_PRICE_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(job, async (terms) => {
        const { end, settled, closing } = await runJob(terms);
        expect(end.charge).toBe(chargeOf(settled, closing));
      }),
      { numRuns: 300 },
    );
  },
);
