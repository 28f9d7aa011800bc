// One event of a local server's chat stream, or its JSON body, read with distrust and generously. Pure.

import type { TokenLogprob } from '../../schema/logprobs.ts';
import type { RawCall } from './call-reading.ts';
import type { FinishWord } from './judge-end.ts';
import { readFinishWord } from './read-finish-word.ts';
import { readLogprobs } from './read-logprobs.ts';

/** What a server says of its counts; null where it says nothing that can be true. */
export interface BackendUsage {
  readonly promptTokens: number | null;
  readonly outputTokens: number | null;
  /** Among the output tokens. */
  readonly thinkingTokens: number | null;
}

/** What one event says. Fields that it does not speak of are empty, false or null. */
export interface BackendEvent {
  /** Answer text to hand on. */
  readonly text: string;
  /** Thinking to hand on beside it; where an event has both it came before the text. */
  readonly thinking: string;
  /** Pieces of calls of tools, in their order; they came after the text. */
  readonly calls: readonly RawCall[];
  /** How likely the tokens of the text were; absent where nothing of it is told. */
  readonly logprobs?: readonly TokenLogprob[];
  readonly finish: FinishWord | null;
  readonly usage: BackendUsage | null;
  readonly done: boolean;
  /** A whole message, and no piece of one: where pieces came before it, it says them once more. */
  readonly isMessage: boolean;
  /** The server reported an error: the event's JSON text, which may quote the prompt and never goes further than the agent. */
  readonly errorJson: string | null;
  /** 'chunk': a choice of an answer, be it empty. 'other': anything that says nothing of it (pings, usage alone). 'junk': no JSON object. */
  readonly kind: 'chunk' | 'other' | 'junk';
}

const BLANK: BackendEvent = {
  text: '',
  thinking: '',
  calls: [],
  finish: null,
  usage: null,
  done: false,
  isMessage: false,
  errorJson: null,
  kind: 'other',
};
const DONE: BackendEvent = { ...BLANK, done: true };
const JUNK: BackendEvent = { ...BLANK, kind: 'junk' };

/** What servers call thinking. Several at once say the same in each. QUIRKS.md tells which server writes which. */
const THINKING_FIELDS = ['reasoning_content', 'reasoning', 'thinking'] as const;

type RawMessage = { readonly content?: unknown; readonly tool_calls?: unknown; readonly function_call?: unknown } & {
  readonly [N in (typeof THINKING_FIELDS)[number]]?: unknown;
};

interface RawChunk {
  readonly error?: unknown;
  readonly object?: unknown;
  readonly type?: unknown;
  readonly detail?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly usage?: {
    prompt_tokens?: unknown;
    completion_tokens?: unknown;
    completion_tokens_details?: { reasoning_tokens?: unknown } | null;
  } | null;
  readonly choices?:
    | {
        delta?: RawMessage | null;
        message?: RawMessage | null;
        text?: unknown;
        logprobs?: unknown;
        finish_reason?: unknown;
      }[]
    | null;
}

/**
 * Reads the data of one event: OpenAI's chat.completion.chunk as Ollama, llama-server, LM Studio and vLLM write it, a whole chat.completion,
 * a chunk of the older completions API (`choices[].text`), or `[DONE]`. An empty one and pings say nothing.
 */
export function readBackendEvent(data: string): BackendEvent {
  if (isDone(data)) return DONE;
  const raw = parse(data);
  if (raw === null) return data.trim() === '' ? BLANK : JUNK;
  if (isError(raw)) return { ...BLANK, errorJson: data };
  const choice = Array.isArray(raw.choices) ? raw.choices[0] : undefined;
  const usage = readUsage(raw.usage);
  if (choice === undefined || choice === null) return usage === null ? BLANK : { ...BLANK, usage };
  const message = choice.delta ?? choice.message;
  const content = message?.content;
  const logprobs = choice.logprobs == null ? [] : readLogprobs(choice.logprobs);
  return {
    text: readText(content) || (typeof choice.text === 'string' ? choice.text : ''),
    thinking: message ? readThinking(message) : '',
    calls: message ? readCalls(message) : [],
    ...(logprobs.length > 0 && { logprobs }),
    finish: readFinishWord(choice.finish_reason),
    usage,
    done: false,
    isMessage: !choice.delta && !!choice.message,
    errorJson: null,
    kind: 'chunk',
  };
}

