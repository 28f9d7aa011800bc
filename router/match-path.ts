// The address that a caller meant: base URLs are written with a slash at the end, with /v1 twice or not at all, or in capitals. Pure.

/** A route as Hono lists it; middleware is listed under ALL and makes no path exist. */
export interface ListedRoute {
  readonly method: string;
  readonly path: string;
}

/** The words that a route begins with, and whether something of the caller's follows them. */
interface Head {
  readonly words: readonly string[];
  readonly isWhole: boolean;
}

const VERSION = 'v1';

/** Tells for any path which one of these routes it means; where it means none it stays as it is. Paths are as Hono reads them, decoded. */
export function matchPaths(routes: readonly ListedRoute[]): (path: string) => string {
  const heads = routes.filter(({ method }) => method !== 'ALL').map(({ path }) => toHead(path));
  // The longest first, and /v1/models/{id} before /v1/models: a model may be called anything.
  heads.sort((a, b) => b.words.length - a.words.length || Number(a.isWhole) - Number(b.isWhole));
  const whole = new Set(heads.filter(({ isWhole }) => isWhole).map(({ words }) => `/${words.join('/')}`));
  return (path) => {
    if (whole.has(path)) return path;
    const said = path.split('/').filter((word) => word !== '');
    for (const head of heads) {
      const rest = head.isWhole ? takeWhole(said, head.words) : takeWords(said, head.words);
      if (rest && rest.length > 0 !== head.isWhole) return `/${[...head.words, ...rest].join('/')}`;
    }
    return path;
  };
}

function toHead(path: string): Head {
  const words = path.split('/').filter((word) => word !== '');
  const end = words.findIndex((word) => /^[:*]/.test(word));
  return end < 0 ? { words, isWhole: true } : { words: words.slice(0, end), isWhole: false };
}

/** A whole address may stand there twice: it was given as the base URL, and the client put its own path behind it. */
function takeWhole(said: readonly string[], words: readonly string[]): readonly string[] | null {
  const rest = takeWords(said, words);
  return rest && rest.length > 0 ? takeWords(rest, words) : rest;
}

/** What follows the words; null where they do not stand in front. The version may be missing, or be there more than once. */
function takeWords(said: readonly string[], words: readonly string[]): readonly string[] | null {
  const isVersioned = words[0] === VERSION;
  const from = isVersioned ? said.findIndex((word) => word.toLowerCase() !== VERSION) : 0;
  const wanted = isVersioned ? words.slice(1) : words;
  const isThere = from >= 0 && wanted.every((word, i) => said[from + i]?.toLowerCase() === word);
  return isThere ? said.slice(from + wanted.length) : null;
}
