// A request of the OpenAI Responses API as a chat request. Nothing is stored between calls: what asks for an earlier answer by its id is refused with what to
// do instead. Source: https://developers.openai.com/api/reference/resources/responses/methods/create
import * as z from 'zod';
import { listOf } from '../../schema/list-of.ts';
import { parseChatRequest } from '../../schema/openai.ts';
import { describeIssue } from '../../schema/request-fault.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { wholeText } from '../../schema/whole-text.ts';
import type { Translated } from './dialect.ts';
import { makeEcho } from './responses-echo.ts';
import type { ResponsesFacts } from './responses-facts.ts';
import { renameFault } from './responses-faults.ts';
import { readInput } from './responses-input.ts';
import type { ReadInput } from './responses-input.ts';
import { readToolChoice } from './responses-tool-choice.ts';
import { readTools } from './responses-tools.ts';
import type { ReadTools, ToolList } from './responses-tools.ts';

/** Names of fields that were left out, told at most. */
const MAX_IGNORED = 32;
const MAX_INCLUDED = 64;
const ENCRYPTED = 'reasoning.encrypted_content';
const LOGPROBS = 'message.output_text.logprobs';

const FORMAT_TOLD = "must have the type 'text', 'json_object' or 'json_schema'.";
const format = z.discriminatedUnion(
  'type',
  [
    z.object({ type: z.literal('text') }),
    z.object({ type: z.literal('json_object') }),
    z.object({
      type: z.literal('json_schema'),
      name: z.string().max(256).nullish(),
      description: z.string().nullish(),
      schema: z.record(z.string(), z.unknown()),
      strict: z.boolean().nullish(),
    }),
  ],
  { error: FORMAT_TOLD },
);
const tools = z.array(z.unknown()).nullish();
/** What this API reads itself of a request to `POST /v1/responses`; what it shares with Chat Completions is read as a chat. */
export const responsesBody = z.object({
  instructions: wholeText.nullish(),
  tools,
  text: z.object({ format: format.nullish(), verbosity: z.unknown().optional() }).nullish(),
  reasoning: z
    .object({ effort: z.unknown().optional(), summary: z.string().nullish(), generate_summary: z.string().nullish() })
    .nullish(),
  include: listOf(z.string(), { max: MAX_INCLUDED }).nullish(),
});
type Said = z.output<typeof responsesBody>;
type Body = Readonly<Record<string, unknown>>;
const additionalTools = z.object({ type: z.literal('additional_tools'), tools: z.array(z.unknown()) });

const STATELESS = 'nothing of a conversation is stored here';
/** Fields that ask for what cannot be done, with the remedy. */
const REFUSED: Readonly<Record<string, string>> = {
  previous_response_id: `${STATELESS}. Send the earlier items in 'input', and 'store': false so that clients keep them.`,
  conversation: `${STATELESS}. Send its items in 'input'.`,
  prompt: `prompts are not kept here. Send its text in 'instructions' and 'input'.`,
  background: "an answer is given while its caller waits. Leave it out, and set 'stream': true for long answers.",
};

/** Read here, or a hint that changes nothing. */
const OWN = new Set([
  ...Object.keys(responsesBody.shape),
  ...Object.keys(REFUSED),
  'client_metadata',
  'input',
  'max_output_tokens',
  'max_tool_calls',
  'stream_options',
  'tool_choice',
]);
/** Chat Completions' own, which stand for something else here. */
const CHAT_ONLY = ['function_call', 'functions', 'logprobs', 'messages', 'n'];

