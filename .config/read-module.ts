// What one source file imports, and what it does that a pure file may not. Looks at the parsed text only.
import { dirname, join } from 'node:path/posix';
import { parseSync, Visitor } from 'oxc-parser';
import type { Expression, ImportDeclaration, Program, StringLiteral } from 'oxc-parser';

export interface Module {
  readonly file: string;
  /** Files of this repository that it imports: values, types, re-exports and `import()` alike. */
  readonly imports: readonly string[];
  /** What keeps it from being pure, with the line. */
  readonly impurities: readonly string[];
}

const IMPURE_GLOBALS = new Set(
  'setTimeout setInterval setImmediate queueMicrotask fetch console process performance WebSocket localStorage'.split(
    ' ',
  ),
);
const IMPURE_MEMBERS = new Set(['Date.now', 'Math.random', 'crypto.getRandomValues', 'crypto.randomUUID']);
const PURE_BUILT_INS = new Set(['node:path', 'node:path/posix', 'node:url', 'node:util']);
const PURE_NAMES = new Set(['BlockList', 'isIP', 'isIPv4', 'isIPv6']);
const MUTATORS = new Set('add clear delete fill pop push reverse set shift sort splice unshift'.split(' '));

/** Reads a module's imports and impurities; a text that does not parse is refused by its first fault. */
export function readModule(file: string, text: string): Module {
  const parsed = parseSync(file, text);
  const [fault] = parsed.errors;
  if (fault) throw new Error(`${file}: ${fault.message}`);
  return {
    file,
    imports: findImports(parsed.program)
      .filter((name) => name.startsWith('.'))
      .map((name) => join(dirname(file), name)),
    impurities: findImpurities(parsed.program).map(
      ({ what, at }) => `${what} (line ${text.slice(0, at).split('\n').length})`,
    ),
  };
}

function findImports(program: Program): string[] {
  const found: string[] = [];
  const add = (source: StringLiteral | Expression | null): void => {
    if (source?.type === 'Literal' && typeof source.value === 'string') found.push(source.value);
  };
  new Visitor({
    ImportDeclaration: ({ source }) => add(source),
    ExportNamedDeclaration: ({ source }) => add(source),
    ExportAllDeclaration: ({ source }) => add(source),
    ImportExpression: ({ source }) => add(source),
    TSImportType: ({ source }) => add(source),
  }).visit(program);
  return found;
}

interface Impurity {
  readonly what: string;
  readonly at: number;
}

function findImpurities(program: Program): Impurity[] {
  const names = moduleNames(program);
  const found: Impurity[] = names.variables.map(({ name, at }) => ({ what: `keeps ${name} between calls`, at }));
  /** Where a name only says which field is meant. */
  const labels = new Set<number>();
  const note = (what: string, at: number): void => void found.push({ what, at });
  const noteWrite = (target: Expression, at: number): void => {
    const name = rootOf(target);
    if (target.type === 'MemberExpression' && names.constants.has(name)) note(`writes to ${name}`, at);
  };
  new Visitor({
    ImportDeclaration: (declaration) => {
      if (isDoor(declaration)) note(`imports ${declaration.source.value}`, declaration.start);
    },
    NewExpression: ({ callee, arguments: args, start }) => {
      if (callee.type === 'Identifier' && callee.name === 'Date' && args.length === 0) note('new Date()', start);
    },
    CallExpression: ({ callee, start }) => {
      if (callee.type === 'MemberExpression' && MUTATORS.has(nameOf(callee.property))) noteWrite(callee, start);
    },
    MemberExpression: ({ object, property, computed, start }) => {
      const path = `${nameOf(object)}.${nameOf(property)}`;
      if (IMPURE_MEMBERS.has(path)) note(path, start);
      if (!computed) labels.add(property.start);
    },
    Property: ({ key, shorthand }) => void (shorthand || labels.add(key.start)),
    TSPropertySignature: ({ key }) => void labels.add(key.start),
    Identifier: ({ name, start }) => {
      if (IMPURE_GLOBALS.has(name) && !labels.has(start)) note(name, start);
    },
    AssignmentExpression: ({ left, start }) => noteWrite(left as Expression, start),
    UpdateExpression: ({ argument, start }) => noteWrite(argument as Expression, start),
  }).visit(program);
  return found;
}

/** True for a module of Node that reads or does something; what it only computes with may be named. */
function isDoor({ source, importKind, specifiers }: ImportDeclaration): boolean {
  if (!source.value.startsWith('node:') || importKind === 'type' || PURE_BUILT_INS.has(source.value)) return false;
  return !specifiers.every(({ local }) => PURE_NAMES.has(local.name));
}

/** Names that live as long as the module: those that can be written anew, and those whose insides can. */
function moduleNames(program: Program): { variables: { name: string; at: number }[]; constants: Set<string> } {
  const variables: { name: string; at: number }[] = [];
  const constants = new Set<string>();
  for (const statement of program.body) {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declared?.type !== 'VariableDeclaration') continue;
    for (const { id, init, start } of declared.declarations) {
      const isWeak = init?.type === 'NewExpression' && nameOf(init.callee).startsWith('Weak');
      if (declared.kind !== 'const' || isWeak) variables.push({ name: nameOf(id), at: start });
      else constants.add(nameOf(id));
    }
  }
  return { variables, constants };
}

function nameOf(node: { readonly type: string; readonly name?: unknown }): string {
  return node.type === 'Identifier' && typeof node.name === 'string' ? node.name : '';
}

/** `list` of `list.rows[3].cells`. */
function rootOf(node: Expression): string {
  return node.type === 'MemberExpression' ? rootOf(node.object) : nameOf(node);
}
