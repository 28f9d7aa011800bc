// What a chat request says of tools, of the form of its answer and of thinking, in every spelling that clients of the OpenAI API write, read into the one
// shape that homes are given.
import * as z from 'zod';
import { REASONING_EFFORTS } from './chat-job.ts';
import type { ChatWishes } from './chat-job.ts';
import { pointsElsewhere, SCHEMA_TOLD } from './find-reach.ts';
import { listOf } from './list-of.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { functionSchema, MAX_TOOLS, toolName } from './tools.ts';
import type { ResponseFormat, Tool, ToolChoice } from './tools.ts';
import type { RequestFault } from './request-fault.ts';
import { wholeObject, wholeText } from './whole-text.ts';

/** Frameworks send null for what they have not set. */
const offered = functionSchema.extend({
  description: wholeText.nullish(),
  parameters: wholeObject.nullish(),
  strict: z.boolean().nullish(),
});
type Offered = z.output<typeof offered>;
const tool = z.object({
  type: z.literal('function', { error: "can only be 'function': homes run no tools of their own." }),
  function: offered,
});
const named = z.object({ type: z.literal('function'), function: z.object({ name: toolName }) });
const allowed = z.object({
  type: z.literal('allowed_tools'),
  allowed_tools: z.object({ mode: z.enum(['auto', 'required']), tools: listOf(named, { max: MAX_TOOLS }) }),
});
const CHOICE_TOLD = "must be 'none', 'auto', 'required' or name one of 'tools'.";
const FORMAT_TOLD = "must have the type 'text', 'json_object' or 'json_schema'.";
const namedSchema = z.object({
  name: wholeText.max(256).nullish(),
  description: wholeText.nullish(),
  schema: wholeObject.nullish(),
  strict: z.boolean().nullish(),
});

