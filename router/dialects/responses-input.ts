// The input of a Responses request as the messages of a chat. Its items are flat: what a model thought, said and called before the next turn are items of
// their own, and a chat holds them in one message. Vendors' members are passed over; nothing is looked up by an id.
import * as z from 'zod';
import { listOf } from '../../schema/list-of.ts';
import { MAX_MESSAGES, MAX_PARTS } from '../../schema/caller-messages.ts';
import { describeIssue } from '../../schema/request-fault.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { wholeObject, wholeText } from '../../schema/whole-text.ts';
import { placeFault } from './responses-faults.ts';
import { openConversation } from './responses-conversation.ts';
import type { ChatMessage, Conversation } from './responses-conversation.ts';
import { isSpareReference, judgeOtherItem, REFERENCE } from './responses-other-items.ts';
import { findFlatName } from './responses-tools.ts';
import type { OwnTool } from './responses-tools.ts';

/** Several items make one message. */
const MAX_ITEMS = 4 * MAX_MESSAGES;

const PART_TOLD =
  "must be 'input_text', 'output_text', 'refusal' or 'input_image': files and audio are not supported. Send their text.";
const IMAGE_TOLD =
  "must be a picture as a data URI, such as 'data:image/png;base64,…': files (file_id) are not kept here.";
const textPart = z.object({ type: z.enum(['input_text', 'output_text', 'text', 'summary_text']), text: wholeText });
const refusalPart = z.object({ type: z.literal('refusal'), refusal: wholeText });
const imagePart = z.object({
  type: z.enum(['input_image', 'image_url']),
  image_url: z.union([z.string(), z.object({ url: z.string() })], { error: IMAGE_TOLD }),
  detail: z.string().nullish(),
});
const part = z.discriminatedUnion('type', [textPart, refusalPart, imagePart], { error: PART_TOLD });
const content = z.union([wholeText, listOf(part, { max: MAX_PARTS })], {
  error: 'must be a text or a list of texts and pictures.',
});
type Content = z.output<typeof content>;

const callId = z.string().min(1).max(256);
const called = { call_id: callId, name: z.string().min(1).max(256), namespace: z.string().max(256).nullish() };
const message = z.object({
  role: z.enum(['user', 'assistant', 'system', 'developer'], {
    error: "must be 'user', 'assistant', 'system' or 'developer'.",
  }),
  content: content.nullish(),
});
const functionCall = z.object({
  ...called,
  // Some frameworks send the parsed arguments back.
  arguments: z.union([wholeText, wholeObject]).nullish(),
});
const customCall = z.object({ ...called, input: wholeText.nullish() });
const callOutput = z.object({
  call_id: callId,
  output: z.union([wholeText, listOf(part, { max: MAX_PARTS }), wholeObject]).nullish(),
});
const thoughts = z.array(z.object({ text: wholeText })).nullish();
const reasoning = z.object({ summary: thoughts, content: thoughts, encrypted_content: z.string().nullish() });
const typed = z.object({ type: z.string().nullish(), role: z.unknown().optional(), id: z.unknown().optional() });

/** What stands before a thought in `encrypted_content`: clients that send back nothing else of a reasoning item keep the model's thread by it. */
export const THOUGHT_MARK = 'thought:';

export interface ReadInput {
  readonly messages: readonly ChatMessage[];
  /** Where in the request each of them begins. */
  readonly paths: readonly string[];
  /** Items that are left out. */
  readonly ignored: readonly string[];
}

/** Reads `instructions` and `input`. Errors: no input, an item that is not whole, one that only a store of answers could resolve. */
export function readInput(
  body: { readonly instructions: string; readonly input: unknown },
  owners: ReadonlyMap<string, OwnTool>,
): Result<ReadInput, RequestFault> {
  const conversation = openConversation();
  if (body.instructions !== '') conversation.add({ role: 'system', content: body.instructions }, 'instructions');
  if (typeof body.input === 'string') {
    const text = wholeText.safeParse(body.input);
    if (!text.success) return err(placeFault(describeIssue(text.error.issues[0], body.input), ['input']));
    conversation.add({ role: 'user', content: text.data }, 'input');
    return ok({ ...conversation.close(), ignored: [] });
  }
  if (!Array.isArray(body.input)) return wrongInput(body.input);
  if (body.input.length === 0) return wrong("'input' is empty. Send a text, or a list with at least one item.");
  if (body.input.length > MAX_ITEMS) return wrong(`'input' holds more than ${MAX_ITEMS} items. Send fewer.`);
  return readItems(body.input, conversation, owners);
}

