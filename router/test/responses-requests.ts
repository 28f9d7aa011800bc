// Requests of the Responses API for tests: what they became, or why they were refused.
import type { RequestFault } from '../../schema/request-fault.ts';
import type { Translated } from '../dialects/dialect.ts';
import type { ResponsesFacts } from '../dialects/responses-facts.ts';
import { parseResponsesRequest } from '../dialects/responses-request.ts';

const plain = { model: 'm', input: 'hi' };

/** A function, a custom tool and a namespace, as codex offers them. */
export const shell = {
  type: 'function',
  name: 'shell',
  description: 'Runs.',
  parameters: { type: 'object' },
  strict: true,
};
export const patch = {
  type: 'custom',
  name: 'apply_patch',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: x' },
};
export const mail = {
  type: 'namespace',
  name: 'mcp__mail',
  description: 'Mails.',
  tools: [{ type: 'function', name: 'read' }],
};

export function accept(body: object): Translated<ResponsesFacts> {
  const parsed = parseResponsesRequest({ ...plain, ...body });
  if (!parsed.ok) throw new Error(`refused: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
}

export function messagesOf(input: unknown, more: object = {}): unknown {
  return accept({ input, ...more }).chat.messages;
}

export function refuse(body: object): RequestFault {
  const parsed = parseResponsesRequest({ ...plain, ...body });
  if (parsed.ok) throw new Error('accepted');
  return parsed.error;
}
