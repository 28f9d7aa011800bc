// Whether a server's error says that the prompt does not fit, and both numbers out of it, for every product that says so in its own way. Pure.
// Where each text comes from: test/backends/QUIRKS.md.

import type { BackendError } from './backend.ts';

/** A number as these texts write them, with or without separators of thousands. */
const N = String.raw`(\d{1,3}(?:[,_' \u2009\u202f]\d{3})+|\d{1,9})`;

/** Sentences with both numbers; the groups are named p (the prompt), c (the context), l (the prompt has at least so many). */
const SENTENCES: readonly RegExp[] = [
  // vLLM 0.12 and later; "at least" where it stopped to count.
  sentence`maximum context length is ${'c'} tokens.{0,80}?your prompt contains at least ${'l'} input tokens`,
  sentence`maximum context length is ${'c'} tokens.{0,80}?your prompt contains ${'p'} (?:input )?tokens`,
  sentence`maximum context length is ${'c'} tokens and your request has ${'p'} input tokens`,
  sentence`You passed ${'p'} input tokens.{0,120}?context length is only ${'c'} tokens`,
  sentence`(?:decoder |encoder |)prompt \(length ${'p'}\) is longer than the maximum model length of ${'c'}`,
  sentence`prompt \(${'p'} tokens\) is too long and exceeds limit of ${'c'}`,
  // OpenAI's, also vLLM's before 0.12, llama-cpp-python's and SGLang's: the part in brackets is the prompt's own.
  sentence`maximum context length (?:is|of) ${'c'} tokens.{0,60}?\(?${'p'} (?:tokens )?(?:in|from) (?:the |your )?(?:messages|prompt|input)`,
  sentence`maximum context length (?:is|of) ${'c'}(?: tokens)?.{0,80}?(?:resulted in|requested|has|contains) (?:over )?${'p'}(?: input)? tokens`,
  // llama-server, and LocalAI around it.
  sentence`request \(${'p'} tokens\) exceeds (?:the available )?context size \(${'c'} tokens\)`,
  sentence`input \(${'p'} tokens\) is larger than the max context size \(${'c'} tokens\)`,
  // LM Studio, two generations.
  sentence`keep the first ${'p'} tokens when.{0,40}?overflows?.{0,60}?context length of only ${'c'} tokens`,
  sentence`n_keep: ${'p'} ?>=? ?n_ctx: ${'c'}`,
  // TGI.
  sentence`must have less than ${'c'} tokens\. Given: ${'p'}`,
  sentence`must be <= ${'c'}\. Given: ${'p'} .?inputs.? tokens`,
  // llama-cpp-python; SGLang.
  sentence`Requested tokens \(${'p'}\) exceed context window of ${'c'}`,
  sentence`input(?:_ids)? \(${'p'} tokens\) is longer than the model's context length \(${'c'} tokens\)`,
];

/** What tells it without numbers, or with one of them. */
const UNNUMBERED =
  /exceed_context_size|context_length_exceeded|context_window_exceeded|(?:maximum|max) context (?:length|size)|(?:exceeds?|larger than|longer than|over(?:flows?)?|fit\w* (?:in|into))\b.{0,60}\bcontext|context (?:size|length|window).{0,30}(?:exceeded|overflow|too small|not enough)|context (?:the )?overflows|reached context length|prompt is too long|input (?:is too long|length exceeds)|tokens? .{0,40}exceeds? .{0,30}(?:limit|context)/i;
const CONTEXT_ALONE = sentence`(?:context (?:length|size|window)|n_ctx|model length)\D{0,20}?${'c'}`;
const PROMPT_ALONE = sentence`(?:prompt|input|messages?)\D{0,40}?${'p'} tokens`;

/** llama-server's own fields, which say it better than its sentence does. */
const PROMPT_FIELD = sentence`"n_prompt_tokens" ?: ?"?${'p'}`;
const CONTEXT_FIELD = sentence`"n_ctx" ?: ?"?${'c'}`;

/** The error of a prompt that is over the context, with what the server told of the two numbers; null where it speaks of something else. */
export function readContext(json: unknown, said: string): BackendError | null {
  const flat = said.slice(0, 8_000).replace(/\s+/g, ' ');
  const fields = typeof json === 'object' ? JSON.stringify(json).slice(0, 8_000) : '';
  const match = SENTENCES.map((one) => one.exec(flat)?.groups).find((groups) => groups !== undefined);
  if (match === undefined && !UNNUMBERED.test(flat)) return null;
  const contextTokens = toNumber(
    CONTEXT_FIELD.exec(fields)?.groups?.['c'] ?? match?.['c'] ?? CONTEXT_ALONE.exec(flat)?.groups?.['c'],
  );
  const promptTokens = toNumber(
    PROMPT_FIELD.exec(fields)?.groups?.['p'] ??
      match?.['p'] ??
      (match ? undefined : PROMPT_ALONE.exec(flat)?.groups?.['p']),
  );
  return tellContext({ promptTokens, contextTokens });
}

/** The error for a prompt that does not fit, with the numbers that are known. */
export function tellContext({
  promptTokens,
  contextTokens,
}: {
  promptTokens?: number | undefined;
  contextTokens?: number | undefined;
}): BackendError {
  const takes = contextTokens === undefined ? '' : `${contextTokens} with the answer`;
  const has = promptTokens === undefined ? 'is too long for this model' : `has ${promptTokens} tokens`;
  const message =
    promptTokens === undefined && takes !== ''
      ? `the prompt ${has}, which takes ${takes}`
      : `the prompt ${has}${takes === '' ? '' : `; this model takes ${takes}`}`;
  return {
    code: 'context',
    message,
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(contextTokens === undefined ? {} : { contextTokens }),
  };
}

/** A pattern whose holes are named numbers. */
function sentence(texts: TemplateStringsArray, ...names: string[]): RegExp {
  return new RegExp(
    texts.raw.map((text, i) => (i < names.length ? `${text}(?<${names[i]}>${N.slice(1, -1)})` : text)).join(''),
    'i',
  );
}

function toNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text.replace(/\D/g, ''));
}
