// Words of the page of earnings.
import type { KeptReason } from '../../../schema/epoch-file.ts';
import { formatCount } from '../../look/format-number.ts';
import type { Dictionaries, Locale } from '../../look/words.ts';
import type { ClaimWait } from '../../routes/tell-chain-earnings.ts';

const EN = {
  title: 'Earnings',
  sub: 'What your machines earned, in credits (1 credit = 1,000,000 micro-credits), and what became of it. Times are UTC.',
  none: 'No machine yet, so nothing is earned.',
  away: 'This cannot be told now. Load the page again in a moment.',
  machine: 'Machine',
  earned: 'Earned in all',
  pending: 'Pending',
  pendingNote: 'in an epoch that is not closed yet',
  held: 'Held back',
  heldNote: 'the reason stands below',
  payable: 'Payable',
  payableNote: 'in a published epoch',
  credited: 'As credit',
  claimable: 'Claimable now',
  claimableNote: 'in a final epoch on the chain; claim with irori-node claim',
  claimed: 'Claimed',
  claimedNote: 'test tokens, no value',
  until: 'Pending until',
  byMachine: 'By machine',
  why: 'Why something is held back',
  reason: 'Reason',
  amount: 'Credits',
  whenGone: 'Until',
  nextEpoch: 'an epoch in which both agree; the earliest closes',
  withheld: 'The network holds it back, by a decision about this machine.',
  untilDecided: 'that decision ends',
  nothingHeld: 'Nothing is held back.',
  claims: 'Claims',
  noClaims: 'Nothing was claimed yet.',
  at: 'When',
  tokens: 'Tokens (test, no value)',
  transaction: 'Transaction',
  gas: 'Gas, wei',
  paidBy: 'Gas paid by',
  became: 'Became',
  nextGas: 'Gas of the next claim',
  waits: 'What to wait for',
  csv: 'For taxes and books',
  csvTold: 'Tables that spreadsheets read, of all machines of this account.',
  csvClaim: 'All that moved, a year (CSV)',
  csvDay: 'By day, 92 days (CSV)',
  csvMachine: 'By machine, now (CSV)',
  next: 'More machines',
};
export const MONEY_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    title: '収益',
    sub: 'マシンが得た収益（クレジット。1クレジット＝1,000,000マイクロクレジット）と、その行き先です。時刻はUTCです。',
    none: 'まだマシンがないため、収益はありません。',
    away: 'いまは表示できません。少し待ってから読み込み直してください。',
    machine: 'マシン',
    earned: '総収益',
    pending: '確定待ち',
    pendingNote: '締め切り前のエポックの分です',
    held: '保留',
    heldNote: '理由は下に示します',
    payable: '支払い可能',
    payableNote: '公開済みのエポックの分です',
    credited: '交換済み',
    claimable: '受け取り可能',
    claimableNote: 'チェーン上で確定した分です。irori-node claim で受け取れます',
    claimed: '受け取り済み',
    claimedNote: 'テストトークン（価値なし）',
    until: '確定予定',
    byMachine: 'マシンごと',
    why: '保留の理由',
    reason: '理由',
    amount: 'クレジット',
    whenGone: '期限',
    nextEpoch: '双方が一致するエポックまで。最短の締め切り：',
    withheld: 'このマシンについての決定により、ネットワークが保留しています。',
    untilDecided: '決定が終わるまで',
    nothingHeld: '保留はありません。',
    claims: '受け取りの履歴',
    noClaims: 'まだ受け取りはありません。',
    at: '日時',
    tokens: 'トークン（テスト、価値なし）',
    transaction: 'トランザクション',
    gas: 'ガス代（wei）',
    paidBy: 'ガス代の負担者',
    became: '受け取り',
    nextGas: '次の受け取りのガス代',
    waits: '待つもの',
    csv: '税務・帳簿用',
    csvTold: 'このアカウントの全マシンについて、表計算ソフトで読める表です。',
    csvClaim: '1年間のすべての動き（CSV）',
    csvDay: '日ごと、92日間（CSV）',
    csvMachine: 'マシンごと、現在（CSV）',
    next: '続きを表示',
  },
};
export type MoneyWords = (typeof MONEY_WORDS)['en'];

export const KEPT_WORDS: Dictionaries<Record<KeptReason, string>> = {
  en: {
    'book-has-less': 'The book has less of this machine than its account accepted.',
    'book-has-more': 'The book has more of this machine than its account accepted.',
    'account-fell': 'The account of this machine has less than in an earlier epoch: the earlier value stands.',
    'account-away': 'The account of this machine could not be asked when the epoch was closed.',
  },
  ja: {
    'book-has-less': '帳簿の金額が、マシンの口座が受け入れた金額より少なくなっています。',
    'book-has-more': '帳簿の金額が、マシンの口座が受け入れた金額より多くなっています。',
    'account-fell': 'マシンの口座の金額が以前のエポックより減ったため、以前の値を使っています。',
    'account-away': 'エポックを締めるとき、マシンの口座に問い合わせできませんでした。',
  },
};

type WaitWords = Readonly<Record<Exclude<ClaimWait['why'], 'later-root'>, string>> & {
  readonly 'later-root': (epoch: string) => string;
};
const WAITS: Readonly<Record<Locale, WaitWords>> = {
  en: {
    'chain-away': 'The router reaches the chain again.',
    'no-final': 'The root of an epoch is final: none is yet.',
    'later-root': (epoch) => `A root after that of epoch ${epoch} is final: what is payable is in no final one.`,
    'no-wallet': 'This home names a wallet: nothing is paid to nobody.',
    little: 'A whole token is to be claimed, or longer: a little costs as much gas as a lot.',
  },
  ja: {
    'chain-away': 'ルーターが再びチェーンに接続するまで。',
    'no-final': 'エポックのルートが確定するまで。確定したものはまだありません。',
    'later-root': (epoch) => `エポック${epoch}より後のルートが確定するまで。支払い可能な分は、まだ確定していません。`,
    'no-wallet': 'この家にウォレットが設定されるまで。宛先がなければ支払われません。',
    little: '1トークンたまるまで待つことをお勧めします。少額でもガス代は同じです。',
  },
};

/** Until when to wait with a claim. */
export function tellWait(wait: ClaimWait, locale: Locale): string {
  return wait.why === 'later-root'
    ? WAITS[locale]['later-root'](formatCount(wait.epoch, locale))
    : WAITS[locale][wait.why];
}

/** Who paid gas, and what a claim became, by the API's words for them. */
export const CLAIM_WORDS: Readonly<Record<Locale, Readonly<Record<string, string>>>> = {
  en: { another: 'somebody else' },
  ja: {
    'the router': 'ルーター',
    'the wallet': 'ウォレット',
    another: '第三者',
    'API credit': 'APIクレジット',
    tokens: 'トークン',
  },
};
