// What the books note beside a move of an account's credit, and how a page in Japanese tells it. In the books and on the wire a note is its English sentence:
// what is made and what is read of it stand here together. What people wrote themselves stays as it is. Pure.

/** The notes that the network writes. */
export const MEMOS = {
  burned: (tx: string) => `burned tokens on the chain (${tx})`,
  unspent: 'sponsored credit that was not spent',
  notTaken: 'the account that it was for could not take it',
  earningsOf: (nodeId: string) => `earnings of ${nodeId}`,
  /** `expiresAt`: ms since epoch. `sponsor`: who gave it, where an account did. */
  ended: (expiresAt: number, sponsor: string | undefined) =>
    `ended ${new Date(expiresAt).toISOString()}: back to ${sponsor ?? 'grants'}`,
  checkout: (id: string, what?: string) => (what === undefined ? `checkout ${id}` : `checkout ${id} ${what}`),
} as const;

const CHECKOUT_JA: Readonly<Record<string, string>> = {
  refunded: 'の返金',
  disputed: 'への異議申し立て',
  'dispute won': 'への異議申し立ての却下',
};

const SHAPES_JA: readonly (readonly [RegExp, (...parts: readonly string[]) => string | null])[] = [
  [/^burned tokens on the chain \((\w+)\)$/, (tx) => `チェーンで焼却したトークン（${tx}）`],
  [/^sponsored credit that was not spent$/, () => '使われなかった提供クレジット'],
  [/^the account that it was for could not take it$/, () => '宛先のアカウントが受け取れませんでした'],
  [/^earnings of (\w+)$/, (nodeId) => `${nodeId} の収益`],
  [
    /^ended (\d{4}-\d\d-\d\d)T\S+: back to (\w+)$/,
    (day, to) => `${day}に期限切れ：${to === 'grants' ? '付与の原資' : `${to} `}に戻りました`,
  ],
  [/^checkout (\w+)$/, (id) => `支払い ${id}`],
  [
    /^checkout (\w+) ([a-z ]+)$/,
    (id, what = '') => (Object.hasOwn(CHECKOUT_JA, what) ? `支払い ${id} ${CHECKOUT_JA[what]}` : null),
  ],
];

/** One that nobody here writes is told as it is. */
export function tellMemo(memo: string, locale: 'en' | 'ja'): string {
  if (locale === 'en') return memo;
  for (const [shape, tell] of SHAPES_JA) {
    const found = shape.exec(memo);
    if (found) return tell(...found.slice(1)) ?? memo;
  }
  return memo;
}
