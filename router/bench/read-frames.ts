// From what perf and the engines write to frames with functions and files. Pure.
import type { Frame } from './sort-samples.ts';

/** What is known of one process. */
export interface Known {
  /** The checkout that it runs. */
  readonly root: string;
  /** Finds what the engine had at an address. */
  readonly compiled: (address: number) => string | null;
  /** Finds the file that a line of the Worker's bundle came from. */
  readonly bundled: (line: number) => string | null;
}

/** Finds the file of a line in a bundle: esbuild writes each file's name above its text. */
export function indexBundle(text: string): (line: number) => string | null {
  const starts: { readonly line: number; readonly file: string }[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const file = /^ *\/\/ (?:\S*?\/)?((?:node_modules|schema|router|node-agent)\/\S+\.[cm]?[jt]s)$/.exec(line)?.[1];
    if (file !== undefined) starts.push({ line: i + 1, file });
  }
  return (line) => starts.findLast((start) => start.line <= line)?.file ?? null;
}

/**
 * Finds what an engine had at an address, from its map for perf (`start size name`, both hexadecimal). Engines use memory anew and the map keeps what stood
 * there before, so the last word counts.
 */
export function indexCompiled(map: string): (address: number) => string | null {
  const spans: { readonly start: number; readonly end: number; readonly name: string }[] = [];
  const lastBefore = (address: number): number => {
    let [low, high] = [0, spans.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((spans[middle]?.start ?? 0) <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  for (const line of map.split('\n').toReversed()) {
    const [, at = '', size = '', name = ''] = /^([0-9a-f]+) ([0-9a-f]+) (.*)$/.exec(line) ?? [];
    const start = Number.parseInt(at, 16);
    const end = start + Number.parseInt(size, 16);
    if (Number.isNaN(end)) continue;
    const before = lastBefore(start);
    const isFree = (spans[before]?.end ?? 0) <= start && (spans[before + 1]?.start ?? end) >= end;
    if (isFree) spans.splice(before + 1, 0, { start, end, name });
  }
  return (address) => {
    const span = spans[lastBefore(address)];
    return span !== undefined && address < span.end ? span.name : null;
  };
}

/** A line of `perf script -F ip,sym,dso`: `7f00 symbol (binary)`; what the engine made is looked up by its address. A native addon is a file. */
export function readFrame(line: string, known: Known): Frame {
  const [, address = '', said = '', binary = ''] = /^\s*([0-9a-f]+) (.*?) \(([^()]*)\)\s*$/.exec(line) ?? [];
  const isCompiled = binary === '' || binary === '[unknown]' || binary.endsWith('.map') || binary === '//anon';
  const symbol = (isCompiled ? known.compiled(Number.parseInt(address, 16)) : null) ?? said;
  const [, name = '', path, at = '0'] = /^JS:[~^*+']*(.*?) ?(\S+):(\d+):\d+$/.exec(symbol) ?? [];
  if (path === undefined) return { name: symbol, file: binary.endsWith('.node') ? shorten(binary, known.root) : null };
  return { name, file: path === 'worker.js' ? (known.bundled(Number(at)) ?? path) : shorten(path, known.root) };
}

function shorten(path: string, root: string): string {
  const plain = path.replace(/^file:\/\//, '');
  return plain.startsWith(`${root}/`) ? plain.slice(root.length + 1) : plain;
}
