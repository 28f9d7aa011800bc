// The words of `/verify` beside the facts.
import type { WordsOf } from '../../schema/words-of.ts';

const PAGE_EN = {
  valid: 'Valid: everything here holds.',
  'not-valid': 'Not valid.',
  equivocation: 'Equivocation: somebody has signed two things that cannot both be honest.',
  pending: 'Not yet accepted, or not valid.',
  none: 'Nothing to check yet.',
  pasted: 'what you pasted',
  good: (id: string) => `Valid: ${id}`,
  bad: (id: string) => `Not valid: ${id}`,
  together: 'Together',
  file: 'The evidence as a file',
};
type PageWords = WordsOf<typeof PAGE_EN>;

const PAGE_JA: PageWords = {
  valid: '有効：すべて成り立っています。',
  'not-valid': '無効です。',
  equivocation: '二重署名：両立しない二つのことに、誰かが署名しています。',
  pending: 'まだ承認されていないか、無効です。',
  none: '検証するものがまだありません。',
  pasted: '貼り付けたもの',
  good: (id) => `有効：${id}`,
  bad: (id) => `無効：${id}`,
  together: '全体',
  file: '証拠のファイル',
};

export const pickPageWords = (lang: string): PageWords => (lang === 'ja' ? PAGE_JA : PAGE_EN);
