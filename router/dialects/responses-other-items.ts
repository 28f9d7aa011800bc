// Items of a Responses request that are no message, thought or call of a caller's own tool: calls of tools that OpenAI defines and callers run, what its
// servers ran themselves, and references to what they would have stored.
import type { RequestFault } from '../../schema/request-fault.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Conversation } from './responses-conversation.ts';

/** Told as a call of a tool of this name. */
const CALLS: Readonly<Record<string, string>> = {
  apply_patch_call: 'apply_patch',
  local_shell_call: 'local_shell',
  mcp_call: 'mcp',
  shell_call: 'shell',
};
const OUTPUTS = new Set(['apply_patch_call_output', 'local_shell_call_output', 'shell_call_output']);
/** Where a call holds what it was given. */
const GIVEN = ['arguments', 'action', 'operation'];

/** Traces of what ran elsewhere, or lists of what could: they hold nothing that was said. */
const TRACES = new Set([
  'code_interpreter_call',
  'computer_call',
  'computer_call_output',
  'file_search_call',
  'ghost_snapshot',
  'image_generation_call',
  'mcp_approval_request',
  'mcp_approval_response',
  'mcp_list_tools',
  'program',
  'program_output',
  'tool_search_call',
  'tool_search_output',
  'web_search_call',
]);

/** Thoughts between a model's words and its call. */
const MAX_BETWEEN = 4;
/** Clients that count on a store send what they were told by its id: `reasoning` and `message` items are called so everywhere. */
const REASONING_ID = /^rs_/;
const MESSAGE_ID = /^msg_/;
const IS_CALL = /^(?:function_call|custom_tool_call)$/;

/** An item that a store would hold. */
export const REFERENCE = 'item_reference';
const REFUSED: Readonly<Record<string, string>> = {
  [REFERENCE]:
    "refers to an item by its id, and nothing is stored here. Send the item itself: clients do so with 'store': false (AI SDK: providerOptions: { openai: { store: false } }, or openai.chat(MODEL)).",
  compaction: 'holds a conversation that only its maker can read. Send the items themselves.',
  compaction_summary: 'holds a conversation that only its maker can read. Send the items themselves.',
  compaction_trigger: 'asks for a compaction, which is not supported. Ask the model for a summary instead.',
  configuration_update: "is not supported. Set 'reasoning' and 'text' of the request instead.",
};
const TOLD =
  "must be 'message', 'reasoning', 'function_call', 'function_call_output', 'custom_tool_call' or 'custom_tool_call_output'.";

interface Place {
  readonly conversation: Conversation;
  readonly path: string;
}

/**
 * Whether a reference may be left out, and told: one to a thought, or to the words with which a model announced the call that follows. Without it the
 * conversation asks for the same; any other names what was said or called.
 */
export function isSpareReference(items: readonly unknown[], at: number): boolean {
  const id = readMember(items[at], 'id');
  const isReference =
    (readMember(items[at], 'type') || REFERENCE) === REFERENCE && readMember(items[at], 'role') === '';
  if (!isReference) return false;
  if (REASONING_ID.test(id)) return true;
  if (!MESSAGE_ID.test(id)) return false;
  const next = items.slice(at + 1, at + 1 + MAX_BETWEEN).find((item) => !REASONING_ID.test(readMember(item, 'id')));
  return IS_CALL.test(readMember(next, 'type'));
}

/** Tells the conversation what the item says, if anything. Errors: a type that is not known, or that only a store could resolve. */
export function judgeOtherItem(
  type: string,
  item: unknown,
  { conversation, path }: Place,
): Result<'read' | 'ignored', RequestFault> {
  // Its tools are read with those of the request.
  if (type === 'additional_tools') return ok('read');
  if (Object.hasOwn(REFUSED, type)) return refuse(`'' ${REFUSED[type] ?? ''}`);
  const fields = new Map(Object.entries(item as object));
  const id = findText(fields, ['call_id', 'id']);
  const name = Object.hasOwn(CALLS, type) ? CALLS[type] : undefined;
  if (name !== undefined && id !== '') {
    const given = GIVEN.map((field) => fields.get(field)).find((value) => value != null) ?? {};
    conversation.call({ id, name: findText(fields, ['name']) || name, arguments: toJson(given) }, path);
    if (type === 'mcp_call')
      tellOutput(conversation, { id, output: fields.get('output') ?? fields.get('error') }, path);
    return ok('read');
  }
  if (OUTPUTS.has(type) && id !== '') {
    tellOutput(conversation, { id, output: fields.get('output') ?? fields.get('status') }, path);
    return ok('read');
  }
  if (TRACES.has(type) || OUTPUTS.has(type) || name !== undefined) return ok('ignored');
  return err({ param: 'type', code: 'invalid_value', message: `Invalid value for 'type': ${TOLD}` });
}

function tellOutput(
  conversation: Conversation,
  { id, output }: { readonly id: string; readonly output: unknown },
  path: string,
): void {
  conversation.add({ role: 'tool', tool_call_id: id, content: toJson(output ?? '') }, path);
}

function readMember(item: unknown, name: string): string {
  if (typeof item !== 'object' || item === null || !Object.hasOwn(item, name)) return '';
  const value = (item as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
}

function findText(fields: ReadonlyMap<string, unknown>, names: readonly string[]): string {
  for (const name of names) {
    const value = fields.get(name);
    if (typeof value === 'string' && value !== '') return value.slice(0, 256);
  }
  return '';
}

/** Texts as they are. */
function toJson(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.toWellFormed();
}

function refuse(message: string): Result<never, RequestFault> {
  return err({ param: '', code: 'unsupported_parameter', message });
}
