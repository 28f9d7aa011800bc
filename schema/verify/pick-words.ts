// In which language a check of receipts is told. Pure.
import { EN } from './words-en.ts';
import type { VerifyWords } from './words-en.ts';
import { JA } from './words-ja.ts';

/** English for any other language than Japanese. */
export function pickWords(lang: string): VerifyWords {
  return lang === 'ja' ? JA : EN;
}
