// What the page of /link says, in the languages that it speaks.

export const LINK_LANGUAGES = ['en', 'ja'] as const;
export type LinkLanguage = (typeof LINK_LANGUAGES)[number];

const EN = {
  title: 'Link a machine',
  intro: 'A machine wants to work for the network under your account. It shows a code of eight letters.',
  code: 'Code on the machine’s screen',
  key: 'API key of your account (scope nodes)',
  keyHint: 'It is sent to this router alone, and kept nowhere.',
  look: 'Show the machine',
  machine: 'Machine',
  platform: 'System',
  card: 'Graphics card',
  models: 'Models that it offers',
  none: 'none yet',
  unknown: 'unknown',
  account: 'Joins the account',
  name: 'Name it',
  ask: 'Is this your machine? Say yes only if you began this yourself, just now.',
  approve: 'Yes, link it',
  deny: 'No, refuse',
  approved: 'Linked. The machine goes on by itself: you may close this page.',
  denied: 'Refused. The machine gets nothing.',
  expired: 'This code is over. Begin anew at the machine.',
  working: 'One moment …',
  code404: 'No machine shows this code. Compare it with the machine’s screen: it is good for ten minutes.',
  key401: 'This API key is not known. Copy it again.',
  scope403: 'This API key may not link machines: it needs the scope nodes. Use another one.',
  twice409: 'This machine was decided about already.',
  many429: 'Too many tries. Wait a while.',
  broken: 'The router did not answer. Try again.',
};
export type LinkWords = typeof EN;

const JA: LinkWords = {
  title: 'マシンを登録する',
  intro: 'あなたのアカウントで働きたいマシンがあります。画面に 8 文字のコードが出ています。',
  code: 'マシンの画面に出ているコード',
  key: 'あなたのアカウントの API キー(スコープ nodes)',
  keyHint: 'このルーターにだけ送られ、どこにも保存されません。',
  look: 'マシンを見る',
  machine: 'マシン',
  platform: 'システム',
  card: 'グラフィックカード',
  models: '提供するモデル',
  none: 'まだありません',
  unknown: '不明',
  account: '登録先のアカウント',
  name: '名前を付ける',
  ask: 'これはあなたのマシンですか。たった今ご自分で始めたときだけ「はい」を選んでください。',
  approve: 'はい、登録する',
  deny: 'いいえ、断る',
  approved: '登録しました。あとはマシンが続けます。このページは閉じてかまいません。',
  denied: '断りました。マシンには何も渡りません。',
  expired: 'このコードは期限切れです。マシンで最初からやり直してください。',
  working: 'お待ちください …',
  code404: 'このコードを出しているマシンはありません。画面と見比べてください。有効なのは 10 分間です。',
  key401: 'この API キーは使えません。もう一度コピーしてください。',
  scope403: 'この API キーではマシンを登録できません。スコープ nodes のあるキーを使ってください。',
  twice409: 'このマシンについてはもう決まっています。',
  many429: '回数が多すぎます。しばらく待ってください。',
  broken: 'ルーターから返事がありません。もう一度お試しください。',
};

export const LINK_WORDS: Readonly<Record<LinkLanguage, LinkWords>> = { en: EN, ja: JA };
