// What a caller is told whose path is none here: the one that was meant, where that can be told, and all that there are. Pure.
import type { ListedRoute } from './match-path.ts';

/** Other servers' paths for what stands under another path here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'api/chat': '/v1/chat/completions',
  'api/generate': '/v1/chat/completions',
  'api/tags': '/v1/models',
  'api/show': '/v1/models',
  complete: '/v1/messages',
  completion: '/v1/chat/completions',
  chat: '/v1/chat/completions',
  message: '/v1/messages',
  response: '/v1/responses',
  swagger: '/docs',
};
const NOT_FOR_CALLERS = /^\/(?:admin|node|console|sign-in|sign-out|language|assets|playground|stripe)(?:\/|$)/;
const MOST_EDITS = 3;
/** Longer words than these are no slip of the pen. */
const MOST_COMPARED = 64;

/** Every method and path that callers have, such as `POST /v1/chat/completions`, each path once. */
export function listPaths(routes: readonly ListedRoute[]): { readonly method: string; readonly path: string }[] {
  const shown = routes
    .filter(({ method, path }) => method !== 'ALL' && !NOT_FOR_CALLERS.test(path))
    .map(({ method, path }) => ({ method, path: path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}') }));
  return [...new Map(shown.map((one) => [`${one.method} ${one.path}`, one])).values()];
}

/**
 * The same as one text, a path once with its methods: `GET|POST /v1/keys, …`. What stands under /audit, and the one thing of many that a path names, is
 * nobody's first wish: /docs has it.
 */
export function tellPaths(paths: readonly { readonly method: string; readonly path: string }[]): string {
  const told = paths.filter(({ path }) => !path.startsWith('/audit/') && !path.includes('{'));
  const each = [...Map.groupBy(told, ({ path }) => path)];
  return each.map(([path, of]) => `${of.map(({ method }) => method).join('|')} ${path}`).join(', ');
}

/** The path that was meant; null where none is near. */
export function suggestPath(said: string, paths: readonly string[]): string | null {
  const words = wordsOf(said);
  const elsewhere = ELSEWHERE[words.slice(-2).join('/')] ?? ELSEWHERE[words.at(-1) ?? ''];
  const ends = paths
    .filter((path) => wordsOf(path).length > 0 && !path.includes('{') && endsWith(words, wordsOf(path)))
    .toSorted((a, b) => b.length - a.length)[0];
  if (ends !== undefined) return ends;
  if (elsewhere !== undefined && paths.includes(elsewhere)) return elsewhere;
  const joined = words.join('/').slice(0, MOST_COMPARED);
  const near = paths
    .filter((path) => wordsOf(path).length > 0)
    .map((path) => ({ path, edits: countEdits(joined, wordsOf(path).join('/')) }))
    .toSorted((a, b) => a.edits - b.edits)[0];
  return near && near.edits <= Math.min(MOST_EDITS, Math.floor(joined.length / 3)) ? near.path : null;
}

function wordsOf(path: string): string[] {
  return path
    .toLowerCase()
    .split('/')
    .filter((word) => word !== '' && word !== 'v1');
}

function endsWith(words: readonly string[], tail: readonly string[]): boolean {
  return tail.every((word, i) => words[words.length - tail.length + i] === word);
}

/** Letters to add, drop or change. */
function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
