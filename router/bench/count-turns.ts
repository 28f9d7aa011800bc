// From workerd's trace of what it did asynchronously to how often each place was entered, why, and what it asked for. Pure.

interface Place {
  readonly worker: string;
  readonly actor: string | null;
}

/** Counts by place: `edge`, `hub`, `D1`, or another object by the beginning of its id. */
export interface Turns {
  readonly turns: ReadonlyMap<string, number>;
  /** What a turn was for, by place. */
  readonly causes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** What was begun: calls of objects, statements, timers, reads. */
  readonly operations: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

type Line =
  | { readonly e: 'ctx'; readonly ctx: number; readonly worker: string; readonly actor: string | null }
  | { readonly e: 'init'; readonly ctx: number; readonly id: number; readonly kind: string; readonly name: string }
  | { readonly e: 'turn'; readonly ctx: number; readonly cause: number }
  | { readonly e: 'other' };

/** `before` is what the trace held before the calls that are counted: it only names places. */
export function countTurns(before: readonly string[], counted: readonly string[]): Turns {
  const places = new Map<number, Place>();
  const inits = new Map<number, { readonly ctx: number; readonly what: string }>();
  const hubs = new Set<string>();
  for (const line of [...before, ...counted].map(readLine)) {
    if (line.e === 'ctx') places.set(line.ctx, line);
    if (line.e !== 'init') continue;
    inits.set(line.id, { ctx: line.ctx, what: `${line.kind} ${line.name}` });
    const actor = places.get(line.ctx)?.actor;
    if (actor && line.name === 'hibernatable_websocket') hubs.add(actor);
  }
  const nameOf = (ctx: number): string => {
    const { worker, actor } = places.get(ctx) ?? { worker: '?', actor: null };
    if (worker.startsWith('d1:')) return 'D1';
    if (actor === null) return worker.startsWith('core:user:') ? 'edge' : worker;
    return hubs.has(actor) ? 'hub' : `object ${actor.slice(0, 6)}`;
  };
  const turns = new Map<string, number>();
  const causes = new Map<string, Map<string, number>>();
  const operations = new Map<string, Map<string, number>>();
  for (const line of counted.map(readLine)) {
    if (line.e === 'turn') {
      add(turns, nameOf(line.ctx));
      addTo(causes, nameOf(line.ctx), inits.get(line.cause)?.what ?? 'unknown');
    } else if (line.e === 'init') addTo(operations, nameOf(line.ctx), `${line.kind} ${line.name}`);
  }
  return { turns, causes, operations };
}

/** The last line of a trace that is being written may be half of one. */
function readLine(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return { e: 'other' };
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function addTo(counts: Map<string, Map<string, number>>, key: string, inner: string): void {
  const of = counts.get(key) ?? new Map<string, number>();
  counts.set(key, of);
  add(of, inner);
}
