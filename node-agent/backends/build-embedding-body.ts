// The request that a local server gets for embeddings. Pure.
// Sources: ggml-org/llama.cpp tools/server/README.md (POST /v1/embeddings); docs.vllm.ai, OpenAI-compatible server; ollama/ollama docs/openai.md.

import { err, ok, type Result } from '../../schema/result.ts';
import type { EmbeddingJob } from './backend.ts';
import type { Product } from './probe-server.ts';

/** Servers that give vectors as base64, which is a fifth of the bytes to read. Others pass over the wish, or refuse it. */
const PACKING: ReadonlySet<Product> = new Set(['llama-server', 'vllm']);

/** The body of POST embeddings as JSON text. One text goes alone: some servers know no lists. */
export function buildEmbeddingBody(job: EmbeddingJob, product: Product = 'unknown'): Result<string, string> {
  const [only, ...others] = job.inputs;
  if (only === undefined) return err('inputs must hold a text');
  return ok(
    JSON.stringify({
      model: job.model,
      input: others.length === 0 ? only : job.inputs,
      ...(job.dimensions === undefined ? {} : { dimensions: job.dimensions }),
      ...(PACKING.has(product) && { encoding_format: 'base64' }),
    }),
  );
}
