// Which tool a Responses request says that the model may, must or must not call, in a chat's words.
import * as z from 'zod';
import type { RequestFault } from '../../schema/request-fault.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findFlatName } from './responses-tools.ts';
import type { OwnTool, ReadTools } from './responses-tools.ts';

/** Tools of OpenAI's own may be listed beside those that are offered. */
const MAX_ALLOWED = 1024;
/** Chat Completions' form holds the name one level deeper. */
const named = z.object({
  type: z.enum(['function', 'custom']),
  name: z.string().nullish(),
  namespace: z.string().nullish(),
  function: z.object({ name: z.string() }).nullish(),
});
const wholeNamespace = z.object({ type: z.literal('namespace'), name: z.string() });
const allowed = z.object({
  type: z.literal('allowed_tools'),
  mode: z.enum(['auto', 'required']).nullish(),
  tools: z.array(z.unknown()).max(MAX_ALLOWED),
});
const hosted = z.object({ type: z.string() });
const TOLD = "must be 'none', 'auto', 'required', name one of 'tools', or be 'allowed_tools' with a list of them.";

/** For the chat's `tool_choice`; undefined where nothing was said. Errors: a tool that only OpenAI's own servers run is required, or none of this name is offered. */
export function readToolChoice(given: unknown, tools: ReadTools): Result<unknown, RequestFault> {
  if (given == null) return ok(undefined);
  if (typeof given === 'string') return readWord(given, tools);
  const list = allowed.safeParse(given);
  if (list.success) return readAllowed(list.data, tools);
  const one = named.safeParse(given);
  if (one.success) return readNamed(one.data, tools);
  const other = hosted.safeParse(given);
  if (!other.success || other.data.type === 'allowed_tools' || other.data.type === 'function')
    return wrong(`Invalid value for 'tool_choice': ${TOLD}`);
  return refuseHosted([other.data.type]);
}

function readWord(word: string, { functions, hosted }: ReadTools): Result<unknown, RequestFault> {
  if (!['none', 'auto', 'required', 'any'].includes(word)) return wrong(`Invalid value for 'tool_choice': ${TOLD}`);
  if (functions.length > 0) return ok(word);
  if (word !== 'required' && word !== 'any') return ok(undefined);
  return hosted.length > 0 ? refuseHosted(hosted) : ok(word);
}

function readNamed(one: z.output<typeof named>, tools: ReadTools): Result<unknown, RequestFault> {
  const name = findOffered(one, tools.owners);
  if (name !== null) return ok({ type: 'function', function: { name } });
  const told = (one.name ?? one.function?.name ?? '').slice(0, 64);
  return wrong(`Invalid value for 'tool_choice': it names '${told}', which is not among the tools.`);
}

/** The chat's name of the offered tool that is meant: a nested one may be meant without its namespace. */
function findOffered(one: z.output<typeof named>, owners: ReadonlyMap<string, OwnTool>): string | null {
  const name = one.name ?? one.function?.name ?? '';
  const flat = findFlatName(owners, { name, namespace: one.namespace ?? '' });
  if (owners.has(flat)) return flat;
  const nested = [...owners].filter(([, owner]) => owner.name === name);
  return one.namespace == null && nested.length === 1 ? (nested[0]?.[0] ?? null) : null;
}

function readAllowed(list: z.output<typeof allowed>, tools: ReadTools): Result<unknown, RequestFault> {
  const names = new Set<string>();
  const strangers: string[] = [];
  for (const entry of list.tools) {
    const whole = wholeNamespace.safeParse(entry);
    const one = named.safeParse(entry);
    const found = one.success ? findOffered(one.data, tools.owners) : null;
    if (one.success && found === null) return readNamed(one.data, tools);
    if (found !== null) names.add(found);
    else if (whole.success) for (const name of namesIn(tools.owners, whole.data.name)) names.add(name);
    else strangers.push(hosted.safeParse(entry).data?.type ?? '?');
  }
  if (names.size === 0) return list.mode === 'required' ? refuseHosted(strangers) : ok('none');
  const functions = [...names].map((name) => ({ type: 'function', function: { name } }));
  return ok({ type: 'allowed_tools', allowed_tools: { mode: list.mode ?? 'auto', tools: functions } });
}

function namesIn(owners: ReadonlyMap<string, OwnTool>, namespace: string): string[] {
  return [...owners].flatMap(([name, owner]) => (owner.namespace === namespace ? [name] : []));
}

function refuseHosted(types: readonly string[]): Result<never, RequestFault> {
  const listed = [...new Set(types)].slice(0, 5).map((type) => type.slice(0, 64));
  const which = listed.length > 0 ? `'${listed.join("', '")}'` : 'a tool, and none is named';
  return err({
    param: 'tool_choice',
    code: 'unsupported_parameter',
    message: `'tool_choice' requires ${which}: homes run no tools of OpenAI's. Offer a tool of type 'function' and run it yourself, or leave 'tool_choice' at 'auto'.`,
  });
}

function wrong(message: string): Result<never, RequestFault> {
  return err({ param: 'tool_choice', code: 'invalid_value', message });
}
