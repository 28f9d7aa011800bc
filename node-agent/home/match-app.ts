// Which running programs are on the owner's list. Pure.
import type { AppRule, OpenApp, RunningApp } from './home-signals.ts';

type AppRules = Readonly<Record<AppRule, readonly string[]>>;

/** The strictest rule counts where several lists name a program. */
const ORDER: readonly AppRule[] = ['pause', 'finish', 'eco'];

export type AppMatcher = (app: RunningApp) => OpenApp | null;

/** A function that says whether a program is on the lists, by its name or by its path; letters' case and the slashes' way do not matter. */
export function matchApps(rules: AppRules): AppMatcher {
  const lists = ORDER.map((does) => ({ does, fits: compileList(rules[does]) }));
  return ({ name, path }) => {
    const words = [fold(name), ...(path === null ? [] : [fold(path)])];
    const found = lists.find(({ fits }) => fits(words));
    return found ? { name, does: found.does } : null;
  };
}

function compileList(patterns: readonly string[]): (words: readonly string[]) => boolean {
  const meant = patterns.filter((pattern) => !pattern.startsWith('!')).map(compile);
  const spared = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => compile(pattern.slice(1)));
  return (words) =>
    meant.some((fits) => words.some((word) => fits(word))) && !spared.some((fits) => words.some((word) => fits(word)));
}

function compile(pattern: string): (word: string) => boolean {
  const parts = fold(pattern).split('*');
  const [only = ''] = parts;
  if (parts.length === 1) return (word) => word === only;
  return (word) => fitsParts(word, parts);
}

/** Each part is looked for behind the one before it, once: no pattern takes longer than the word is long for each part. */
function fitsParts(word: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (!word.startsWith(first) || word.length < first.length + last.length || !word.endsWith(last)) return false;
  let at = first.length;
  const end = word.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = word.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

function fold(text: string): string {
  return text.toLowerCase().replaceAll('\\', '/');
}
