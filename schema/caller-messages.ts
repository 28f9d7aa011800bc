// The messages of a chat request as callers send them: every role and shape that clients of the OpenAI API write, read into the one shape that homes are
// given. Members that nobody knows, such as `cache_control` or a framework's `id`, are no reason to refuse: they say nothing that a home could do.
import * as z from 'zod';
import { listOf } from './list-of.ts';
import type { Message, Part } from './message.ts';
import { isPictureUri, PICTURE_TOLD } from './picture-uri.ts';
import { MAX_TOOL_CALLS } from './tools.ts';
import type { ToolCall } from './tools.ts';
import { wholeObject, wholeText } from './whole-text.ts';

/** As many as OpenAI takes. */
export const MAX_MESSAGES = 2048;
/** Parts of one message: far more than clients cut a text into. */
export const MAX_PARTS = 1024;

const imageUrl = z.string().refine(isPictureUri, { error: PICTURE_TOLD });
const detail = z.enum(['auto', 'low', 'high']).nullish().catch(null);
const textPart = z.object({ type: z.enum(['text', 'input_text', 'output_text']), text: wholeText });
const refusalPart = z.object({ type: z.literal('refusal'), refusal: wholeText });
const imagePart = z.object({
  type: z.enum(['image_url', 'input_image']),
  // Some clients write the address itself.
  image_url: z.union([z.object({ url: imageUrl, detail }), imageUrl], { error: PICTURE_TOLD }),
});
const part = z.discriminatedUnion('type', [textPart, refusalPart, imagePart]);
const CONTENT = { error: 'must be a text or a list of text parts and pictures.' };
const content = z.union([wholeText, listOf(part, { min: 1, max: MAX_PARTS })], CONTENT);
/** Calls without a word, and tools that say nothing: null, an empty text and an empty list are the same. */
const spareContent = z.union([wholeText, listOf(part, { max: MAX_PARTS })], CONTENT).nullish();
const shortText = wholeText.max(256);

const call = z.object({
  id: shortText.min(1),
  type: z.literal('function').nullish(),
  function: z.object({
    name: shortText,
    // Some frameworks send the parsed arguments back.
    arguments: z.union([wholeText, wholeObject]).nullish(),
  }),
});
const oldCall = z.object({ name: shortText, arguments: wholeText.nullish() });
const said = { name: shortText.nullish() };

const message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer', 'user']), content, ...said }),
  z.object({
    role: z.literal('assistant'),
    // An answer that held nothing, or calls alone, comes back as null.
    content: spareContent,
    ...said,
    tool_calls: listOf(call, { max: MAX_TOOL_CALLS }).nullish(),
    function_call: oldCall.nullish(),
    refusal: wholeText.nullish(),
    reasoning_content: wholeText.nullish(),
    reasoning: z.union([wholeText, z.unknown()]).nullish(),
    // What an answer's message holds beside its text, empty: callers send answers back as they got them.
    annotations: z.array(z.unknown()).nullish(),
    audio: z.null().optional(),
  }),
  z.object({ role: z.literal('tool'), content: spareContent, tool_call_id: shortText.min(1), ...said }),
  // The older form of a tool's answer.
  z.object({ role: z.literal('function'), content: spareContent, name: shortText }),
]);
type CallerMessage = z.output<typeof message>;

export const callerMessages = listOf(message, { min: 1, max: MAX_MESSAGES });

/** As homes are given them: `developer` read as `system`, texts of parts joined where nothing else is among them, older calls as calls with an id. */
export function toMessages(messages: readonly CallerMessage[]): Message[] {
  let oldCallId = '';
  return messages.map((one, i) => {
    if (one.role === 'assistant') {
      if (one.function_call) oldCallId = `call_${i}`;
      return toAnswer(one, oldCallId);
    }
    if (one.role === 'tool') return { role: 'tool', content: toContent(one.content), tool_call_id: one.tool_call_id };
    if (one.role === 'function')
      return { role: 'tool', content: toContent(one.content), tool_call_id: oldCallId || `call_${i}` };
    return { role: one.role === 'developer' ? 'system' : one.role, content: toContent(one.content), ...toName(one) };
  });
}

function toAnswer(one: Extract<CallerMessage, { role: 'assistant' }>, oldCallId: string): Message {
  const calls = (one.tool_calls ?? []).map(toCall);
  if (one.function_call) calls.push(toCall({ id: oldCallId, function: one.function_call }));
  const content = toContent(one.content);
  const thought = one.reasoning_content ?? (typeof one.reasoning === 'string' ? one.reasoning : '');
  return {
    role: 'assistant',
    content: content === '' ? (one.refusal ?? '') : content,
    ...toName(one),
    // Between calls a model goes on from what it thought; of answers that ended its template leaves it out.
    ...(calls.length > 0 && { tool_calls: calls, ...(thought !== '' && { reasoning_content: thought }) }),
  };
}

function toCall({ id, function: { name, arguments: given } }: z.output<typeof call>): ToolCall {
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  return { id, type: 'function', function: { name, arguments: text } };
}

function toName({ name }: { readonly name?: string | null | undefined }): { name?: string } {
  return name == null || name === '' ? {} : { name };
}

function toContent(given: z.output<typeof spareContent>): string | Part[] {
  if (typeof given === 'string') return given;
  const read = (given ?? []).map(toPart);
  const texts = read.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.length === read.length ? texts.join('\n') : read;
}

function toPart(said: z.output<typeof part>): Part {
  if ('refusal' in said) return { type: 'text', text: said.refusal };
  if ('text' in said) return { type: 'text', text: said.text };
  const { image_url: image } = said;
  if (typeof image === 'string') return { type: 'image_url', image_url: { url: image } };
  return { type: 'image_url', image_url: { url: image.url, ...(image.detail != null && { detail: image.detail }) } };
}