/** Fields of a chat request that this file reads. */
export const toolFields = {
  tools: listOf(tool, { max: MAX_TOOLS }).nullish(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required', 'any']), named, allowed], { error: CHOICE_TOLD }).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: listOf(offered, { max: MAX_TOOLS }).nullish(),
  function_call: z.union([z.enum(['none', 'auto']), z.object({ name: toolName })], { error: CHOICE_TOLD }).nullish(),
  response_format: z
    .discriminatedUnion(
      'type',
      [
        z.object({ type: z.literal('text') }),
        z.object({ type: z.literal('json_object'), schema: wholeObject.nullish() }),
        z.object({
          type: z.literal('json_schema'),
          json_schema: namedSchema.nullish(),
          schema: wholeObject.nullish(),
        }),
      ],
      { error: FORMAT_TOLD },
    )
    .nullish(),
  // The same schema in the words of vLLM and of llama-server.
  guided_json: wholeObject.nullish(),
  structured_outputs: z.strictObject({ json: wholeObject.nullish() }).nullish(),
  json_schema: wholeObject.nullish(),
  reasoning_effort: z.enum(REASONING_EFFORTS).nullish(),
  reasoning: z
    .object({
      effort: z.enum(REASONING_EFFORTS).nullish(),
      enabled: z.boolean().nullish(),
      max_tokens: z.unknown().optional(),
    })
    .nullish(),
  include_reasoning: z.unknown().optional(),
  enable_thinking: z.boolean().nullish(),
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
  thinking: z.union([z.boolean(), z.looseObject({ type: z.string().nullish() })]).nullish(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
};
type Said = z.output<z.ZodObject<typeof toolFields>>;

type Wishes = Pick<
  ChatWishes,
  'tools' | 'toolChoice' | 'parallelToolCalls' | 'isFunctionCall' | 'responseFormat' | 'reasoningEffort' | 'verbosity'
>;

/** What of it homes are told. Errors: a choice of what is not offered, both forms of tools at once, a schema that is missing. */
export function readToolFields(said: Said): Result<Wishes, RequestFault> {
  const tools = readTools(said);
  if (!tools.ok) return tools;
  const format = readFormat(said);
  if (!format.ok) return format;
  const foreign = findForeignSchema(tools.value.tools ?? [], format.value);
  if (foreign !== null) return wrong(foreign, SCHEMA_TOLD);
  const effort = readEffort(said);
  return ok({
    ...tools.value,
    ...(format.value && { responseFormat: format.value }),
    ...(effort != null && { reasoningEffort: effort }),
    ...(said.verbosity != null && { verbosity: said.verbosity }),
  });
}

/** The schema that points out of the request, by its field. */
function findForeignSchema(tools: readonly Tool[], format: ResponseFormat | null): string | null {
  const at = tools.findIndex((one) => pointsElsewhere(one.function.parameters));
  if (at >= 0) return `tools[${at}].function.parameters`;
  return format?.type === 'json_schema' && pointsElsewhere(format.json_schema.schema) ? 'response_format' : null;
}

/** Whether the model is to think, in any spelling. Agents say so to every model, so that one that cannot may answer all the same. */
export function asksThinking(said: Said): boolean {
  const effort = readEffort(said);
  if (effort !== null) return effort !== 'none';
  return said.include_reasoning === true || said.reasoning?.max_tokens != null || listSwitches(said).includes(true);
}

function readEffort(said: Said): (typeof REASONING_EFFORTS)[number] | null {
  // Thinking is switched off in the words of several servers.
  return said.reasoning_effort ?? said.reasoning?.effort ?? (listSwitches(said).includes(false) ? 'none' : null);
}

/** A switch of thinking by the names that templates give it. */
const KWARGS = ['enable_thinking', 'thinking'];

function listSwitches({ reasoning, enable_thinking: isOn, chat_template_kwargs: kwargs, thinking }: Said): unknown[] {
  const isThinking = typeof thinking === 'object' && thinking ? thinking.type !== 'disabled' : thinking;
  return [reasoning?.enabled, isOn, isThinking, ...KWARGS.map((name) => kwargs?.[name])];
}

/** What stands beside a switch of thinking, and is left out. */
export function listUnread({ chat_template_kwargs: kwargs, thinking }: Said): string[] {
  const unread = (field: string, said: object | boolean | null | undefined, read: readonly string[]): string[] =>
    Object.keys(said ?? {}).flatMap((name) => (read.includes(name) ? [] : [`${field}.${name}`.slice(0, 64)]));
  return [...unread('chat_template_kwargs', kwargs, KWARGS), ...unread('thinking', thinking, ['type'])];
}

function readTools(said: Said): Result<Wishes, RequestFault> {
  const isOld = (said.functions?.length ?? 0) > 0;
  if (isOld && (said.tools?.length ?? 0) > 0)
    return wrong('functions', "cannot stand beside 'tools'. Send one of them.");
  const all = isOld ? (said.functions ?? []) : (said.tools ?? []).map((one) => one.function);
  const choice = isOld ? readOldChoice(said) : said.tool_choice;
  const field = isOld ? 'function_call' : 'tool_choice';
  const { offeredTools, toolChoice } = narrow(all.map(toTool), choice);
  if (typeof toolChoice === 'object' && !offeredTools.some((one) => one.function.name === toolChoice.function.name))
    return wrong(field, `names '${toolChoice.function.name}', which is not among the tools.`);
  if (offeredTools.length === 0)
    return toolChoice === 'required' ? wrong(field, "can only be 'required' where 'tools' offers some.") : ok({});
  return ok({
    tools: offeredTools,
    ...(toolChoice !== undefined && toolChoice !== 'auto' && { toolChoice }),
    ...(said.parallel_tool_calls != null && { parallelToolCalls: said.parallel_tool_calls }),
    ...(isOld && { isFunctionCall: true, parallelToolCalls: false }),
  });
}

function readOldChoice({ function_call: said }: Said): Said['tool_choice'] {
  return typeof said === 'object' && said !== null ? { type: 'function', function: said } : said;
}

/** Of the tools those that may be called, and whether one must. */
function narrow(
  tools: readonly Tool[],
  choice: Said['tool_choice'],
): { offeredTools: Tool[]; toolChoice: ToolChoice | undefined } {
  if (choice == null) return { offeredTools: [...tools], toolChoice: undefined };
  if (typeof choice === 'string')
    return { offeredTools: [...tools], toolChoice: choice === 'any' ? 'required' : choice };
  if (choice.type === 'function') return { offeredTools: [...tools], toolChoice: choice };
  const names = new Set(choice.allowed_tools.tools.map((one) => one.function.name));
  return { offeredTools: tools.filter((one) => names.has(one.function.name)), toolChoice: choice.allowed_tools.mode };
}

function toTool({ name, description, parameters, strict }: Offered): Tool {
  return {
    type: 'function',
    function: {
      name,
      ...(description != null && { description }),
      ...(parameters != null && { parameters }),
      ...(strict != null && { strict }),
    },
  };
}

function readFormat(all: Said): Result<ResponseFormat | null, RequestFault> {
  const { response_format: said } = all;
  const guided = all.guided_json ?? all.structured_outputs?.json ?? all.json_schema;
  if (guided != null) return ok(toSchemaFormat({ schema: guided }));
  if (said == null || said.type === 'text') return ok(null);
  if (said.type === 'json_object')
    return ok(said.schema == null ? { type: 'json_object' } : toSchemaFormat({ schema: said.schema }));
  const schema = said.json_schema?.schema ?? said.schema;
  if (schema == null) return wrong('response_format.json_schema', "must hold a JSON Schema in its 'schema'.");
  return ok(toSchemaFormat({ ...said.json_schema, schema }));
}

function toSchemaFormat(
  said: Omit<z.output<typeof namedSchema>, 'schema'> & { schema: Record<string, unknown> },
): ResponseFormat {
  const { name, description, schema, strict } = said;
  const more = { ...(description != null && { description }), ...(strict != null && { strict }) };
  return { type: 'json_schema', json_schema: { name: name ?? 'answer', ...more, schema } };
}

function wrong(param: string, told: string): Result<never, RequestFault> {
  return err({ param, code: 'invalid_value', message: `Invalid value for '${param}': ${told}` });
}
