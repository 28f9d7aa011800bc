// Words of the page of members.
import type { Dictionaries } from '../../look/words.ts';

const EN = {
  title: 'Members',
  lead: 'People who share this account: its credit, its keys, its machines. What each may do follows the role.',
  table: 'Members of the account',
  name: 'Name',
  role: 'Role',
  since: 'Since',
  roles: {
    owner: 'Owner: everything',
    member: 'Member: calls, usage, keys of its own',
    viewer: 'Viewer: usage only',
  } as Readonly<Record<string, string>>,
  short: { owner: 'Owner', member: 'Member', viewer: 'Viewer' } as Readonly<Record<string, string>>,
  add: 'Add a member',
  addTold: 'You get a link for them: it is good for seven days, and for whoever opens it first.',
  addMailed:
    'Their invitation is mailed to the address that you write here; without one you get a link for them. It is good for seven days, and for whoever opens it first.',
  emailOr: 'Mail address, or nothing',
  addDo: 'Add, and invite',
  mailed: (name: string, address: string) =>
    `${name} is a member. The invitation is on its way to ${address}. Nothing comes? Make a new link in the table, and hand it over.`,
  invited: (name: string) => `${name} is a member. Hand this link over; it is shown this once:`,
  copy: 'Copy',
  again: 'A new link',
  change: 'Change role',
  save: 'Save',
  remove: 'Remove',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeTold:
    'Their keys are revoked at once, and the account is shown to them no more. Answers that run come to their end.',
  removed: 'The member is removed, and the keys are revoked.',
  changed: 'The role is changed.',
  before: 'That member was added already: nobody was added twice. Make a new link in the table, and hand it over.',
  none: 'Nobody yet: keys are the account’s own.',
  back: 'Back to the members',
  notOpened: 'has not signed in yet',
};

export const MEMBER_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    title: 'メンバー',
    lead: 'このアカウントのクレジット、キー、マシンを共有する人たちです。できることは役割で決まります。',
    table: 'アカウントのメンバー',
    name: '名前',
    role: '役割',
    since: '参加',
    roles: {
      owner: 'オーナー：すべて',
      member: 'メンバー：呼び出し、利用状況、自分のキー',
      viewer: '閲覧者：利用状況のみ',
    },
    short: { owner: 'オーナー', member: 'メンバー', viewer: '閲覧者' },
    add: 'メンバーを追加',
    addTold: '招待リンクが作られます。7日間有効で、最初に開いた人が使えます。',
    addMailed:
      'ここに書いたアドレスに招待メールを送ります。空欄なら招待リンクが作られます。7日間有効で、最初に開いた人が使えます。',
    emailOr: 'メールアドレス（任意）',
    addDo: '追加して招待する',
    mailed: (name, address) =>
      `${name} をメンバーにしました。招待を ${address} に送っています。届かない場合は、表の「新しいリンク」で作り直して渡してください。`,
    invited: (name) => `${name} をメンバーにしました。このリンクを渡してください。表示は一度だけです：`,
    copy: 'コピー',
    again: '新しいリンク',
    change: '役割を変更',
    save: '保存',
    remove: '削除',
    removeTitle: (name) => `${name} を削除しますか？`,
    removeTold: 'キーはただちに失効し、アカウントは表示されなくなります。実行中の回答は最後まで届きます。',
    removed: 'メンバーを削除し、キーを失効させました。',
    changed: '役割を変更しました。',
    before: 'このメンバーはすでに追加済みです。二重には追加されていません。表で新しいリンクを作って渡してください。',
    none: 'まだメンバーはいません。キーはアカウント自身のものです。',
    back: 'メンバーの一覧へ',
    notOpened: '未サインイン',
  },
};
export type MemberWords = typeof EN;
