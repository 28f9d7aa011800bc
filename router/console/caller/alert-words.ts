// Words of the page of alerts.
import type { Dictionaries } from '../../look/words.ts';

const EN = {
  title: 'Alerts',
  lead: 'Where your programs are told that a key has spent 80 or 100 % of a limit, or that credit runs low: a signed webhook (Standard Webhooks).',
  now: 'What is told now',
  none: 'Nothing is told yet. Name an address below.',
  address: 'Address',
  addressHelp: 'An https address of yours; it is sent POST with JSON.',
  low: 'Tell of credit below, credits',
  lowHelp: 'Empty for no alert of that.',
  waiting: 'On their way',
  test: 'Send a test',
  tested: 'A test is on its way. It is tried again where nobody takes it.',
  save: 'Save',
  fresh: 'Make a new secret',
  freshHelp: 'The one before signs nothing any more.',
  secret: 'This secret signs each alert. It is shown this once:',
  copy: 'Copy',
  saved: 'Saved; the secret from before stands.',
  end: 'Tell nothing any more',
  ended: 'Nothing is told any more.',
  credits: 'credits',
  ownersOnly: 'Owners of the account decide this.',
};

export const ALERT_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    title: '通知',
    lead: 'キーが上限の80%または100%に達したとき、残高が少なくなったときに、署名付きWebhook（Standard Webhooks）で知らせます。',
    now: '現在の設定',
    none: 'まだ何も通知されません。下で宛先を指定してください。',
    address: '宛先',
    addressHelp: 'https のURL。JSONが POST されます。',
    low: '残高がこれを下回ったら通知（クレジット）',
    lowHelp: '空欄なら通知しません。',
    waiting: '送信待ち',
    test: 'テストを送信',
    tested: 'テストを送信しています。受け取られなければ再送されます。',
    save: '保存',
    fresh: '新しいシークレットを作る',
    freshHelp: '以前のシークレットは使われなくなります。',
    secret: 'このシークレットが各通知に署名します。表示は一度だけです：',
    copy: 'コピー',
    saved: '保存しました。以前のシークレットはそのままです。',
    end: '通知をやめる',
    ended: '通知をやめました。',
    credits: 'クレジット',
    ownersOnly: 'アカウントのオーナーが設定します。',
  },
};
export type AlertWords = typeof EN;
