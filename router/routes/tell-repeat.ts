// The answer to a call that has run before under its Idempotency-Key: what it came to, in the endpoint's own shape and without its text, which nobody kept. Pure.
import { ANSWERS } from '../../schema/answers.ts';
import { concatBytes } from '../../schema/bytes.ts';
import { DONE_EVENT, makeUsage, withEnergy } from '../../schema/chunks.ts';
import type { ChunkHead, FinalFacts, Usage } from '../../schema/chunks.ts';
import { toHeaderText } from '../../schema/json.ts';
import type { EnergyTold } from '../../schema/energy-told.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Spoken } from '../dialects/spoken.ts';
import { energyOf } from '../billing/judge-energy.ts';
import { addEnergy, tellEnergy } from '../billing/tell-energy.ts';
import { tellFacts, tellFinal } from '../placement/tell-facts.ts';
import type { Job } from './make-job.ts';

/** A job and its settlements. */
export interface RanJob {
  readonly jobId: string;
  readonly settlements: readonly SettlementJson[];
}

/** What a job that ran is told as. */
interface RanFacts extends FinalFacts {
  readonly outcome: string;
  readonly energy: EnergyTold;
}

const NOTE =
  'This call has run before under its Idempotency-Key. Nothing ran, and nothing was charged, this time. No text of answers is kept: this is what it came to.';

/**
 * Whether a call has been answered, or somebody was charged for it, so that it does not run anew: a job that came to its end, or of which something was
 * delivered to who left. What only failed is free, and may run again.
 */
export function isSpent(ran: readonly RanJob[]): boolean {
  return ran.some(({ settlements }) =>
    settlements.some(({ outcome, charge, outputTokens }) => {
      if (charge > 0 || outcome === 'complete') return true;
      return (outcome === 'cancelled' || outcome === 'cut-off') && outputTokens > 0;
    }),
  );
}

/** How it is told. `job`: the first that the call would have run as now; `ran`: one at least. */
export function tellRepeat(
  job: Job,
  ran: readonly RanJob[],
  spoken: Spoken | null,
): { readonly body: string | Uint8Array; readonly headers: Readonly<Record<string, string>> } {
  const facts = ran.map((one) => factsOf(one, job.offer.methodUrl));
  const [first] = facts;
  const { chunk, usage: counts } = tellHead(job, ran);
  const energy = addEnergy(
    facts.map((one) => one.energy),
    facts.map((one) => one.output_tokens),
  );
  const usage = withEnergy(counts, { energy });
  const irori = {
    ...first,
    energy,
    output_tokens: usage.completion_tokens,
    charge_micro: facts.reduce((sum, one) => sum + one.charge_micro, 0),
    ...(facts.length > 1 && { choices: facts.map((one, index) => ({ index, ...one })) }),
    idempotent_replay: true,
    note: NOTE,
  };
  const headers = {
    'idempotent-replayed': 'true',
    'x-irori': toHeaderText(JSON.stringify({ ...first, idempotent_replay: true })),
    ...(first && { 'x-irori-job': first.job }),
    ...(first?.node && { 'x-irori-node': first.node }),
    ...(first?.country && { 'x-irori-country': first.country }),
  };
  const told: Told = { job, chunk, usage, irori, spoken };
  if (job.wish.stream)
    return {
      body: tellStream(told),
      headers: { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    };
  const type = spoken?.wholeType ?? 'application/json; charset=utf-8';
  return { body: tellWhole(told), headers: { ...headers, 'content-type': type } };
}

interface Told {
  readonly job: Job;
  readonly chunk: ChunkHead;
  readonly usage: Usage;
  readonly irori: object;
  readonly spoken: Spoken | null;
}

/** The answer's id and time are those of the call that ran. All answers of one call have one prompt. */
function tellHead(job: Job, ran: readonly RanJob[]): { readonly chunk: ChunkHead; readonly usage: Usage } {
  const [first] = ran;
  const [begun] = first?.settlements ?? [];
  const id = job.chunk.id.replace(job.id.slice(4), first?.jobId.slice(4) ?? '');
  const created = begun ? Math.floor(Number(begun.ticket.issuedAtMs) / 1000) : job.chunk.created;
  const outputTokens = ran.reduce((sum, { settlements }) => sum + countOutput(settlements), 0);
  const { echo: _echo, ...head } = job.chunk;
  return {
    chunk: { ...head, id, created },
    usage: makeUsage({ promptTokens: begun?.promptTokens ?? 0, outputTokens, thinkingTokens: 0 }),
  };
}

function countOutput(settlements: readonly SettlementJson[]): number {
  return settlements.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
}

function factsOf({ jobId, settlements }: RanJob, methodUrl: string | undefined): RanFacts {
  const last = settlements.at(-1);
  const part = last?.part ?? 0;
  const head = last?.decision && {
    node: last.nodeId,
    country: last.country,
    digest: '',
    decision: last.decision,
    resumed: last.resumed ?? null,
  };
  const facts = tellFacts({
    jobId,
    part,
    attempts: last?.attempts ?? 0,
    head: head ?? null,
    resumed: last?.resumed ?? null,
  });
  const final = tellFinal(
    { ...facts, node: last?.nodeId ?? '', country: last?.country ?? null },
    {
      ttftMs: last?.ttftMs ?? null,
      outputTokens: countOutput(settlements),
      charge: settlements.reduce((sum, { charge }) => sum + charge, 0),
      receiptHash: (last?.acceptance?.receiptHash ?? null) as FinalFacts['receipt_hash'],
    },
  );
  const energies = settlements.map((one) => ({ outputTokens: one.outputTokens, energy: energyOf(one) }));
  const energy = tellEnergy(energies, methodUrl);
  return { ...final, energy, outcome: last?.outcome ?? 'failed-by-network' };
}

/** Lists of answers are empty: who looks for a text finds that there is none, and not an empty one. */
function tellWhole({ job, chunk, usage, irori, spoken }: Told): string {
  const { id, created, model } = chunk;
  if (spoken) {
    const told = spoken.encodeWhole({ id, created, model, choices: [], usage, irori });
    return typeof told === 'string' ? told : JSON.stringify(told);
  }
  const { prompt_tokens, completion_tokens, total_tokens, energy } = usage;
  switch (job.offer.request.kind) {
    case 'embedding':
      return JSON.stringify({
        object: 'list',
        data: [],
        model,
        usage: { prompt_tokens, total_tokens: prompt_tokens, energy },
        irori,
      });
    case 'image': {
      const details = { text_tokens: prompt_tokens, image_tokens: 0 };
      const counted = {
        input_tokens: prompt_tokens,
        output_tokens: completion_tokens,
        total_tokens,
        input_tokens_details: details,
        energy,
      };
      return JSON.stringify({ created, data: [], usage: counted, irori });
    }
    case 'completion':
      return JSON.stringify({ id, object: 'text_completion', created, model, choices: [], usage, irori });
    case 'chat':
    case 'transcription':
      return JSON.stringify({ id, object: 'chat.completion', created, model, choices: [], usage, irori });
  }
}

/** One event with the usage, whether or not it was asked for, and the end. */
function tellStream({ job, chunk, usage, irori, spoken }: Told): string | Uint8Array {
  if (!spoken) {
    const event = ANSWERS[job.offer.request.kind].encodeUsage(chunk, usage, irori as FinalFacts);
    return concatBytes([event, DONE_EVENT]);
  }
  const { id, created, model } = chunk;
  const stream = spoken.openStream({ id, created, model }, usage.prompt_tokens);
  return stream.start() + stream.take({ id, created, model, choices: [], usage, irori }) + stream.end();
}
