// What an answer of the Responses API tells of its request. Bounded: a stream tells it three times, and a body may be 8 MiB of one field.
import * as z from 'zod';
import type { ChatRequest } from '../../schema/openai.ts';
import { MAX_TOOLS } from '../../schema/tools.ts';
import type { ResponsesFacts } from './responses-facts.ts';

/** Of a text that names something. A longer one is left out: cut it would name something else. */
const MAX_ID_CHARS = 512;
/** Of the instructions, of all tools and of the answer's form, each: longer ones are the caller's own and told in short. */
const MAX_TOLD_CHARS = 256 * 1024;
/** OpenAI's own limits; what is beyond them is left out. */
const METADATA = { pairs: 16, keyChars: 64, valueChars: 512 } as const;

/** The fields of the request that are told as they are read. */
interface Said {
  readonly instructions?: string | null | undefined;
  readonly tools?: readonly unknown[] | null | undefined;
  readonly text?: { readonly format?: Format | null | undefined; readonly verbosity?: unknown } | null | undefined;
  readonly reasoning?: { readonly effort?: unknown; readonly summary?: string | null | undefined } | null | undefined;
}
type Format = { readonly type: string } & Record<string, unknown>;
type Body = Readonly<Record<string, unknown>>;
type Echo = ResponsesFacts['echo'];

/** What every answer tells of its request. */
export function makeEcho(given: Body, said: Said, chat: ChatRequest): Echo {
  const { effort, summary } = said.reasoning ?? {};
  const tools = (said.tools ?? []).map((tool) => tellTool(tool));
  return {
    instructions: fits(said.instructions) ? (said.instructions ?? null) : null,
    max_output_tokens: chat.maxTokens,
    max_tool_calls: typeof given['max_tool_calls'] === 'number' ? given['max_tool_calls'] : null,
    metadata: tellMetadata(given['metadata']),
    parallel_tool_calls: chat.wishes.parallelToolCalls ?? true,
    prompt_cache_key: tellId(given['prompt_cache_key']),
    reasoning: { effort: effort ?? null, summary: tellId(summary) },
    safety_identifier: tellId(given['safety_identifier']),
    temperature: chat.temperature,
    text: { format: tellFormat(said.text?.format), verbosity: said.text?.verbosity ?? 'medium' },
    tool_choice: tellChoice(given['tool_choice']),
    tools: fits(tools) ? tools : tools.map((tool) => nameTool(tool)),
    top_logprobs: chat.wishes.topLogprobs ?? 0,
    top_p: typeof given['top_p'] === 'number' ? given['top_p'] : chat.topP,
    user: tellId(given['user']),
  };
}

/** The same at an answer's beginning: what may be long is told once, at its end. Clients read what they need of it there. */
export function shortenEcho(echo: Echo): Echo {
  const { format, ...text } = echo['text'] as { format: Format };
  return { ...echo, instructions: null, tools: [], text: { format: shortenFormat(format), ...text } };
}

function fits(value: unknown): boolean {
  return value == null || JSON.stringify(value).length <= MAX_TOLD_CHARS;
}

function tellId(value: unknown): string | null {
  return typeof value === 'string' && value.length <= MAX_ID_CHARS ? value : null;
}

function tellMetadata(value: unknown): object {
  const pairs = Object.entries(z.record(z.string(), z.unknown()).safeParse(value).data ?? {});
  const isShort = (one: unknown): boolean =>
    typeof one === 'string' ? one.length <= METADATA.valueChars : typeof one === 'number' || typeof one === 'boolean';
  const isTold = ([key, one]: [string, unknown]): boolean => key.length <= METADATA.keyChars && isShort(one);
  return Object.fromEntries(pairs.filter(isTold).slice(0, METADATA.pairs));
}

function tellFormat(format: Format | null | undefined): Format {
  if (format == null) return { type: 'text' };
  return fits(format) ? format : shortenFormat(format);
}

/** By its name; readers want a schema to stand there. */
function shortenFormat({ type, name }: Format): Format {
  return type === 'json_schema' ? { type, name: tellId(name), schema: {} } : { type };
}

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  function: ['name', 'description', 'parameters', 'strict'],
  custom: ['name', 'description', 'format'],
  namespace: ['name', 'description'],
};

/** What is read of a tool; of one that only OpenAI's servers run its type, since it is left out. */
function tellTool(tool: unknown, isInside = false): Body {
  const { type, function: nested, tools, ...flat } = tool as Body;
  const fields = typeof type === 'string' && Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
  // Chat Completions' own form holds the rest one level deeper.
  const from = type === 'function' && typeof nested === 'object' && nested !== null ? (nested as Body) : flat;
  const told = (fields ?? []).flatMap((field) => (from[field] === undefined ? [] : [[field, from[field]]]));
  const inside = type === 'namespace' && !isInside && Array.isArray(tools) ? tools : null;
  return {
    type: tellId(type),
    ...(Object.fromEntries(told) as Body),
    ...(inside && { tools: inside.map((one) => tellTool(one, true)) }),
  };
}

function nameTool({ type, name, tools }: Body): Body {
  return {
    type,
    ...(name !== undefined && { name }),
    ...(Array.isArray(tools) && { tools: tools.map((one) => nameTool(one as Body)) }),
  };
}

function tellChoice(choice: unknown): unknown {
  if (typeof choice !== 'object' || choice === null) return choice ?? 'auto';
  const { type, mode, tools } = choice as Body;
  if (type !== 'allowed_tools') return nameChoice(choice);
  const named = Array.isArray(tools) ? tools.slice(0, MAX_TOOLS).map((one) => nameChoice(one)) : [];
  return { type, mode: mode ?? 'auto', tools: named };
}

function nameChoice(choice: unknown): Body {
  const { type, name, namespace, function: nested } = (choice ?? {}) as Body;
  const known = { name: tellId(name ?? (nested as Body | null | undefined)?.['name']), namespace: tellId(namespace) };
  return { type: tellId(type), ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null)) };
}
