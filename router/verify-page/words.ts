// Both languages that pages tell a check in.
import { EN } from '../../schema/verify/words-en.ts';
import type { VerifyWords } from '../../schema/verify/words-en.ts';
import { JA } from '../../schema/verify/words-ja.ts';

export const pickWords = (lang: string): VerifyWords => (lang === 'ja' ? JA : EN);
