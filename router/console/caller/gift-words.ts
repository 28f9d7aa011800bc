// Words of gifts on the page of credit.
import type { Dictionaries } from '../../look/words.ts';

const EN = {
  gifts: 'Given to others',
  to: 'Account',
  gave: 'Given',
  returned: 'Came back',
  changed: 'Last change, UTC',
  noGifts: 'Nothing was given yet.',
  more: 'More accounts',
  give: 'Give credit',
  giveTold: 'This account is a sponsor. What is not spent by the end comes back to it.',
  toHelp: 'Its id: acct_ and 32 letters and digits. Its owner finds it on this page of theirs, and by GET /v1/usage.',
  giveDo: 'Give',
  given: 'The credit is given.',
  again: 'That gift was made already: nothing was given twice.',
};

export const GIFT_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    gifts: '他のアカウントへの提供',
    to: 'アカウント',
    gave: '提供',
    returned: '戻った分',
    changed: '最終変更（UTC）',
    noGifts: 'まだ提供していません。',
    more: '続きのアカウント',
    give: 'クレジットを提供',
    giveTold: 'このアカウントはスポンサーです。期限までに使われなかった分は戻ります。',
    toHelp: '相手のアカウントID（acct_ と32桁の英数字）。相手は自分のこのページか GET /v1/usage で確認できます。',
    giveDo: '提供する',
    given: 'クレジットを提供しました。',
    again: 'この提供はすでに済んでいます。二重には提供されていません。',
  },
};
export type GiftWords = typeof EN;
