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
  toHelp: 'Its id: acct_ and 32 letters and digits. Whoever owns it sees it on their pages and with GET /v1/usage.',
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
  badAccount: 'Nothing was given: the account is its id, acct_ and 32 hex digits.',
  badAmount: 'Nothing was given: the amount is in credits, above nothing, with six decimals at most: 25 or 0.5.',
  badDays: 'Nothing was given: days are a whole number from 1 to 3,660.',
  faults: {
    insufficient_credit:
      'Nothing was given: not so much credit is free to give. What ends, came from a sponsor, or is held for running jobs stays here.',
    not_found: 'Nothing was given: there is no such account on this network.',
    conflict: 'This form gave something else before, and that stands. Sent again as it is now, it is another gift.',
    account_disabled: 'Nothing was given: this account is disabled. Ask whoever runs the network.',
    forbidden: 'Nothing was given: this account is no sponsor any more. Ask whoever runs the network.',
  } as ByName,
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
    toHelp: '相手のアカウント ID（acct_ と 32 桁の英数字）。相手は自分のページや GET /v1/usage で確認できます。',
    amount: '量（クレジット）',
    amountHelp: '25 や 0.5 のように、小数は 6 桁まで。',
    days: '有効日数',
    daysHelp: '1 から 3,660。',
    purpose: '用途',
    anything: '指定なし',
    purposes: { education: '教育', research: '研究', trial: '試用', support: 'サポート' },
    memo: 'メモ',
    memoHelp: '帳簿に一緒に記録されます。',
    giveDo: '提供する',
    given: 'クレジットを提供しました。',
    again: 'この提供はすでに済んでいます。二重には提供されていません。',
    badAccount: '提供していません: アカウントは ID（acct_ と 32 桁の 16 進数）で指定してください。',
    badAmount: '提供していません: 量は 0 より大きいクレジットで、小数は 6 桁までです（例: 25、0.5）。',
    badDays: '提供していません: 日数は 1 から 3,660 の整数です。',
    faults: {
      insufficient_credit:
        '提供していません: 提供できるクレジットが足りません。期限のあるもの、スポンサーからのもの、実行中のジョブのために確保されたものは提供できません。',
      not_found: '提供していません: このネットワークにそのアカウントはありません。',
      conflict:
        'このフォームからは以前に別の内容で提供済みで、それは有効です。いま再び送信すると、新たな提供になります。',
      account_disabled: '提供していません: このアカウントは無効です。運営者にお問い合わせください。',
      forbidden: '提供していません: このアカウントはもうスポンサーではありません。運営者にお問い合わせください。',
    },
  },
};
export type GiftWords = typeof EN;
