// Words of the pages that sign in.
import type { WordsOf } from '../../../schema/words-of.ts';
import type { Dictionaries } from '../../look/words.ts';

/** What went wrong with a passkey, by the word in the address. */
const FAULTS_EN: Readonly<Record<string, string>> = {
  over: 'That took too long, or was sent twice. Try again.',
  unknown:
    'This passkey is nobody’s here: it was removed, or is of another network. Sign in by a link, and add it anew.',
  refused: 'That passkey was not taken. Try again, or sign in by a link.',
};
const FAULTS_JA: Readonly<Record<string, string>> = {
  over: '時間がかかりすぎたか、二重に送信されました。もう一度お試しください。',
  unknown:
    'このパスキーはここでは登録されていません。削除されたか、別のネットワークのものです。リンクでサインインして登録し直してください。',
  refused: 'パスキーが受け付けられませんでした。もう一度試すか、リンクでサインインしてください。',
};

const EN = {
  title: 'Sign in',
  how: 'There is no password here. Each of these ways signs this browser in for a month.',
  byPasskey: 'With a passkey',
  byPasskeyTold:
    'A key that this device, your phone or a security key keeps. You add one on your own page once you are signed in.',
  passkeyGo: 'Sign in with a passkey',
  passkeyNone: 'Passkeys need a browser that has them, and JavaScript. The other ways need neither.',
  needsName:
    'Passkeys are of a name: open this console by https, or as http://localhost on its own machine, to sign in with one.',
  notNow:
    'Nothing was asked of your passkey: this page is too old, too many asked from here within the hour, or the line is down. Load the page again in a while.',
  byMail: 'With a link by mail',
  email: 'Mail address',
  byMailTold: 'If it is somebody’s here, a link comes that works once within 15 minutes.',
  mailGo: 'Send me a link',
  again:
    'You signed in more than 15 minutes ago. Do it once more to change how you sign in, or to sign out everywhere: so nobody who finds this browser open can. You are led back.',
  sent: 'If that address is somebody’s here, a link is on its way. Nothing came after some minutes? Look at the address, and ask again.',
  byLink: 'With a link that you have',
  byLinkTold:
    'Open it in this browser; it works once. npm start prints one, whoever runs this network makes one, and an owner of an account invites you by one. With an API key that has the scope members: POST /v1/members, then POST /v1/members/{id}/invitations.',
  fresh: 'An account of your own',
  freshLink: 'Make an account',
  freshTold:
    'It comes without credit: buy some, be given some, or earn it with a machine. You are signed in at once; add a passkey then, so that you come in again.',
  yourName: 'Your name',
  account: 'Name of the account',
  accountTold: 'Yours, or that of your group or firm. Those who share it see it.',
  freshGo: 'Make the account',
  linkTitle: 'Sign in with this link',
  linkTold: (name: string) => `This browser is signed in as ${name}. The link works once.`,
  instead: (name: string) => `You are signed in as ${name}, which ends here.`,
  proofTitle: 'Make this mail address yours',
  proofTold: (email: string) => `Links to sign in go to ${email} from now on, and to no address before it.`,
  proofGo: 'It is mine',
  joinTitle: 'An invitation',
  joinTold: (account: string, name: string) =>
    `Into the account ${account}. You join as who you are here, ${name}, and are shown that account at once; you change back at the top of each page.`,
  joinNew: (account: string, name: string) =>
    `Into the account ${account}, as ${name}. Are you somebody here already? Sign in first, and open the link again.`,
  joinGo: 'Join',
  go: 'Sign in',
  over: 'This link was used already, or its time is over. Ask for another one.',
  otherBrowser: 'This link makes a mail address yours: open it in the browser in which you asked for it, signed in.',
  another: 'Other ways to sign in',
  faults: FAULTS_EN,
};

export type SignInWords = WordsOf<typeof EN>;

export const SIGN_IN_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    title: 'サインイン',
    how: 'パスワードはありません。次のいずれかの方法で、このブラウザーに1か月間サインインします。',
    byPasskey: 'パスキーで',
    byPasskeyTold:
      'この端末、スマートフォン、またはセキュリティキーに保存される鍵です。サインイン後に自分のページで登録できます。',
    passkeyGo: 'パスキーでサインイン',
    passkeyNone: 'パスキーには対応ブラウザーと JavaScript が必要です。ほかの方法にはどちらも不要です。',
    needsName:
      'パスキーは名前のあるアドレスに結び付きます。パスキーでサインインするには、このコンソールを https か、同じマシン上なら http://localhost で開いてください。',
    notNow:
      'パスキーの確認を始められませんでした。ページが古いか、この1時間の回数の上限か、通信の問題です。しばらくしてから読み込み直してください。',
    byMail: 'メールのリンクで',
    email: 'メールアドレス',
    byMailTold: '登録されているアドレスなら、15分以内に一度だけ使えるリンクが届きます。',
    mailGo: 'リンクを送る',
    again:
      'サインインから15分以上たっています。サインイン方法の変更やすべてでのサインアウトの前に、もう一度サインインしてください。開いたままのブラウザーを他の人に使われないためです。終わると元のページに戻ります。',
    sent: 'そのアドレスが登録されていれば、リンクをお送りしました。数分待っても届かない場合は、アドレスを確かめてもう一度お試しください。',
    byLink: '受け取ったリンクで',
    byLinkTold:
      'このブラウザーで開いてください。一度だけ有効です。npm start が表示し、ネットワークの運営者が発行でき、アカウントのオーナーからの招待としても届きます。members スコープを持つAPIキーがあれば、POST /v1/members のあと POST /v1/members/{id}/invitations で自分で作れます。',
    fresh: '自分のアカウント',
    freshLink: 'アカウントを作る',
    freshTold:
      'クレジットは付きません。購入するか、受け取るか、マシンを提供して得られます。すぐにサインインした状態になります。次回のためにパスキーを登録してください。',
    yourName: 'お名前',
    account: 'アカウント名',
    accountTold: 'ご自身、またはグループや会社の名前です。共有するメンバーに表示されます。',
    freshGo: 'アカウントを作る',
    linkTitle: 'このリンクでサインイン',
    linkTold: (name) => `このブラウザーで${name}としてサインインします。リンクは一度だけ有効です。`,
    instead: (name) => `いまは${name}としてサインインしています。続けると、そのサインインは終わります。`,
    proofTitle: 'メールアドレスの登録',
    proofTold: (email) => `今後、サインイン用のリンクは ${email} だけに届きます。以前のアドレスには届きません。`,
    proofGo: '自分のアドレスとして登録する',
    joinTitle: 'アカウントへの招待',
    joinTold: (account, name) =>
      `アカウント「${account}」への招待です。いまのあなた（${name}）として参加し、すぐにこのアカウントの表示に切り替わります。表示は各ページの上部で元に戻せます。`,
    joinNew: (account, name) =>
      `アカウント「${account}」に${name}として参加します。すでにここを使っている場合は、先にサインインしてからリンクを開き直してください。`,
    joinGo: '参加する',
    go: 'サインイン',
    over: 'このリンクは使用済みか、期限が切れています。新しいリンクを依頼してください。',
    otherBrowser:
      'このリンクはメールアドレスを登録するためのものです。依頼したブラウザーで、サインインした状態で開いてください。',
    another: 'ほかのサインイン方法',
    faults: FAULTS_JA,
  },
};
