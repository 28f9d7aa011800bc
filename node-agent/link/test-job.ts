// A private job on exactly this home, asked of its router with the home's own signature: through hub and ticket, as a caller's. Measures what a caller would
// see. Keeps nothing of the answer.
import { createParser } from 'eventsource-parser';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { TIME_HEADER } from '../../schema/node-proof.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { streamFromRouter } from './router-stream.ts';
import type { StreamedAnswer } from './router-stream.ts';
import { proveNode } from './signed-question.ts';

export interface TestJob {
  /** Null where the router did not name it. */
  readonly job: string | null;
  readonly model: string | null;
  readonly firstTokenMs: number;
  /** Null where the answer did not tell. */
  readonly outputTokens: number | null;
  /** Behind the first token; null where there was too little to tell. */
  readonly tokensPerS: number | null;
}

interface TestQuestion {
  readonly router: string;
  readonly key: SessionKey;
  readonly model?: string;
  readonly maxTokens?: number;
  readonly limitMs?: number;
  /** Ms that only grow. */
  readonly clock: () => number;
}

const LIMIT_MS = 120_000;
const MAX_TOKENS = 64;

const chunkSchema = z.looseObject({
  model: z.string().optional(),
  choices: z
    .array(
      z.looseObject({
        delta: z.looseObject({ content: z.string().nullish(), reasoning_content: z.string().nullish() }).optional(),
      }),
    )
    .default([]),
  usage: z.looseObject({ completion_tokens: z.number() }).nullish(),
  error: z.looseObject({ message: z.string() }).optional(),
});
const refusalSchema = z.object({ error: z.object({ message: z.string() }) });

/** Errors are sentences for the owner. `now`: ms since epoch by this machine; a clock that is off is put right by the router's word. */
export async function runTestJob(question: TestQuestion, now: number): Promise<Result<TestJob, string>> {
  try {
    const { clock } = question;
    const startedAt = clock();
    const first = await send(question, now);
    const routerNow = first.header(TIME_HEADER);
    if (first.status !== 200 && routerNow !== null && /^\d{13,15}$/.test(routerNow)) {
      await readRefusal(first);
      const againAt = clock();
      return await measure(await send(question, Number(routerNow)), againAt, clock);
    }
    return await measure(first, startedAt, clock);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'the connection broke';
    return err(`The test job got no answer from ${question.router}: ${why}.`);
  }
}

function send(question: TestQuestion, now: number): Promise<StreamedAnswer> {
  const { router, key, model, maxTokens = MAX_TOKENS, limitMs = LIMIT_MS } = question;
  const body = JSON.stringify({ ...(model === undefined ? {} : { model }), max_tokens: maxTokens });
  const headers = { authorization: proveNode(router, key, now), accept: 'text/event-stream' };
  return streamFromRouter(`${router}/node/v1/test`, body, { headers, limitMs });
}

async function measure(
  answer: StreamedAnswer,
  startedAt: number,
  clock: () => number,
): Promise<Result<TestJob, string>> {
  if (answer.status !== 200) return err(await readRefusal(answer));
  let firstAt: number | null = null;
  let lastAt = startedAt;
  let model: string | null = null;
  let tokens: number | null = null;
  let fault: string | null = null;
  const parser = createParser({
    onEvent: ({ data }) => {
      const chunk = chunkSchema.safeParse(parseJson(data)).data;
      if (chunk === undefined) return;
      model ??= chunk.model ?? null;
      tokens = chunk.usage?.completion_tokens ?? tokens;
      fault ??= chunk.error?.message ?? null;
      const hasText = chunk.choices.some(({ delta }) => (delta?.content ?? delta?.reasoning_content ?? '') !== '');
      if (!hasText) return;
      lastAt = clock();
      firstAt ??= lastAt;
    },
  });
  for await (const piece of answer.pieces) parser.feed(piece);
  if (fault !== null) return err(`The test job broke off: ${String(fault)}`);
  if (firstAt === null) return err('The test job ended without a word of an answer.');
  const tookS = (lastAt - firstAt) / 1000;
  const tokensPerS = tokens !== null && tokens > 1 && tookS > 0 ? (tokens - 1) / tookS : null;
  const job = answer.header('x-irori-job-id');
  return ok({ job, model, firstTokenMs: firstAt - startedAt, outputTokens: tokens, tokensPerS });
}

async function readRefusal(answer: StreamedAnswer): Promise<string> {
  let text = '';
  for await (const piece of answer.pieces) text += piece;
  const told = refusalSchema.safeParse(parseJson(text)).data?.error.message;
  if (answer.status === 404 && told === undefined) return 'This router gives no test jobs yet.';
  return told ?? `The router answered ${answer.status} to the test job.`;
}
