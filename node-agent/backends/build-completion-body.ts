// The request that a local server gets for a text that goes on: built field by field from the job. Pure.
// Sources: ggml-org/llama.cpp tools/server/README.md (POST /v1/completions); docs.vllm.ai, OpenAI-compatible server; ollama/ollama docs/openai.md.

import { err, ok, type Result } from '../../schema/result.ts';
import type { CompletionJob } from './backend.ts';
import { findWrongSampling, writeSampling } from './build-backend-body.ts';
import { trimForServer } from './continuation.ts';
import type { Product } from './probe-server.ts';
import { writeSamplers } from './write-wishes.ts';

/** The body of POST completions as JSON text: standard fields only, always streamed. What stands of the answer follows the prompt. */
export function buildCompletionBody(job: CompletionJob, product: Product = 'unknown'): Result<string, string> {
  const wrong = findWrongSampling(job);
  if (wrong !== null) return err(wrong);
  const { wishes = {} } = job;
  return ok(
    JSON.stringify({
      model: job.model,
      prompt: writePrompt(job),
      ...(job.suffix === '' ? {} : { suffix: job.suffix }),
      ...writeSampling(job, product),
      ...(wishes.logitBias && { logit_bias: wishes.logitBias }),
      ...writeSamplers(wishes, product),
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
}

/** The text that the server goes on with. */
export function writePrompt({ prompt, resume }: Pick<CompletionJob, 'prompt' | 'resume'>): string {
  return prompt + trimForServer(resume?.text ?? '');
}
