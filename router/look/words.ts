// Words of pages in two languages: English has the keys, and what another language lacks does not compile.

export type Locale = 'en' | 'ja';

type Widen<T> = T extends string
  ? string
  : T extends (...given: infer G) => unknown
    ? (...given: G) => string
    : { readonly [K in keyof T]: Widen<T[K]> };

/** The same keys in every language. */
export type WordsOf<English> = { readonly [K in keyof English]: Widen<English[K]> };

/** Both languages of one room's words. */
export type Dictionaries<English> = Readonly<Record<Locale, WordsOf<English>>>;

/** What was chosen, or what the browser likes best of what there is. */
export function pickLocale(chosen: string | null | undefined, accepted: string | undefined): Locale {
  if (chosen === 'en' || chosen === 'ja') return chosen;
  for (const wish of (accepted ?? '').split(',')) {
    const language = wish.trim().slice(0, 2).toLowerCase();
    if (language === 'en' || language === 'ja') return language;
  }
  return 'en';
}
