// The request a local server gets: built field by field from the job, so that nothing a stranger wrote reaches it unparsed. Pure.

import { err, ok, type Result } from '../../schema/result.ts';
import type { BackendJob } from './backend.ts';

/**
 * Strings that some chat template reads as control tokens: <|x|>, ＜｜x｜＞ (DeepSeek), [|x|] (EXAONE), Llama 2 and Mistral
 * brackets, Gemma's turns, sentence marks, reserved ids, MiniMax's brackets.
 */
const CONTROL =
  /<[|｜][^<>]{0,80}?[|｜]>|\[\|[^[\]]{0,40}?\|\]|\[\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|IMG|IMG_BREAK|IMG_END|BOS|EOS|CLS|SEP|PAD|MASK|gMASK|sMASK)\]|<<\/?SYS>>|<\/?(?:s|bos|eos|pad|unk|mask|sop|eop)>|<(?:start|end)_of_(?:turn|image|text|role)>|<(?:reserved|unused|extra_id|special)_?\d+>|\]~!?b[[\]]|\[e~\[/gi;

/** A zero-width joiner: invisible, and enough to make the tokenizer read the string as plain text. */
const BREAK = '\u200d';

/** The text with every control string broken after its first character; no other character changes. */
export function neutraliseControls(text: string): string {
  let before: string;
  let after = text;
  do {
    before = after;
    after = before.replace(CONTROL, (control) => `${control[0] ?? ''}${BREAK}${control.slice(1)}`);
  } while (after !== before);
  return after;
}

const MAX_STOPS = 16;

/** Servers read the seed as a signed or unsigned 32-bit number, and some take its highest value as "random". */
const SEED_RANGE = 0x7fffffff;

/**
 * The body of POST chat/completions as JSON text: standard fields only, always streamed, always with a finite max_tokens.
 * A job to be resumed ends with the assistant's text so far. The error names the field that is wrong.
 */
export function buildBackendBody(job: BackendJob): Result<string, string> {
  const wrong = findWrongField(job);
  if (wrong !== null) return err(wrong);
  const messages = job.messages.map((m) => ({ role: m.role, content: neutraliseControls(m.content) }));
  const soFar = job.resume?.text ?? '';
  if (soFar !== '') messages.push({ role: 'assistant', content: neutraliseControls(soFar) });
  return ok(
    JSON.stringify({
      model: job.model,
      messages,
      max_tokens: job.maxTokens,
      temperature: job.temperature,
      top_p: job.topP,
      seed: job.seed % SEED_RANGE,
      ...(job.stop.length > 0 ? { stop: job.stop } : {}),
      ...(job.frequencyPenalty === 0 ? {} : { frequency_penalty: job.frequencyPenalty }),
      ...(job.presencePenalty === 0 ? {} : { presence_penalty: job.presencePenalty }),
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
}

function findWrongField(job: BackendJob): string | null {
  if (!Number.isSafeInteger(job.maxTokens) || job.maxTokens < 1)
    return 'maxTokens must be a whole number of at least 1';
  if (!Number.isSafeInteger(job.seed) || job.seed < 0) return 'seed must be a whole number of at least 0';
  if (!inRange(job.temperature, 0, 2)) return 'temperature must be between 0 and 2';
  if (!inRange(job.topP, 0, 1)) return 'topP must be between 0 and 1';
  if (!inRange(job.frequencyPenalty, -2, 2)) return 'frequencyPenalty must be between -2 and 2';
  if (!inRange(job.presencePenalty, -2, 2)) return 'presencePenalty must be between -2 and 2';
  if (job.stop.length > MAX_STOPS || job.stop.some((stop) => typeof stop !== 'string'))
    return `stop must be at most ${MAX_STOPS} texts`;
  const index = job.messages.findIndex(
    (m) => !['system', 'user', 'assistant'].includes(m.role) || typeof m.content !== 'string',
  );
  return index < 0 ? null : `messages[${index}] must have a role of system, user or assistant and a text`;
}

function inRange(value: number, low: number, high: number): boolean {
  return Number.isFinite(value) && value >= low && value <= high;
}
