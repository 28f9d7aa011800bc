// Words of the page of oneself.
import type { WordsOf } from '../../../schema/words-of.ts';
import type { Dictionaries } from '../../look/words.ts';

/** What was done, or was not, by the word in the address. */
const DONE_EN: Readonly<Record<string, string>> = {
  saved: 'Saved.',
  mailed: 'A link is on its way to that address. The address is yours once you open it.',
  ended: 'That browser is signed out.',
  'passkey-added': 'The passkey is added: it signs you in from now on.',
  'passkey-removed': 'The passkey is removed. Delete it in your device, too, or it will offer it still.',
  'passkey-over': 'That took too long, or was sent twice. Try again.',
  'passkey-refused': 'No passkey was added. Try again, perhaps with another device.',
  'passkey-unknown': 'No passkey was added. Try again, perhaps with another device.',
  'passkey-too-many': 'You have as many passkeys as there may be (20). Remove one first.',
};
const DONE_JA: Readonly<Record<string, string>> = {
  saved: '保存しました。',
  mailed: 'そのアドレスにリンクを送りました。開くと、あなたのアドレスとして登録されます。',
  ended: 'そのブラウザーをサインアウトしました。',
  'passkey-added': 'パスキーを登録しました。次からこれでサインインできます。',
  'passkey-removed': 'パスキーを削除しました。端末側でも削除しないと、候補として表示され続けます。',
  'passkey-over': '時間がかかりすぎたか、二重に送信されました。もう一度お試しください。',
  'passkey-refused': 'パスキーは登録されませんでした。別の端末などで、もう一度お試しください。',
  'passkey-unknown': 'パスキーは登録されませんでした。別の端末などで、もう一度お試しください。',
  'passkey-too-many': 'パスキーは20個までです。先にいずれかを削除してください。',
};

const EN = {
  title: 'You',
  lead: 'Who you are here, how you sign in, and where you are signed in.',
  noWayBack:
    'Nothing here signs you in again once this browser is signed out. Add a passkey, or a mail address where this network sends mail; else ask whoever runs it for a link.',
  about: 'About you',
  name: 'Name',
  language: 'Language',
  save: 'Save',
  passkeys: 'Passkeys',
  passkeysTold:
    'Each signs you in by a touch, a face or a PIN. Have two, on different devices, and losing one locks you out of nothing.',
  noPasskeys: 'No passkey yet. Add this device as the first.',
  passkeyName: 'Name of the key',
  passkeyNameTold: 'By which you know it, such as “laptop”.',
  added: 'Added',
  used: 'Last used',
  never: 'never',
  add: 'Add a passkey',
  remove: 'Remove',
  needsScript: 'Adding one needs a browser that has passkeys, and JavaScript.',
  notNow:
    'Nothing was asked of your authenticator: this page is of a session that is over, or the line is down. Load it again.',
  needsName:
    'A passkey is of a name: open this console by https, or as http://localhost on its own machine, to add one.',
  mail: 'Mail address',
  mailNone: 'None yet. With one, a link by mail signs you in.',
  mailIs: (address: string) => `Links to sign in go to ${address}.`,
  mailNew: 'New address',
  mailTold: 'A link goes there; the address is yours once you open it.',
  mailGo: 'Send the link',
  browsers: 'Signed-in browsers',
  browsersTold: 'One that you do not know? Sign it out, and remove passkeys that are not yours.',
  noBrowsers: 'None.',
  browser: 'Browser',
  unknown: 'Something else',
  here: 'this one',
  since: 'Signed in',
  seen: 'Last seen',
  end: 'Sign out',
  endAll: 'Sign out everywhere, and end links that wait',
  again:
    'You signed in more than 15 minutes ago. Adding a way to sign in, or signing out everywhere, asks you to do it once more, so that nobody who finds this browser open can.',
  againGo: 'Sign in again to do this',
  done: DONE_EN,
};

export type YouWords = WordsOf<typeof EN>;

export const YOU_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    title: 'あなた',
    lead: 'ここでの名前、サインインの方法、サインイン中のブラウザーです。',
    noWayBack:
      'このブラウザーからサインアウトすると、自分で再びサインインする方法がありません。パスキーか、メールを送れるネットワークではメールアドレスを登録してください。それ以外の場合は運営者にリンクを依頼します。',
    about: 'プロフィール',
    name: '名前',
    language: '言語',
    save: '保存',
    passkeys: 'パスキー',
    passkeysTold:
      '指紋、顔、またはPINでサインインします。別々の端末に2つ登録しておくと、1つを失っても締め出されません。',
    noPasskeys: 'まだありません。まずこの端末を登録してください。',
    passkeyName: 'パスキーの名前',
    passkeyNameTold: '「ノートパソコン」など、見分けられる名前です。',
    added: '登録',
    used: '最後の使用',
    never: '未使用',
    add: 'パスキーを登録',
    remove: '削除',
    needsScript: '登録にはパスキーに対応したブラウザーと JavaScript が必要です。',
    notNow: '登録を始められませんでした。前のセッションのページか、通信の問題です。読み込み直してください。',
    needsName:
      'パスキーは名前のあるアドレスに結び付きます。登録するには、このコンソールを https か、同じマシン上なら http://localhost で開いてください。',
    mail: 'メールアドレス',
    mailNone: 'まだありません。登録すると、メールのリンクでサインインできます。',
    mailIs: (address) => `サインイン用のリンクは ${address} に届きます。`,
    mailNew: '新しいアドレス',
    mailTold: 'リンクを送ります。開くと、あなたのアドレスとして登録されます。',
    mailGo: 'リンクを送る',
    browsers: 'サインイン中のブラウザー',
    browsersTold: '心当たりのないものはサインアウトし、自分のものでないパスキーを削除してください。',
    noBrowsers: 'ありません。',
    browser: 'ブラウザー',
    unknown: 'その他',
    here: 'このブラウザー',
    since: 'サインイン',
    seen: '最後のアクセス',
    end: 'サインアウト',
    endAll: 'すべてでサインアウトし、未使用のリンクも無効にする',
    again:
      'サインインから15分以上たっています。サインイン方法の追加と、すべてでのサインアウトには、もう一度サインインが必要です。開いたままのブラウザーを他の人に使われないためです。',
    againGo: 'もう一度サインインして続ける',
    done: DONE_JA,
  },
};