/** `[DONE]`, also with white space around it and in small letters. */
function isDone(data: string): boolean {
  return data === '[DONE]' || (data.length < 20 && data.trim().toUpperCase() === '[DONE]');
}

function parse(data: string): RawChunk | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** OpenAI's `error` member, an object that calls itself an error (vLLM of old, LMDeploy, Anthropic), or a web framework's error page in JSON. */
function isError(raw: RawChunk): boolean {
  const { error } = raw;
  if (error !== undefined && error !== null && error !== '' && error !== false) return true;
  if (raw.object === 'error' || raw.type === 'error') return true;
  if (raw.choices !== undefined) return false;
  const status = Number(raw.statusCode ?? raw.status ?? raw.code);
  return typeof raw.detail === 'string' || (typeof raw.message === 'string' && status >= 400);
}

/** Content is a text, or parts of which those of type `text` are the answer. */
function readText(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map(readPart).join('') : '';
}

function readPart(part: unknown): string {
  if (typeof part === 'string') return part;
  if (typeof part !== 'object' || part === null) return '';
  const { type, text } = part as { type?: unknown; text?: unknown };
  const isAnswer = type === undefined || type === 'text' || type === 'output_text';
  return isAnswer && typeof text === 'string' ? text : '';
}

/** The thinking of a delta, or of a whole message. */
function readThinking(message: RawMessage): string {
  for (const name of THINKING_FIELDS) {
    const value = message[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return Array.isArray(message.content) ? message.content.map(readThought).join('') : '';
}

/** Mistral's reasoning models put their thinking among the parts, as a text or as parts of its own. */
function readThought(part: unknown): string {
  if (typeof part !== 'object' || part === null) return '';
  const { type, thinking, text } = part as { type?: unknown; thinking?: unknown; text?: unknown };
  return type === 'thinking' || type === 'reasoning' ? readText(thinking) || readText(text) : '';
}

/** A prompt has tokens, so 0 means that nothing was counted. */
function readUsage(usage: RawChunk['usage']): BackendUsage | null {
  if (typeof usage !== 'object' || usage === null) return null;
  const promptTokens = readCount(usage.prompt_tokens) || null;
  const outputTokens = readCount(usage.completion_tokens);
  if (promptTokens === null && !outputTokens) return null;
  return { promptTokens, outputTokens, thinkingTokens: readCount(usage.completion_tokens_details?.reasoning_tokens) };
}

/** A whole number of at least 0, also as a decimal text; null for anything else. */
function readCount(value: unknown): number | null {
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
}

const NO_CALLS: readonly RawCall[] = [];

/** Calls of a delta or a whole message, in the API's form or in its older one. */
function readCalls({ tool_calls: calls, function_call: old }: RawMessage): readonly RawCall[] {
  if (Array.isArray(calls)) return calls.flatMap(readCall);
  // TGI up to 3.1 streams a call as it is, not in a list.
  if (typeof calls === 'object' && calls !== null) return readCall(calls);
  return typeof old === 'object' && old !== null ? readCall({ function: old }) : NO_CALLS;
}

function readCall(call: unknown): RawCall[] {
  if (typeof call !== 'object' || call === null) return [];
  const { index, id, function: called } = call as { index?: unknown; id?: unknown; function?: unknown };
  const { name, arguments: given } = (typeof called === 'object' && called !== null ? called : {}) as {
    name?: unknown;
    arguments?: unknown;
  };
  return [
    {
      index: typeof index === 'number' && Number.isInteger(index) ? index : null,
      id: typeof id === 'string' && id !== '' ? id : null,
      name: typeof name === 'string' && name !== '' ? name : null,
      // Some servers give the arguments as the object that they are.
      text:
        typeof given === 'string' ? given : typeof given === 'object' && given !== null ? JSON.stringify(given) : '',
    },
  ];
}
