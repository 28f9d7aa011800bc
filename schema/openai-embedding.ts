// The public API's request for embeddings: what a caller may send, parsed into one plain shape.
import * as z from 'zod';
import { MAX_DIMENSIONS, MAX_INPUTS } from './embedding-job.ts';
import type { Need } from './needs.ts';
import { listOf } from './list-of.ts';
import { MAX_TEXT_CHARS, modelName, samplingFields } from './openai.ts';
import { readOthers } from './other-fields.ts';
import type { Others } from './other-fields.ts';
import type { SaidWish } from './provider.ts';
import { describeIssue } from './request-fault.ts';
import type { RequestFault } from './request-fault.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { MAX_NUMBERS } from './vectors.ts';
import { wholeText } from './whole-text.ts';

export interface EmbeddingRequest {
  readonly model: string;
  readonly inputs: readonly string[];
  readonly isBase64: boolean;
  /** Null for what the model makes by itself. */
  readonly dimensions: number | null;
  readonly provider: SaidWish;
  readonly needs: readonly Need[];
  readonly ignored: readonly string[];
}

// No server makes anything of a text without a character.
const oneInput = wholeText.min(1, { error: 'must not be empty. Leave the text out.' });
export const embeddingBody = z.object({
  model: modelName,
  // Judged below: each form that is not taken is told with what to send.
  input: z.unknown(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.number().int().min(1).max(MAX_DIMENSIONS).nullish(),
  provider: samplingFields.provider,
});
const inputs = listOf(oneInput, { min: 1, max: MAX_INPUTS });

/**
 * Reads an untrusted JSON value as a request for embeddings.
 * Errors name the first wrong field and how to mend it; what is left out stands in `ignored`.
 */
export function parseEmbeddingRequest(body: unknown): Result<EmbeddingRequest, RequestFault> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return err({ param: null, code: 'invalid_json', message: 'The request body must be a JSON object.' });
  const others = readOthers(body as Record<string, unknown>, embeddingBody.shape);
  if (!others.ok) return others;
  const parsed = embeddingBody.safeParse(body);
  if (!parsed.success) return err(describeIssue(parsed.error.issues[0], body));
  const read = readInputs(parsed.data.input);
  return read.ok ? toRequest(parsed.data, read.value, others.value) : read;
}

function toRequest(
  body: z.output<typeof embeddingBody>,
  texts: readonly string[],
  { samplers, ignored }: Others,
): Result<EmbeddingRequest, RequestFault> {
  const { dimensions } = body;
  if (dimensions && dimensions * texts.length > MAX_NUMBERS) {
    const most = Math.floor(MAX_NUMBERS / dimensions);
    return wrong(
      'input',
      `One answer holds ${MAX_NUMBERS} numbers at most: send ${most} texts at once, or ask for fewer 'dimensions'.`,
    );
  }
  return ok({
    model: body.model,
    inputs: texts,
    isBase64: body.encoding_format === 'base64',
    dimensions: dimensions ?? null,
    provider: body.provider ?? {},
    needs: ['embeddings'],
    ignored: [...ignored, ...Object.keys(samplers)],
  });
}

/** A text or a list of texts. */
function readInputs(input: unknown): Result<readonly string[], RequestFault> {
  if (input === undefined) return wrong('input', "'input' is missing.");
  if (Array.isArray(input) && input.length > 0 && input.every((one) => Array.isArray(one) || typeof one === 'number'))
    return err({ param: 'input', code: 'unsupported_parameter', message: NO_TOKENS });
  const parsed =
    typeof input === 'string' ? oneInput.transform((one) => [one]).safeParse(input) : inputs.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return err(describeIssue(issue && { ...issue, path: ['input', ...issue.path] }, { input }));
  }
  const chars = parsed.data.reduce((sum, one) => sum + one.length, 0);
  if (chars > MAX_TEXT_CHARS)
    return wrong('input', `The texts hold more than ${MAX_TEXT_CHARS} characters. Send fewer at once.`);
  return ok(parsed.data);
}

const NO_TOKENS =
  "'input' must be a text or a list of texts: homes serve models of many vocabularies, so token ids are not taken. LangChain sends texts with check_embedding_ctx_length=False.";

function wrong(param: string, message: string): Result<never, RequestFault> {
  return err({ param, code: 'invalid_value', message });
}
