// Where a fault of a Responses request stands: within one of its lists, or in the chat request that it became, told of the fields that its caller wrote.
import type { RequestFault } from '../../schema/request-fault.ts';
import type { ChatMessage } from './responses-conversation.ts';

/** Where in the request each of the chat's messages and tools stands. */
export interface Origins {
  readonly messages: readonly string[];
  /** The chat's messages: pictures among them say where they stand. */
  readonly said: readonly ChatMessage[];
  readonly tools: readonly string[];
}

/** By the chat's field, the longest first. */
const NAMES: readonly (readonly [chat: string, own: string])[] = [
  ['response_format.json_schema', 'text.format'],
  ['response_format', 'text.format'],
  ['max_completion_tokens', 'max_output_tokens'],
  ['verbosity', 'text.verbosity'],
  ['reasoning_effort', 'reasoning.effort'],
  ['logprobs', 'top_logprobs'],
  ['messages', 'input'],
];

/** The same fault in this API's words. */
export function renameFault(fault: RequestFault, origins: Origins): RequestFault {
  if (fault.param === null) return fault;
  const param = renameField(fault.param, origins);
  return { ...fault, param, message: fault.message.replaceAll(`'${fault.param}'`, () => `'${param}'`) };
}

function renameField(field: string, { messages, tools, said }: Origins): string {
  const picture = /^messages\[(\d+)\]\.content\[(\d+)\]\.image_url\b/.exec(field);
  const content = said[Number(picture?.[1])]?.content;
  const part = typeof content === 'object' ? content[Number(picture?.[2])] : undefined;
  if (part?.type === 'image_url') return part.from;
  const item = /^(messages|tools)\[(\d+)\](?:\.function\b)?(.*)$/s.exec(field);
  if (item) {
    const [, list, index, rest = ''] = item;
    const origin = (list === 'tools' ? tools : messages)[Number(index)];
    return origin === undefined ? (list === 'tools' ? 'tools' : 'input') : `${origin}${toOwnMember(rest)}`;
  }
  return field.startsWith('tool_choice') ? 'tool_choice' : renameTop(field);
}

/** A chat's field by the name that it has here; what is named so already stays. */
export function renameTop(field: string): string {
  const found = NAMES.find(([chat]) => field === chat || field.startsWith(`${chat}.`));
  return found ? `${found[1]}${field.slice(found[0].length)}` : field;
}

/** A text's own place is its field; a call's members stand in its item. */
function toOwnMember(rest: string): string {
  return rest.replace(/^\.tool_calls\[\d+\](?:\.function\b)?/, '');
}

/** The same fault of a value that stands at `path` of the request. */
export function placeFault(fault: RequestFault, path: readonly PropertyKey[]): RequestFault {
  const inner = fault.param ?? '';
  const param = `${showPath(path)}${inner === '' || inner.startsWith('[') ? '' : '.'}${inner}`;
  const message = fault.message.includes(`'${inner}'`)
    ? fault.message.replace(`'${inner}'`, () => `'${param}'`)
    : fault.message;
  return { ...fault, param, message };
}

export function showPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path)
    text += typeof step === 'number' ? `[${step}]` : text === '' ? String(step) : `.${String(step)}`;
  return text;
}
