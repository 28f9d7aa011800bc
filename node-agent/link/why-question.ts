// Why a home had no job in the last hour, as its router tells it; asked with the home's own key.
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { askSigned } from './signed-question.ts';

const count = z.number().int().min(0);
const text = z.string().max(2000);
const speedSchema = z.object({
  promptTokensPerS: z.number(),
  decodeTokensPerS: z.number(),
  rttMs: z.number(),
  failureShare: z.number(),
  /** Jobs that showed it. 0: none yet, and these are guesses. Older routers do not tell. */
  samples: count.optional(),
});
const whySchema = z.object({
  node: text,
  online: z.boolean(),
  since: z.number().nullable(),
  area: text.nullable(),
  hub: text.nullable(),
  lastHour: z.object({
    jobs: count,
    minutesWithJob: count,
    minutesWithout: count,
    summary: text,
    spans: z
      .array(
        z.object({
          from: z.number(),
          to: z.number(),
          reason: text,
          text,
          /** Of minutes without a call, what was offered then. Older routers do not tell. */
          models: z.array(text).max(20).optional(),
          modelCount: count.optional(),
        }),
      )
      .max(100),
  }),
  /** Jobs that its model server failed on, and how many of them count against it. Older routers do not tell. */
  faults: z.object({ lastHour: count, heldAgainst: count }).optional(),
  /** What became of strangers' jobs. Older routers do not tell. */
  turns: z.object({ answered: count, refused: count, contradicted: count, preempted: count }).optional(),
  /** What the home has signed that contradicts itself. Older routers do not tell; null where nobody could be asked. */
  evidence: z.object({ seals: count, receipts: count }).nullish(),
  pause: text.nullable(),
  coolingUntil: z.number().nullable(),
  coolingReason: text.nullable(),
  measured: z.record(text, speedSchema),
  /** Of models that have answered no job here yet. Older routers tell these among what was measured. */
  guessed: z.record(text, speedSchema).optional(),
});
export type Why = z.output<typeof whySchema>;
const answerSchema = z.object({ nodes: z.array(whySchema).min(1) });

/** Asks a router (its origin) about the node of this key; by the router's own time where this machine's is off. Errors are sentences for the owner. */
export async function askWhy(router: string, key: SessionKey, now: number): Promise<Result<Why, string>> {
  const answer = await askSigned({ router, key, path: '/node/v1/why' }, now);
  if (!answer.ok) return answer;
  const [node] = answerSchema.safeParse(answer.value).data?.nodes ?? [];
  return node ? ok(node) : err(`${router} does not answer like an Irori router.`);
}