/** Reads an untrusted body. Faults name this API's fields; what is left out stands in `chat.ignored`. */
export function parseResponsesRequest(body: unknown): Result<Translated<ResponsesFacts>, RequestFault> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return err({ param: null, code: 'invalid_json', message: 'The request body must be a JSON object.' });
  const given = body as Body;
  const refused = findRefused(given);
  if (refused) return err(refused);
  const parsed = responsesBody.safeParse(body);
  if (!parsed.success) return err(describeIssue(parsed.error.issues[0], body));
  const offered = readTools(listTools(given, parsed.data));
  if (!offered.ok) return offered;
  const choice = readToolChoice(given['tool_choice'], offered.value);
  if (!choice.ok) return choice;
  const input = readInput(
    { instructions: parsed.data.instructions ?? '', input: given['input'] },
    offered.value.owners,
  );
  if (!input.ok) return input;
  return translate({ given, said: parsed.data, tools: offered.value, choice: choice.value, input: input.value });
}

interface Request {
  readonly given: Body;
  readonly said: Said;
  readonly tools: ReadTools;
  /** For the chat's `tool_choice`. */
  readonly choice: unknown;
  readonly input: ReadInput;
}

function translate(request: Request): Result<Translated<ResponsesFacts>, RequestFault> {
  const { given, said, tools, input } = request;
  const chat = parseChatRequest(toChatBody(request));
  if (!chat.ok)
    return err(renameFault(chat.error, { messages: input.paths, said: input.messages, tools: tools.paths }));
  const includes = new Set(said.include ?? []);
  const chatOnly = CHAT_ONLY.filter((field) => given[field] != null);
  const ignored = [...chatOnly, ...tools.ignored, ...input.ignored, ...chat.value.ignored].slice(0, MAX_IGNORED);
  return ok({
    chat: { ...chat.value, ignored },
    facts: {
      echo: makeEcho(given, said, chat.value),
      owners: tools.owners,
      hasSummary: (said.reasoning?.summary ?? said.reasoning?.generate_summary ?? null) !== null,
      hasEncrypted: includes.has(ENCRYPTED),
      hasLogprobs: chat.value.wishes.topLogprobs !== undefined,
    },
  });
}

function findRefused(body: Body): RequestFault | null {
  for (const [field, remedy] of Object.entries(REFUSED)) {
    const value = body[field];
    if (value == null || value === false) continue;
    return { param: field, code: 'unsupported_parameter', message: `'${field}' is not supported: ${remedy}` };
  }
  return null;
}

/** Clients that load tools while they work offer them among the items. */
function listTools({ input }: Body, { tools }: Said): ToolList[] {
  const later = (Array.isArray(input) ? input : []).flatMap((item: unknown, i): ToolList[] => {
    const parsed = additionalTools.safeParse(item);
    return parsed.success ? [{ path: ['input', i, 'tools'], tools: parsed.data.tools }] : [];
  });
  return [{ path: ['tools'], tools: tools ?? [] }, ...later];
}

/** What this API does not name goes on as it is: samplers, wishes of the home, hints, and what nobody knows. */
function toChatBody({ given, said, tools, choice, input }: Request): object {
  const others = Object.entries(given).filter(
    ([field, value]) =>
      !OWN.has(field) && !CHAT_ONLY.includes(field) && !(field === 'truncation' && value === 'disabled'),
  );
  const top = given['top_logprobs'];
  const isTold = said.include?.includes(LOGPROBS) === true || (typeof top === 'number' && top > 0);
  return {
    ...Object.fromEntries(others),
    messages: input.messages,
    ...(given['stream'] === true && { stream_options: { include_usage: true } }),
    ...(given['max_output_tokens'] != null && { max_completion_tokens: given['max_output_tokens'] }),
    ...(tools.functions.length > 0 && { tools: tools.functions }),
    ...(choice !== undefined && { tool_choice: choice }),
    ...(said.reasoning != null && { reasoning: given['reasoning'] }),
    ...(said.text?.verbosity != null && { verbosity: said.text.verbosity }),
    ...(said.text?.format != null && { response_format: toResponseFormat(said.text.format) }),
    ...(isTold && { logprobs: true }),
  };
}

function toResponseFormat(said: z.output<typeof format>): object {
  if (said.type !== 'json_schema') return said;
  const { type, ...schema } = said;
  return { type, json_schema: schema };
}
