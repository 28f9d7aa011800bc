// What a job asks beside text, in the fields of the server that gets it: tools, form of the answer, thinking, log probabilities, samplers. Pure.
// Sources: ggml-org/llama.cpp tools/server/README.md; docs.vllm.ai, OpenAI-compatible server; ollama/ollama docs/openai.md; lmstudio-ai/docs, OpenAI
// compatibility.
import type { ChatWishes, REASONING_EFFORTS } from '../../schema/chat-job.ts';
import type { Sampler } from '../../schema/needs.ts';
import type { ResponseFormat } from '../../schema/tools.ts';
import type { Product } from './probe-server.ts';

/** llama.cpp's names, where they are not the callers'. */
const LLAMA_NAMES: Partial<Record<Sampler, string>> = { repetition_penalty: 'repeat_penalty' };

const LLAMA_SAMPLERS: readonly Sampler[] = [
  'top_k',
  'min_p',
  'typical_p',
  'repetition_penalty',
  'repeat_last_n',
  'dynatemp_range',
  'dynatemp_exponent',
  'xtc_probability',
  'xtc_threshold',
  'dry_multiplier',
  'dry_base',
  'dry_allowed_length',
  'dry_penalty_last_n',
  'mirostat',
  'mirostat_tau',
  'mirostat_eta',
];

/** Samplers that each product takes. Others pass over what they do not know, so that it would be left out without a word. */
export const SAMPLERS_OF: Readonly<Record<Product, readonly Sampler[]>> = {
  'llama-server': LLAMA_SAMPLERS,
  'lm-studio': ['top_k', 'min_p', 'repetition_penalty'],
  vllm: ['top_k', 'min_p', 'repetition_penalty', 'min_tokens'],
  ollama: [],
  unknown: [],
};

/** The fields of the body; none for what was not asked. */
export function writeWishes(wishes: ChatWishes, product: Product): Record<string, unknown> {
  return {
    ...writeTools(wishes, product),
    ...(wishes.responseFormat && { response_format: writeForm(wishes.responseFormat, product) }),
    ...writeThinking(wishes, product),
    ...(wishes.topLogprobs !== undefined && { logprobs: true, top_logprobs: wishes.topLogprobs }),
    ...(wishes.logitBias && { logit_bias: wishes.logitBias }),
    ...writeSamplers(wishes, product),
  };
}

/** Others refuse a choice of one tool (lmstudio-bug-tracker 670) or pass over it (ollama 17921, llama-server). */
const NAMING: ReadonlySet<Product> = new Set(['vllm', 'unknown']);

function writeTools({ tools, toolChoice, parallelToolCalls }: ChatWishes, product: Product): Record<string, unknown> {
  // What must not be called is not shown: Ollama heeds no choice, and models without tools are refused them all the same.
  if (!tools || toolChoice === 'none') return {};
  const only = typeof toolChoice === 'object' && !NAMING.has(product) ? toolChoice.function.name : null;
  return {
    tools: only === null ? tools : tools.filter((tool) => tool.function.name === only),
    ...(toolChoice && { tool_choice: only === null ? toolChoice : 'required' }),
    ...(parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
  };
}

/** LM Studio refuses json_object (lmstudio-bug-tracker 189): the schema of any object says the same. */
function writeForm(form: ResponseFormat, product: Product): ResponseFormat {
  if (product !== 'lm-studio' || form.type !== 'json_object') return form;
  return { type: 'json_schema', json_schema: { name: 'object', schema: { type: 'object' } } };
}

/** Most servers know `none`, `low`, `medium` and `high`, and refuse other words. */
const NEAREST: Partial<Record<(typeof REASONING_EFFORTS)[number], string>> = {
  minimal: 'low',
  xhigh: 'high',
  max: 'high',
};

/** Templates read how hard to think under names of their own; a server that has none for it passes over them. */
function writeThinking({ reasoningEffort, verbosity }: ChatWishes, product: Product): Record<string, unknown> {
  const said = verbosity === undefined ? {} : { verbosity };
  if (reasoningEffort === undefined) return said;
  const isTemplated = product === 'llama-server' || product === 'vllm';
  const isOff = reasoningEffort === 'none';
  // llama-server hands the word on to the template as it is.
  const effort = product === 'llama-server' ? reasoningEffort : (NEAREST[reasoningEffort] ?? reasoningEffort);
  const inTemplate = isOff ? { enable_thinking: false } : { reasoning_effort: effort };
  return {
    ...said,
    ...(isOff && isTemplated ? {} : { reasoning_effort: effort }),
    ...(isTemplated && { chat_template_kwargs: inTemplate }),
  };
}

export function writeSamplers(
  { samplers = {} }: Pick<ChatWishes, 'samplers'>,
  product: Product,
): Record<string, number> {
  const isLlama = product === 'llama-server' || product === 'lm-studio';
  const written: Record<string, number> = {};
  for (const sampler of SAMPLERS_OF[product]) {
    const value = samplers[sampler];
    if (value !== undefined) written[(isLlama && LLAMA_NAMES[sampler]) || sampler] = value;
  }
  return written;
}
