// What a model may call: tools as callers declare them and homes are given them, and calls as answers hold them. In the words of the OpenAI API.
import * as z from 'zod';

/** As many as OpenAI takes. */
export const MAX_TOOLS = 128;
/** Calls in one message at most: models that call tools side by side were seen to make a few dozen. */
export const MAX_TOOL_CALLS = 256;
/** Of a function. OpenAI takes 64; servers that list a tool's whole path as its name are longer. */
const MAX_NAME_CHARS = 128;

export const toolName = z
  .string()
  .min(1)
  .max(MAX_NAME_CHARS)
  .regex(/^[\w.:/-]+$/, "may hold letters, digits and '_', '-', '.', ':', '/'.");

/** A JSON Schema, as the caller wrote it: the server that builds a grammar of it says what it does not know. */
const jsonSchema = z.record(z.string(), z.unknown());

export const functionSchema = z.object({
  name: toolName,
  description: z.string().optional(),
  parameters: jsonSchema.optional(),
  strict: z.boolean().optional(),
});
export const toolSchema = z.object({ type: z.literal('function'), function: functionSchema });
export type Tool = Readonly<z.output<typeof toolSchema>>;

/** Whether the model may, must or must not call, or which function it must. */
export const toolChoiceSchema = z.union([
  z.enum(['auto', 'none', 'required']),
  z.object({ type: z.literal('function'), function: z.object({ name: toolName }) }),
]);
export type ToolChoice = Readonly<z.output<typeof toolChoiceSchema>>;

/** A call as a message holds it. The arguments are JSON text as the model wrote it, be it broken. */
export const toolCallSchema = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});
export type ToolCall = Readonly<z.output<typeof toolCallSchema>>;

/** What the answer must be; a text where nothing was said. */
export const responseFormatSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      name: z.string(),
      description: z.string().optional(),
      schema: jsonSchema,
      strict: z.boolean().optional(),
    }),
  }),
]);
export type ResponseFormat = Readonly<z.output<typeof responseFormatSchema>>;

/** The text of these tools that a model is shown, one for each. */
export function textsOfTools(tools: readonly Tool[]): string[] {
  return tools.map((tool) => JSON.stringify(tool.function));
}
