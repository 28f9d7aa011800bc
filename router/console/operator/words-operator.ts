// Words that several of the operator's pages use.
import type { Dictionaries } from '../../look/words.ts';

const EN = {
  notNow: 'This cannot be told now. Load the page again in a moment.',
  find: 'Search',
  next: 'Next page',
  first: 'From the start',
  leave: 'Leave it',
  yes: 'yes',
  no: 'no',
  none: 'none',
  back: 'Back',
};

export const OPERATOR_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    notNow: 'いまは表示できません。少し待ってから読み込み直してください。',
    find: '検索',
    next: '次のページ',
    first: '先頭から',
    leave: 'やめる',
    yes: 'はい',
    no: 'いいえ',
    none: 'なし',
    back: '戻る',
  },
};
