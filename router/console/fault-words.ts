// Words of pages that tell what went wrong.
import type { Dictionaries } from '../look/words.ts';

const EN = {
  none: 'There is no such page',
  refused: 'That was not done',
  broken: 'Something broke',
  brokenTold: 'It is on our side, and written down. Try again in a moment.',
  storeAway: 'The books of the network cannot be reached right now. Try again in a moment.',
  home: 'To the network',
  request: (id: string) => `Request ${id}`,
};

export const FAULT_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    none: 'ページが見つかりません',
    refused: '実行されませんでした',
    broken: '問題が発生しました',
    brokenTold: '原因はこちらにあり、記録されています。少し待ってからもう一度お試しください。',
    storeAway: 'ネットワークの帳簿に今は接続できません。少し待ってからもう一度お試しください。',
    home: 'ネットワークへ',
    request: (id) => `リクエスト ${id}`,
  },
};
