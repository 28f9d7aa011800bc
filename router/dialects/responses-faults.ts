// Where a fault of a Responses request stands: within one of its lists, or in the chat request that it became, told of the fields that its caller wrote.
import type { RequestFault } from '../../schema/request-fault.ts';

/** Where in the request each of the chat's messages and tools stands. */
export interface Origins {
  readonly messages: readonly string[];
  readonly tools: readonly string[];
}

/** By the chat's field, the longest first. */
const NAMES: readonly (readonly [chat: string, own: string])[] = [
  ['response_format.json_schema', 'text.format'],
  ['response_format', 'text.format'],
  ['max_completion_tokens', 'max_output_tokens'],
  ['verbosity', 'text.verbosity'],
  ['reasoning_effort', 'reasoning.effort'],
  ['messages', 'input'],
];

/** The same fault in this API's words. */
export function renameFault(fault: RequestFault, origins: Origins): RequestFault {
  if (fault.param === null) return fault;
  const param = renameField(fault.param, origins);
  return { ...fault, param, message: fault.message.replaceAll(`'${fault.param}'`, () => `'${param}'`) };
}

function renameField(field: string, { messages, tools }: Origins): string {
  const item = /^(messages|tools)\[(\d+)\](?:\.function\b)?(.*)$/s.exec(field);
  if (item) {
    const [, list, index, rest = ''] = item;
    const origin = (list === 'tools' ? tools : messages)[Number(index)];
    return origin === undefined ? (list === 'tools' ? 'tools' : 'input') : `${origin}${toOwnMember(rest)}`;
  }
  if (field.startsWith('tool_choice')) return 'tool_choice';
  const found = NAMES.find(([chat]) => field === chat || field.startsWith(`${chat}.`));
  return found ? `${found[1]}${field.slice(found[0].length)}` : field;
}

/** A text's own place is its field; a call's members stand in its item. */
function toOwnMember(rest: string): string {
  return rest.replace(/^\.tool_calls\[\d+\](?:\.function\b)?/, '').replace(/\.image_url\.url$/, '.image_url');
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
