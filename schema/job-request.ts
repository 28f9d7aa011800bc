// What a home is asked, by the kind of the job.
import * as z from 'zod';
import { chatJobSchema } from './chat-job.ts';
import { completionJobSchema } from './completion-job.ts';
import { embeddingJobSchema } from './embedding-job.ts';
import { imageJobSchema } from './image-job.ts';
import { JOB_KINDS } from './job-kinds.ts';
import type { JobKind } from './job-kinds.ts';
import { transcriptionJobSchema } from './transcription-job.ts';

/** Every kind names its model and its seed, and bounds its output: hub, ticket and account read nothing else of a request. */
interface AnyRequest<K extends JobKind> {
  readonly kind: K;
  readonly model: string;
  /** 0 for a kind whose answer is not counted in tokens. */
  readonly maxTokens: number;
  readonly seed: number;
}

const JOB_REQUESTS = {
  chat: chatJobSchema,
  completion: completionJobSchema,
  embedding: embeddingJobSchema,
  transcription: transcriptionJobSchema,
  image: imageJobSchema,
} satisfies {
  [K in JobKind]: z.ZodObject<z.ZodRawShape & { kind: z.ZodType<K> }> & z.ZodType<AnyRequest<K>>;
};

/** The requests by kind, without the kind: with it in the intersections below a table's line is known to fit its request. */
export type JobRequests = { [K in JobKind]: Omit<z.output<(typeof JOB_REQUESTS)[K]>, 'kind'> };
export type JobRequestOf<K extends JobKind> = { [P in K]: JobRequests[P] & { readonly kind: P } }[K];
export type JobRequest = JobRequestOf<JobKind>;

/** Requests before a home is chosen: the home's own name for the model is not known yet. */
export type OpenRequests = { [K in JobKind]: Omit<JobRequests[K], 'model'> };
export type OpenRequestOf<K extends JobKind> = { [P in K]: OpenRequests[P] & { readonly kind: P } }[K];
export type OpenRequest = OpenRequestOf<JobKind>;

/** What of a request may be long, and is read by nobody but its home. */
const INPUTS: { readonly [K in JobKind]: readonly (keyof OpenRequests[K])[] } = {
  chat: ['messages', 'tools', 'responseFormat'],
  completion: ['prompt', 'suffix'],
  embedding: ['inputs'],
  transcription: ['audio', 'hint'],
  image: ['prompt'],
};

/** The request without its input: all that is kept of it where its home has it. Lists are empty. */
export function withoutInput(request: OpenRequest): OpenRequest {
  const inputs: readonly string[] = INPUTS[request.kind];
  const kept = Object.entries(request).flatMap(([field, value]: [string, unknown]) =>
    !inputs.includes(field) ? [[field, value]] : Array.isArray(value) ? [[field, []]] : [],
  );
  return Object.fromEntries(kept) as OpenRequest;
}

type RequestSchema = (typeof JOB_REQUESTS)[JobKind];
export const jobRequestSchema = z.discriminatedUnion(
  'kind',
  Object.values(JOB_REQUESTS) as [RequestSchema, ...RequestSchema[]],
);

/** The kind that a request names where this version does not know it; null for one that is known or not named. */
export function findStrangeKind(request: unknown): string | null {
  if (typeof request !== 'object' || request === null || !('kind' in request)) return null;
  const { kind } = request;
  return typeof kind !== 'string' || (JOB_KINDS as readonly string[]).includes(kind) ? null : kind;
}
