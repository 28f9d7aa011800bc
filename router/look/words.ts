// Words of pages in two languages: English has the keys, and what another language lacks does not compile.
import type { WordsOf } from '../../schema/words-of.ts';

export type Locale = 'en' | 'ja';

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
