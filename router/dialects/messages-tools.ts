// What a request of the Messages API says of tools, of thinking and of the form of its answer, in the words of a chat. Tools that Anthropic's servers would
// run are left out where they are only offered. Source: the Anthropic API's reference, "Create a Message", and its pages on thinking and effort.
import * as z from 'zod';
import { REASONING_EFFORTS } from '../../schema/chat-job.ts';
import { listOf } from '../../schema/list-of.ts';
import { toolName } from '../../schema/tools.ts';
import { readAs, refuse } from './messages-blocks.ts';
import type { Reading } from './messages-blocks.ts';

/** Offered at most, with those that are left out; the chat's own limit is on the others. */
const MAX_OFFERED = 4096;
/** From how many tokens of thought on a budget asks for how much effort: gateways between both APIs agree on about these. */
const BUDGETS = [
  [10_000, 'high'],
  [4_000, 'medium'],
  [0, 'low'],
] as const;

const schemaObject = z.record(z.string(), z.unknown());
const customTool = z.object({
  name: toolName,
  description: z.string().nullish(),
  input_schema: schemaObject,
  strict: z.boolean().nullish(),
});
const jsonFormat = z.object({
  type: z.literal('json_schema', { error: "must be 'json_schema'." }),
  schema: schemaObject,
});

/** Fields of a request that this file reads. */
export const toolFields = {
  tools: listOf(schemaObject, { max: MAX_OFFERED }).nullish(),
  tool_choice: z
    .object({
      type: z.enum(['auto', 'any', 'tool', 'none'], { error: "must be 'auto', 'any', 'tool' or 'none'." }),
      name: z.string().nullish(),
      disable_parallel_tool_use: z.boolean().nullish(),
    })
    .nullish(),
  thinking: z
    .object({
      type: z.enum(['enabled', 'disabled', 'adaptive', 'between_tools'], {
        error: "must be 'enabled', 'adaptive' or 'disabled'.",
      }),
      budget_tokens: z.number().min(0).nullish(),
      display: z.string().nullish(),
    })
    .nullish(),
  output_config: z.looseObject({ effort: z.enum(REASONING_EFFORTS).nullish(), format: jsonFormat.nullish() }).nullish(),
  // The name of output_config.format while it was in beta.
  output_format: jsonFormat.nullish(),
};
type Said = z.output<z.ZodObject<typeof toolFields>>;

/** The chat's fields for them. What cannot be read or honoured stands in `reading.fault`, what is left out in `reading.ignored`. */
export function readToolFields(said: Said, reading: Reading): object {
  const effort = readEffort(said);
  const format = said.output_config?.format ?? said.output_format;
  for (const [field, value] of Object.entries(said.output_config ?? {}))
    if (field !== 'effort' && field !== 'format' && value != null) reading.ignored.push(`output_config.${field}`);
  // A home has one way to tell thinking, which is to tell it.
  if (said.thinking?.display === 'omitted') reading.ignored.push('thinking.display');
  return {
    ...readTools(said, reading),
    ...(effort !== null && { reasoning_effort: effort }),
    // How much it thinks is the model's to say.
    ...(effort === null && said.thinking != null && { enable_thinking: true }),
    ...(format && { response_format: { type: 'json_schema', json_schema: { schema: format.schema, strict: true } } }),
  };
}

function readEffort({ thinking, output_config: output }: Said): (typeof REASONING_EFFORTS)[number] | null {
  if (thinking?.type === 'disabled') return 'none';
  if (output?.effort != null) return output.effort;
  const budget = thinking?.type === 'enabled' ? thinking.budget_tokens : null;
  return budget == null ? null : (BUDGETS.find(([tokens]) => budget >= tokens)?.[1] ?? null);
}

function readTools({ tools: offered, tool_choice: choice }: Said, reading: Reading): object {
  const tools: object[] = [];
  const names = new Set<string>();
  const leftOut = new Set<string>();
  for (const [i, tool] of (offered ?? []).entries()) {
    const path = `tools[${i}]`;
    if (isServerTool(tool)) {
      leftOut.add(String(tool['name'] ?? tool['type']));
      reading.ignored.push(path);
      continue;
    }
    const read = readAs(customTool, tool, path, reading);
    if (!read) break;
    names.add(read.name);
    const { name, description, input_schema: parameters, strict } = read;
    tools.push({ type: 'function', from: path, function: { name, description, parameters, strict } });
  }
  if (reading.fault || !choice) return { tools };
  return { tools, ...readChoice(choice, { names, leftOut }, reading) };
}

/** Its maker's schema and, mostly, its maker's servers belong to it: what a caller declares itself has a schema. */
function isServerTool(tool: Readonly<Record<string, unknown>>): boolean {
  const { type, input_schema: schema } = tool;
  return typeof type === 'string' && type !== 'custom' && schema == null;
}

function readChoice(
  { type, name, disable_parallel_tool_use: isSerial }: NonNullable<Said['tool_choice']>,
  { names, leftOut }: { readonly names: ReadonlySet<string>; readonly leftOut: ReadonlySet<string> },
  reading: Reading,
): object {
  if (type === 'tool' && !names.has(name ?? '')) {
    const shown = (name ?? '').slice(0, 64);
    if (leftOut.has(name ?? ''))
      refuse(
        'tool_choice.name',
        `forces '${shown}': homes run no tools of the server's own. Choose one with an input_schema.`,
        reading,
      );
    else if (shown === '') refuseValue('tool_choice.name', 'must name one of the tools.', reading);
    else refuseValue('tool_choice.name', `names '${shown}', which is not among the tools.`, reading);
  }
  if (type === 'any' && names.size === 0) {
    if (leftOut.size > 0)
      refuse(
        'tool_choice.type',
        "forces a tool of the server's own: homes run none. Offer one with an input_schema.",
        reading,
      );
    else refuseValue('tool_choice.type', "can only be 'any' where 'tools' offers some.", reading);
  }
  const words = {
    auto: 'auto',
    any: 'required',
    none: 'none',
    tool: { type: 'function', function: { name } },
  } as const;
  return { tool_choice: words[type], ...(isSerial != null && { parallel_tool_calls: !isSerial }) };
}

function refuseValue(param: string, told: string, reading: Reading): void {
  reading.fault ??= { param, code: 'invalid_value', message: `Invalid value for '${param}': ${told}` };
}
