// The tools of a Responses request as a chat offers them. Chats know functions only: those of a namespace get one flat name each, a custom tool becomes a
// function of one text, and what OpenAI runs on its own servers is left out. The answer's calls are told with their own names again.
import * as z from 'zod';
import { describeIssue } from '../../schema/request-fault.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { MAX_TOOLS, toolName } from '../../schema/tools.ts';
import { wholeText } from '../../schema/whole-text.ts';
import { placeFault, showPath } from './responses-faults.ts';

/** A tool as the caller knows it. */
export interface OwnTool {
  readonly name: string;
  /** '' for a tool that stands in none. */
  readonly namespace: string;
  /** It takes a free text and is told as `custom_tool_call`. */
  readonly isCustom: boolean;
}

/** Where a list of tools stands in the request. */
export interface ToolList {
  readonly path: readonly PropertyKey[];
  readonly tools: readonly unknown[];
}

export interface ReadTools {
  /** For the chat's `tools`. */
  readonly functions: readonly object[];
  /** Where in the request each of them stands. */
  readonly paths: readonly string[];
  /** By the name that the chat's model is given. */
  readonly owners: ReadonlyMap<string, OwnTool>;
  /** Types of the tools that OpenAI would run itself. */
  readonly hosted: readonly string[];
  /** Fields that are left out. */
  readonly ignored: readonly string[];
}

/** As long as schema/tools.ts takes names. */
const MAX_FLAT_CHARS = 128;
/** Tools of any kind in all lists: those that are left out are read too. */
const MAX_LISTED = 1024;
/** Leaves room for what tells equal ones apart. */
const MAX_STEM_CHARS = 120;
const CUSTOM_INPUT = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole text that the tool is given, as it is.' } },
  required: ['input'],
  additionalProperties: false,
};

const said = { name: toolName, description: wholeText.nullish() };
const functionTool = z.object({
  ...said,
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});
const customTool = z.object({
  ...said,
  format: z
    .object({ type: z.string().nullish(), syntax: z.string().nullish(), definition: wholeText.nullish() })
    .nullish(),
});
const namespaceTool = z.object({ ...said, tools: z.array(z.unknown()) });
const anyTool = z.object({ type: z.string({ error: "must be a text, such as 'function'." }) });

/** What is collected while the tools are read. */
interface Shelf {
  readonly functions: object[];
  readonly paths: string[];
  readonly owners: Map<string, OwnTool>;
  readonly hosted: string[];
  readonly ignored: string[];
  /** Tools that were read, namespaces too. */
  listed: number;
}

/** A namespace whose functions are being read. */
interface Inside {
  readonly name: string;
  /** Told once, with the namespace's first function. */
  description: string;
}

/** Reads every list of tools that a request holds. Errors: a tool that is not whole, at its path. */
export function readTools(lists: readonly ToolList[]): Result<ReadTools, RequestFault> {
  const shelf: Shelf = { functions: [], paths: [], owners: new Map(), hosted: [], ignored: [], listed: 0 };
  for (const { path, tools } of lists) {
    const fault = shelve(shelf, tools, path, { name: '', description: '' });
    if (fault) return err(fault);
  }
  return ok(shelf);
}

/** The name that the chat's model knows a tool by, also of one that is no longer offered. */
export function findFlatName(
  owners: ReadonlyMap<string, OwnTool>,
  { name, namespace }: Pick<OwnTool, 'name' | 'namespace'>,
): string {
  for (const [flat, owner] of owners) if (owner.name === name && owner.namespace === namespace) return flat;
  return toStem(namespace, name).slice(0, MAX_FLAT_CHARS);
}

function shelve(
  shelf: Shelf,
  tools: readonly unknown[],
  path: readonly PropertyKey[],
  inside: Inside,
): RequestFault | null {
  for (const [i, tool] of tools.entries()) {
    const fault = shelveOne(shelf, tool, [...path, i], inside);
    if (fault) return fault;
  }
  return null;
}