function readItems(
  items: readonly unknown[],
  conversation: Conversation,
  owners: ReadonlyMap<string, OwnTool>,
): Result<ReadInput, RequestFault> {
  const ignored: string[] = [];
  for (const [i, item] of items.entries()) {
    const isSpare = isSpareReference(items, i);
    const read = isSpare ? ok('ignored' as const) : readItem(item, { conversation, owners, path: `input[${i}]` });
    if (!read.ok) return err(placeFault(read.error, ['input', i]));
    if (read.value === 'ignored') ignored.push(`input[${i}]`);
  }
  const read = conversation.close();
  if (read.messages.length === 0) return wrong("'input' says nothing. Send at least one message.");
  return ok({ ...read, ignored });
}

interface Place {
  readonly conversation: Conversation;
  readonly owners: ReadonlyMap<string, OwnTool>;
  readonly path: string;
}
type Read = Result<'read' | 'ignored', RequestFault>;

/** Faults name what is wrong within the item. */
function readItem(item: unknown, place: Place): Read {
  const known = typed.safeParse(item);
  if (!known.success) return err(describeIssue(known.error.issues[0], item));
  const { type, role, id } = known.data;
  const kind = type ?? (role === undefined && id !== undefined ? REFERENCE : 'message');
  const reader = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined;
  return reader ? reader(item, place) : judgeOtherItem(kind, item, place);
}

const READERS: Readonly<Record<string, (item: unknown, place: Place) => Read>> = {
  message: reading(message, ({ role, content }, { conversation, path }) => {
    if (role === 'assistant') conversation.say(toContent(content, `${path}.content`), path);
    else {
      const own = role === 'developer' ? 'system' : role;
      conversation.add({ role: own, content: toContent(content, `${path}.content`) }, path);
    }
  }),
  reasoning: reading(reasoning, (said, { conversation, path }) => conversation.think(toThought(said), path)),
  function_call: reading(functionCall, (call, { conversation, owners, path }) => {
    const given = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {});
    conversation.call({ id: call.call_id, name: nameOf(call, owners), arguments: given }, path);
  }),
  custom_tool_call: reading(customCall, (call, { conversation, owners, path }) => {
    const given = JSON.stringify({ input: call.input ?? '' });
    conversation.call({ id: call.call_id, name: nameOf(call, owners), arguments: given }, path);
  }),
  function_call_output: reading(callOutput, tellOutput),
  custom_tool_call_output: reading(callOutput, tellOutput),
};

function reading<T extends z.ZodType>(
  schema: T,
  tell: (value: z.output<T>, place: Place) => void,
): (item: unknown, place: Place) => Read {
  return (item, place) => {
    const parsed = schema.safeParse(item);
    if (!parsed.success) return err(describeIssue(parsed.error.issues[0], item));
    tell(parsed.data, place);
    return ok('read');
  };
}

function tellOutput({ call_id, output }: z.output<typeof callOutput>, { conversation, path }: Place): void {
  const isList = Array.isArray(output);
  const content = typeof output === 'object' && output !== null && !isList ? JSON.stringify(output) : output;
  conversation.add({ role: 'tool', tool_call_id: call_id, content: toContent(content, `${path}.output`) }, path);
}

function nameOf(
  { name, namespace }: { readonly name: string; readonly namespace?: string | null | undefined },
  owners: ReadonlyMap<string, OwnTool>,
): string {
  return findFlatName(owners, { name, namespace: namespace ?? '' });
}

/** `path`: where in the request the content stands. */
function toContent(given: Content | null | undefined, path: string): ChatMessage['content'] {
  if (given == null || typeof given === 'string') return given ?? '';
  const texts = given.flatMap((one) => ('refusal' in one ? [one.refusal] : 'text' in one ? [one.text] : []));
  if (texts.length === given.length) return texts.join('\n');
  return given.map((one, i) => {
    if ('refusal' in one) return { type: 'text', text: one.refusal };
    if ('text' in one) return { type: 'text', text: one.text };
    const url = typeof one.image_url === 'string' ? one.image_url : one.image_url.url;
    const image = { url, ...(one.detail != null && { detail: one.detail }) };
    return { type: 'image_url', image_url: image, from: `${path}[${i}].image_url` };
  });
}

/** The thinking itself where it is there, else what was told of it. */
function toThought({ summary, content, encrypted_content: sealed }: z.output<typeof reasoning>): string {
  const told = content?.length ? content : (summary ?? []);
  const text = told.map((one) => one.text).join('\n\n');
  return text === '' && sealed?.startsWith(THOUGHT_MARK) ? sealed.slice(THOUGHT_MARK.length) : text;
}

function wrongInput(input: unknown): Result<never, RequestFault> {
  return wrong(
    input === undefined || input === null
      ? "'input' is missing. Send a text or a list of items."
      : "Invalid value for 'input': must be a text or a list of items.",
  );
}

function wrong(message: string): Result<never, RequestFault> {
  return err({ param: 'input', code: 'invalid_value', message });
}
