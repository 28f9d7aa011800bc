// POST /v1/embeddings: texts as vectors, all of a request in one job.
import { Hono } from 'hono';
import type { OpenRequest } from '../../schema/job-request.ts';
import { parseEmbeddingRequest } from '../../schema/openai-embedding.ts';
import type { EmbeddingRequest } from '../../schema/openai-embedding.ts';
import { countTexts } from '../billing/count-part.ts';
import { ApiError } from '../errors.ts';
import { tellContext } from '../relay/tell-context.ts';
import type { AppEnv } from './app-env.ts';
import { answerBody } from './answer-body.ts';
import type { JobLimits } from './fit-limits.ts';
import { openJobs } from './job-opening.ts';
import { refuseRequest } from './refuse.ts';
import type { ServedModel } from './served-models.ts';

export const embeddings = new Hono<AppEnv>();

/** What the other endpoints let their callers say and this one has no use for: one whole answer, which no other home goes on with. */
const ONE_WHOLE = { choices: 1, stream: false, includeUsage: false, seed: 0, resume: 'off' } as const;

embeddings.post('/v1/embeddings', (c) =>
  answerBody(c, async (body, caller) => {
    const parsed = parseEmbeddingRequest(body);
    if (!parsed.ok) throw refuseRequest(parsed.error);
    const request = parsed.value;
    const [job] = await openJobs(c, caller, {
      request: { ...request, ...ONE_WHOLE },
      fit: (served) => fitInputs(request, served),
      ask: () => askEmbedding(request),
      promptText: '',
      idPrefix: 'embd-',
    });
    const vectors = { count: request.inputs.length, isBase64: request.isBase64 };
    return { jobs: [{ ...job, chunk: { ...job.chunk, vectors } }], spoken: null };
  }),
);

function askEmbedding({ inputs, dimensions }: EmbeddingRequest): OpenRequest {
  const size = dimensions === null ? {} : { dimensions };
  return { kind: 'embedding', inputs: [...inputs], count: inputs.length, ...size, maxTokens: 0, seed: 0 };
}

/** Each text has the model's whole context to itself; all of them are paid for. Throws ApiError for one that is too long for sure. */
function fitInputs({ inputs }: EmbeddingRequest, served: ServedModel): JobLimits {
  const counts = inputs.map((text) => countTexts([text], served));
  const { contextTokens } = served;
  const tooLong = counts.findIndex(({ least }) => least >= contextTokens);
  const long = counts[tooLong];
  if (long) {
    const told = tellContext({ promptTokens: long.least, isCounted: 'at least', contextTokens });
    throw new ApiError('context_length_exceeded', told, { param: `input[${tooLong}]` });
  }
  const sum = (of: 'bound' | 'expected'): number => counts.reduce((all, count) => all + count[of], 0);
  const promptLeast = counts.reduce((most, { least }) => Math.max(most, least), 0);
  return { promptExact: null, promptBound: sum('bound'), promptLeast, promptExpected: sum('expected'), maxTokens: 0 };
}
