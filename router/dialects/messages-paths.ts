// Where a field stands in a request of the Messages API, and how faults of the chat that was made of it find their way back: whatever was made of a field
// carries that field's path as `from`, a member that the chat's parser passes over.
import type { RequestFault } from '../../schema/request-fault.ts';

/** Chat fields that have another name here. */
const FIELDS: Readonly<Record<string, string>> = {
  stop: 'stop_sequences',
  response_format: 'output_config.format',
  reasoning_effort: 'thinking',
  parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
  stream_options: 'stream',
};
const PICTURE_TOLD =
  "must hold the bytes of a picture (png, jpeg, webp or gif) in base64, without line breaks or 'data:'.";

/** `messages[0].content` as the steps to it: texts and places in lists. */
export function toSteps(path: string): (string | number)[] {
  return (path.match(/[^.[\]]+/g) ?? []).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** The fault of a chat body as a fault of the request that it was made of. */
export function translateFault(fault: RequestFault, chatBody: object): RequestFault {
  if (fault.param === null) return fault;
  const param = findOrigin(fault.param, chatBody);
  const message = /\.source\.(?:data|url)$/.test(param)
    ? `Invalid value for '${param}': ${PICTURE_TOLD}`
    : fault.message.replaceAll(`'${fault.param}'`, `'${param}'`);
  return { ...fault, param, message };
}

function findOrigin(param: string, chatBody: object): string {
  let value: unknown = chatBody;
  let from = '';
  for (const step of toSteps(param)) {
    value = (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[step];
    const told = (value as { readonly from?: unknown } | null | undefined)?.from;
    if (typeof told === 'string') from = told;
  }
  return from === '' ? renameField(param) : from;
}

/** A chat's field by the name that it has here; what is named so already stays. */
export function renameField(param: string): string {
  const [field = ''] = /^[^.[]+/.exec(param) ?? [];
  const name = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
  return name === undefined ? param : name + (field === 'stop' ? param.slice(field.length) : '');
}