function shelveOne(shelf: Shelf, tool: unknown, path: readonly PropertyKey[], inside: Inside): RequestFault | null {
  shelf.listed++;
  if (shelf.listed > MAX_LISTED) return refuseMore(path, MAX_LISTED);
  const typed = anyTool.safeParse(tool);
  if (!typed.success) return toFault(typed.error, path, tool);
  const { type } = typed.data;
  if (shelf.functions.length >= MAX_TOOLS && (type === 'function' || type === 'custom'))
    return refuseMore(path, MAX_TOOLS);
  if (type === 'function') return shelveFunction(shelf, tool, path, inside);
  if (type === 'custom') return shelveCustom(shelf, tool, path, inside);
  if (type === 'namespace' && inside.name === '') {
    const parsed = namespaceTool.safeParse(tool);
    if (!parsed.success) return toFault(parsed.error, path, tool);
    const { name, description, tools } = parsed.data;
    return shelve(shelf, tools, [...path, 'tools'], { name, description: description ?? '' });
  }
  shelf.hosted.push(type.slice(0, 64));
  shelf.ignored.push(showPath(path));
  return null;
}

function refuseMore(path: readonly PropertyKey[], most: number): RequestFault {
  const param = showPath(path);
  const message = `'${param}' is one tool too many: ${most} may be offered, those of namespaces included. Offer fewer.`;
  return { param, code: 'invalid_value', message };
}

function shelveFunction(
  shelf: Shelf,
  tool: unknown,
  path: readonly PropertyKey[],
  inside: Inside,
): RequestFault | null {
  // Chat Completions' own form, which some frameworks send here too.
  const nested = z.object({ function: z.record(z.string(), z.unknown()) }).safeParse(tool).data?.function;
  const parsed = functionTool.safeParse(nested ?? tool);
  if (!parsed.success) return toFault(parsed.error, nested ? [...path, 'function'] : path, nested ?? tool);
  const { name, description, parameters, strict } = parsed.data;
  put(shelf, { name, namespace: inside.name, isCustom: false }, path, {
    description: joinTexts([takeDescription(inside), description ?? '']),
    ...(parameters != null && { parameters }),
    ...(strict != null && { strict }),
  });
  return null;
}

function shelveCustom(shelf: Shelf, tool: unknown, path: readonly PropertyKey[], inside: Inside): RequestFault | null {
  const parsed = customTool.safeParse(tool);
  if (!parsed.success) return toFault(parsed.error, path, tool);
  const { name, description, format } = parsed.data;
  const grammar = format?.definition ?? '';
  // A grammar is told to the model; that it is kept, nobody here can see to.
  const told = grammar === '' ? '' : `The input follows this grammar (${format?.syntax ?? 'lark'}):\n${grammar}`;
  if (grammar !== '') shelf.ignored.push(showPath([...path, 'format']));
  put(shelf, { name, namespace: inside.name, isCustom: true }, path, {
    description: joinTexts([takeDescription(inside), description ?? '', told]),
    parameters: CUSTOM_INPUT,
  });
  return null;
}

function put(
  { functions, paths, owners }: Shelf,
  owner: OwnTool,
  path: readonly PropertyKey[],
  { description, ...more }: { readonly description: string; readonly parameters?: object; readonly strict?: boolean },
): void {
  const name = findFreeName(owners, toStem(owner.namespace, owner.name));
  owners.set(name, owner);
  paths.push(showPath(path));
  functions.push({ type: 'function', function: { name, ...(description !== '' && { description }), ...more } });
}

function findFreeName(owners: ReadonlyMap<string, OwnTool>, stem: string): string {
  if (stem.length <= MAX_FLAT_CHARS && !owners.has(stem)) return stem;
  let number = 2;
  while (owners.has(`${stem.slice(0, MAX_STEM_CHARS)}_${number}`)) number++;
  return `${stem.slice(0, MAX_STEM_CHARS)}_${number}`;
}

/** Two underscores are what servers of the Model Context Protocol are told apart by in flat lists. */
function toStem(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}${namespace.endsWith('__') ? '' : '__'}${name}`;
}

function takeDescription(inside: Inside): string {
  const { description } = inside;
  inside.description = '';
  return description;
}

function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}

function toFault(error: z.ZodError, path: readonly PropertyKey[], value: unknown): RequestFault {
  return placeFault(describeIssue(error.issues[0], value), path);
}
