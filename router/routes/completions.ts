// POST /v1/completions: a text that goes on, as it stands, without a template.
import { Hono } from 'hono';
import type { OpenRequest } from '../../schema/job-request.ts';
import { parseCompletionRequest } from '../../schema/openai-completion.ts';
import type { CompletionRequest } from '../../schema/openai-completion.ts';
import { countTexts } from '../billing/count-part.ts';
import type { AppEnv } from './app-env.ts';
import { answerBody } from './answer-body.ts';
import { fitLimits } from './fit-limits.ts';
import type { Job } from './make-job.ts';
import { openJobs } from './job-opening.ts';
import { refuseRequest } from './refuse.ts';

export const completions = new Hono<AppEnv>();

completions.post('/v1/completions', (c) =>
  answerBody(c, async (body, caller) => {
    const parsed = parseCompletionRequest(body);
    if (!parsed.ok) throw refuseRequest(parsed.error);
    const request = parsed.value;
    const { prompt, suffix } = request;
    const [first, ...others] = await openJobs(c, caller, {
      request,
      samplers: request.wishes.samplers,
      fit: (served) =>
        fitLimits(request, served, {
          count: countTexts(suffix ? [prompt, suffix] : [prompt], served),
          field: 'prompt',
        }),
      ask: (limits, seed) => askCompletion(request, { maxTokens: limits.maxTokens, seed }),
      promptText: prompt,
      idPrefix: 'cmpl-',
    });
    return { jobs: [echo(first, request), ...others.map((job) => echo(job, request))], spoken: null };
  }),
);

function askCompletion(
  { prompt, suffix, temperature, topP, stop, frequencyPenalty, presencePenalty, wishes }: CompletionRequest,
  { maxTokens, seed }: { readonly maxTokens: number; readonly seed: number },
): OpenRequest {
  const sampling = { temperature, topP, stop: [...stop], seed, frequencyPenalty, presencePenalty };
  return { kind: 'completion', prompt, suffix, maxTokens, ...sampling, ...wishes };
}

/** Only the edge tells the prompt again: no hub and no home is sent it twice. */
function echo(job: Job, request: CompletionRequest): Job {
  return request.echo ? { ...job, chunk: { ...job.chunk, echo: request.prompt } } : job;
}
