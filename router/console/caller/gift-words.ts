// Words of gifts on the page of credit.
import type { Dictionaries } from '../../look/words.ts';

type ByName = Readonly<Record<string, string>>;

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
  amount: 'Amount, credits',
  amountHelp: 'As 25 or 0.5; six decimals at most.',
  days: 'Good for days',
  daysHelp: '1 to 3,660.',
  purpose: 'For',
  anything: 'nothing in particular',
  purposes: { education: 'education', research: 'research', trial: 'trial', support: 'support' } as ByName,
  memo: 'Note',
  memoHelp: 'Stands in the books beside it.',
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
    amount: '量（クレジット）',
    amountHelp: '25や0.5のように、小数は6桁まで。',
    days: '有効日数',
    daysHelp: '1から3,660。',
    purpose: '用途',
    anything: '指定なし',
    purposes: { education: '教育', research: '研究', trial: '試用', support: 'サポート' },
    memo: 'メモ',
    memoHelp: '帳簿に一緒に記録されます。',
    giveDo: '提供する',
    given: 'クレジットを提供しました。',
    again: 'この提供はすでに済んでいます。二重には提供されていません。',
  },
};
export type GiftWords = typeof EN;
