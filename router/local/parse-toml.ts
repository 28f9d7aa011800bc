// Reads the part of TOML that wrangler.toml uses. Anything else is refused with its line, so that the local network never runs on a half-read file.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

export type TomlValue = string | number | boolean | TomlValue[] | TomlTable;
export interface TomlTable {
  [key: string]: TomlValue;
}

const HEADER = /^\[(\[)?\s*([A-Za-z0-9_.-]+)\s*\](\])?$/;
const ENTRY = /^([A-Za-z0-9_-]+)\s*=\s*/;

/**
 * TOML text → nested plain objects. Knows tables, arrays of tables, basic and literal strings, integers, decimals, booleans,
 * arrays (over several lines too) and inline tables; dates, dotted keys and multi-line strings are refused by line number.
 */
export function parseToml(text: string): Result<TomlTable, string> {
  const root: TomlTable = {};
  let table = root;
  let cursor = 0;
  while (cursor < text.length) {
    cursor = skipBlank(text, cursor);
    if (cursor >= text.length) break;
    const lineEnd = endOfLine(text, cursor);
    const line = stripComment(text.slice(cursor, lineEnd)).trim();
    const header = HEADER.exec(line);
    if (header) {
      const opened = openTable({ root, path: (header[2] ?? '').split('.'), isArray: header[1] !== undefined });
      if (opened === null) return err(`line ${lineOf(text, cursor)}: table ${line} was already given`);
      table = opened;
      cursor = lineEnd;
      continue;
    }
    const entry = ENTRY.exec(text.slice(cursor));
    const value = entry ? readValue(text, cursor + entry[0].length) : null;
    const key = entry?.[1];
    if (value === null || key === undefined) return err(`line ${lineOf(text, cursor)}: cannot read "${line}"`);
    if (stripComment(text.slice(value.end, endOfLine(text, value.end))).trim() !== '')
      return err(`line ${lineOf(text, value.end)}: something follows the value of ${key}`);
    table[key] = value.value;
    cursor = endOfLine(text, value.end);
  }
  return ok(root);
}

interface Read {
  readonly value: TomlValue;
  readonly end: number;
}

function readValue(text: string, at: number): Read | null {
  const first = text[at];
  if (first === '"') return readBasicString(text, at);
  if (first === "'") return readLiteralString(text, at);
  if (first === '[') return readArray(text, at);
  if (first === '{') return readInlineTable(text, at);
  const word = /^(true|false|[+-]?\d[\d_]*(\.\d+)?)(?=[\s,\]}#]|$)/.exec(text.slice(at, at + 64));
  if (!word?.[1]) return null;
  const value = word[1] === 'true' ? true : word[1] === 'false' ? false : Number(word[1].replaceAll('_', ''));
  return { value, end: at + word[1].length };
}

function readBasicString(text: string, at: number): Read | null {
  const match = /^"((?:[^"\\\n]|\\["\\nt])*)"/.exec(text.slice(at));
  if (!match) return null;
  return { value: JSON.parse(match[0].replaceAll('\t', '\\t')) as string, end: at + match[0].length };
}

function readLiteralString(text: string, at: number): Read | null {
  const match = /^'([^'\n]*)'/.exec(text.slice(at));
  return match ? { value: match[1] ?? '', end: at + match[0].length } : null;
}

function readArray(text: string, at: number): Read | null {
  const items: TomlValue[] = [];
  let cursor = skipBlank(text, at + 1);
  while (text[cursor] !== ']') {
    const item = readValue(text, cursor);
    if (item === null) return null;
    items.push(item.value);
    cursor = skipBlank(text, item.end);
    if (text[cursor] === ',') cursor = skipBlank(text, cursor + 1);
    else if (text[cursor] !== ']') return null;
  }
  return { value: items, end: cursor + 1 };
}

function readInlineTable(text: string, at: number): Read | null {
  const table: TomlTable = {};
  let cursor = skipBlank(text, at + 1);
  while (text[cursor] !== '}') {
    const entry = ENTRY.exec(text.slice(cursor));
    const value = entry ? readValue(text, cursor + entry[0].length) : null;
    if (value === null || entry?.[1] === undefined) return null;
    table[entry[1]] = value.value;
    cursor = skipBlank(text, value.end);
    if (text[cursor] === ',') cursor = skipBlank(text, cursor + 1);
    else if (text[cursor] !== '}') return null;
  }
  return { value: table, end: cursor + 1 };
}

function openTable(asked: { root: TomlTable; path: string[]; isArray: boolean }): TomlTable | null {
  let table = asked.root;
  for (const [depth, key] of asked.path.entries()) {
    const isLast = depth === asked.path.length - 1;
    const found = table[key];
    if (isLast && asked.isArray) {
      const list = found === undefined ? [] : found;
      if (!Array.isArray(list)) return null;
      table[key] = list;
      const added: TomlTable = {};
      list.push(added);
      return added;
    }
    if (found === undefined) table[key] = {};
    const next = Array.isArray(table[key]) ? table[key].at(-1) : table[key];
    if (typeof next !== 'object' || Array.isArray(next)) return null;
    table = next;
  }
  return table;
}

function skipBlank(text: string, at: number): number {
  let cursor = at;
  while (cursor < text.length) {
    if (text[cursor] === '#') cursor = endOfLine(text, cursor);
    else if (/\s/.test(text[cursor] ?? '')) cursor += 1;
    else break;
  }
  return cursor;
}

function endOfLine(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found === -1 ? text.length : found;
}

function stripComment(line: string): string {
  return /^(?:[^#"']|"(?:[^"\\]|\\.)*"|'[^']*')*/.exec(line)?.[0] ?? line;
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}
