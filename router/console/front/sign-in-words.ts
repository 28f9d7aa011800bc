// Words of the pages that sign in.
import type { Dictionaries } from '../../look/words.ts';

const EN = {
  title: 'Sign in',
  how: 'There is no password. A link signs you in once: npm start prints one, and so does whoever runs this network.',
  linkTitle: 'Sign in with this link',
  linkTold: 'It works once, in this browser.',
  go: 'Sign in',
  over: 'This link was used already, or its time is over. Ask for another one.',
};

export const SIGN_IN_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    title: 'サインイン',
    how: 'パスワードはありません。リンクで一度だけサインインします。npm start が表示し、ネットワークの運営者も発行できます。',
    linkTitle: 'このリンクでサインイン',
    linkTold: 'このブラウザーで一度だけ有効です。',
    go: 'サインイン',
    over: 'このリンクは使用済みか、期限が切れています。新しいリンクを依頼してください。',
  },
};
