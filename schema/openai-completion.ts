// The public API's request for a text that goes on: what a caller may send, parsed into one plain shape. As generous as chats.
import * as z from 'zod';
import type { CompletionWishes } from './completion-job.ts';
import type { Need } from './needs.ts';
import { findUnfitStream, MAX_TEXT_CHARS, modelName, readSampling, samplingFields } from './openai.ts';
import type { Sampling } from './openai.ts';
import { readOthers } from './other-fields.ts';
import type { Others } from './other-fields.ts';
import { describeIssue } from './request-fault.ts';
import type { RequestFault } from './request-fault.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { wholeText } from './whole-text.ts';

/** What the API writes where nothing is said of its length. */
const DEFAULT_TOKENS = 16;
/** Of prompts that are told again before their answers, all together, in UTF-16 units: as many as answers of other kinds hold. */
const MAX_ECHO_CHARS = 4 * 1024 * 1024;

export interface CompletionRequest extends Sampling {
  readonly model: string;
  readonly prompt: string;
  /** '' for none. */
  readonly suffix: string;
  /** The prompt stands before the answer. */
  readonly echo: boolean;
  readonly maxTokens: number;
  readonly wishes: CompletionWishes;
  readonly needs: readonly Need[];
  readonly ignored: readonly string[];
}

const text = wholeText.max(MAX_TEXT_CHARS);
export const completionBody = z.object({
  model: modelName,
  // Judged below: each form that is not taken is told with what to send.
  prompt: z.unknown(),
  ...samplingFields,
  suffix: text.nullish(),
  echo: z.boolean().nullish(),
  best_of: z.number().int().min(1).nullish(),
  logprobs: z.union([z.number().int().min(0), z.boolean()]).nullish(),
});
type CompletionBody = z.output<typeof completionBody>;

/**
 * Reads an untrusted JSON value as a request for a text that goes on.
 * Errors name the first wrong field and how to mend it; what is left out stands in `ignored`.
 */
export function parseCompletionRequest(body: unknown): Result<CompletionRequest, RequestFault> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return err({ param: null, code: 'invalid_json', message: 'The request body must be a JSON object.' });
  const others = readOthers(body as Record<string, unknown>, completionBody.shape);
  if (!others.ok) return others;
  const parsed = completionBody.safeParse(body);
  if (!parsed.success) return err(describeIssue(parsed.error.issues[0], body));
  return toRequest(parsed.data, others.value);
}

function toRequest(body: CompletionBody, { samplers, ignored }: Others): Result<CompletionRequest, RequestFault> {
  const prompt = readPrompt(body.prompt);
  if (!prompt.ok) return prompt;
  const unfit = findUnfitStream(body) ?? findUnfit(body) ?? findLongEcho(body, prompt.value);
  if (unfit) return err(unfit);
  const bias = body.logit_bias ?? {};
  return ok({
    model: body.model,
    prompt: prompt.value,
    suffix: body.suffix ?? '',
    echo: body.echo ?? false,
    ...readSampling(body),
    maxTokens: body.max_tokens ?? body.max_completion_tokens ?? DEFAULT_TOKENS,
    wishes: {
      ...(Object.keys(bias).length > 0 && { logitBias: bias }),
      ...(Object.keys(samplers).length > 0 && { samplers }),
    },
    needs: ['completion'],
    ignored,
  });
}

/** A text, or a list of one. */
function readPrompt(prompt: unknown): Result<string, RequestFault> {
  if (prompt === undefined) return unfitPrompt("'prompt' is missing.", 'invalid_value');
  const only: unknown = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt;
  const parsed = text.safeParse(only);
  if (parsed.success) return ok(parsed.data);
  if (Array.isArray(prompt) && prompt.every((one) => typeof one === 'string'))
    return unfitPrompt(
      prompt.length === 0
        ? "'prompt' must hold a text."
        : `'prompt' holds ${prompt.length} texts. Send one request for each.`,
    );
  if (Array.isArray(only))
    return unfitPrompt("'prompt' must be a text: homes serve models of many vocabularies, so token ids are not taken.");
  return unfitPrompt(
    `Invalid value for 'prompt': ${parsed.error.issues[0]?.message ?? 'must be a text.'}`,
    'invalid_value',
  );
}

function findUnfit({ best_of: bestOf, logprobs, n }: CompletionBody): RequestFault | null {
  // As many as are wanted are the best of themselves.
  if ((bestOf ?? 1) > (n ?? 1)) return unfit('best_of', "'best_of' above 'n' is not supported. Leave it out.");
  const areAsked = logprobs !== null && logprobs !== undefined && logprobs !== false;
  if (!areAsked) return null;
  return unfit(
    'logprobs',
    "'logprobs' is not supported here. Leave it out, or ask POST /v1/chat/completions for them.",
  );
}

/** Each answer tells the prompt anew. */
function findLongEcho({ echo, n }: CompletionBody, { length }: string): RequestFault | null {
  if (!echo || length * (n ?? 1) <= MAX_ECHO_CHARS) return null;
  const message = `'n' answers with 'echo' would tell the prompt again in more than ${MAX_ECHO_CHARS} characters. Ask for fewer, or leave 'echo' out.`;
  return { param: 'n', code: 'invalid_value', message };
}

function unfit(param: string, message: string): RequestFault {
  return { param, code: 'unsupported_parameter', message };
}

function unfitPrompt(
  message: string,
  code: RequestFault['code'] = 'unsupported_parameter',
): Result<never, RequestFault> {
  return err({ param: 'prompt', code, message });
}
