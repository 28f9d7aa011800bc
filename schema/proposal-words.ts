// What rules of the vote are and what a proposal would do, in the languages of pages: each sentence in English is what a terminal says as well. Pure.
import type { RuleValues } from './rules-abi.ts';

/** What a value is, in words of anybody's. */
export type RuleWords = Readonly<Record<keyof RuleValues, { readonly name: string; readonly told: string }>>;

export const RULE_WORDS: RuleWords = {
  feeBps: { name: 'The network’s fee', told: 'of what callers pay; the home gets the rest' },
  slashBps: { name: 'What a proven fault costs', told: 'of the bond behind the key that signed it' },
  reporterBps: {
    name: 'The reporter’s share',
    told: 'of what a fault costs, to whoever proved it; the rest is burned',
  },
  bonusBps: {
    name: 'The newcomers’ bonus',
    told: 'of the fees that bought credit really paid on a home’s own jobs, up to a token a home',
  },
  unbondSeconds: { name: 'Unbonding', told: 'until tokens that are taken out of a bond can be withdrawn' },
  windowSeconds: { name: 'The window', told: 'in which a posted epoch can be challenged before it pays' },
  capUnits: { name: 'The cap', told: 'tokens that one epoch may pay at most' },
  rootBondUnits: { name: 'The root key’s bond', told: 'tokens that must be bonded before its roots are taken' },
};

const RULE_WORDS_JA: RuleWords = {
  feeBps: { name: 'ネットワークの手数料', told: '呼び出し元が支払う額に対する割合。残りは家のものになります' },
  slashBps: { name: '違反が証明されたときの没収', told: '署名した鍵の預け入れに対する割合' },
  reporterBps: { name: '報告者の取り分', told: '没収額のうち、証明した人が受け取る割合。残りは焼却されます' },
  bonusBps: {
    name: '新しい家へのボーナス',
    told: 'その家のジョブに購入クレジットで実際に支払われた手数料に対する割合。1軒につき1トークンまで',
  },
  unbondSeconds: { name: '引き出しまでの待機', told: '預け入れを解いてから、トークンを引き出せるまでの時間' },
  windowSeconds: { name: '異議申し立て期間', told: '送信されたエポックに、支払いの前に異議を申し立てられる時間' },
  capUnits: { name: '支払いの上限', told: '1エポックで支払えるトークンの上限' },
  rootBondUnits: { name: 'ルート鍵の預け入れ', told: 'ルートが受け付けられるために預けておくトークン' },
};

interface Change {
  readonly rule: { readonly name: string; readonly told: string };
  readonly before: string;
  readonly after: string;
  readonly when: string;
  readonly isOut: boolean;
}

const EN = {
  rules: RULE_WORDS,
  testTokens: (amount: string) => `${amount} test tokens`,
  days: (count: number) => `${count} d`,
  hours: (count: number) => `${count} h`,
  minutes: (count: number) => `${count} min`,
  seconds: (count: number) => `${count} s`,
  from: (epoch: number, utc: string) => `from epoch ${epoch} on (${utc})`,
  guardian: (key: string) =>
    `Names ${key} the guardian, who may stop posting and claims once, for two weeks at most. It takes nothing from anybody.`,
  rootKey: (key: string) =>
    `Names ${key} the root key: from then on it alone signs what epochs pay, up to the cap for each. Read twice whose key that is.`,
  noRouterKey: (key: string) => `Takes back the router key ${key}: nothing counts any more that it signed.`,
  /** `to`: null for no end. */
  routerKey: (key: string, from: number, to: number | null) =>
    `Names ${key} a router key for epochs from ${from} ${to === null ? 'without an end' : `to epoch ${to}`}: what it accepts then counts in challenges. It pays nobody by itself.`,
  resume: 'Ends the guardian’s pause at once.',
  voidPending:
    'Makes the epoch that is posted and not yet final void. Nobody loses what they earned: the next one holds it too.',
  replaces: (when: string) => `Carried out before then, it replaces what is to count ${when}.`,
  nothing: (when: string) => `Sets the values that count by then, ${when}: nothing changes.`,
  change: ({ rule, before, after, when, isOut }: Change) =>
    `${rule.name} goes from ${before} to ${after} ${when}: ${rule.told}.${isOut ? ' That is out of the bounds in the code: it cannot be carried out.' : ''}`,
  all: (when: string, values: readonly string[]) => `Set all values ${when}. ${values.join('; ')}.`,
  value: (name: string, value: string) => `${name}: ${value}`,
  unknown: (selector: string, target: string, wei: bigint) =>
    `CALLS ${selector} of ${target}${wei === 0n ? '' : `, sending ${wei} wei of coins,`} which is none of what votes are for here. Do not vote for what you cannot read.`,
};
export type ProposalWords = typeof EN;

const JA: ProposalWords = {
  rules: RULE_WORDS_JA,
  testTokens: (amount) => `${amount} テストトークン`,
  days: (count) => `${count}日`,
  hours: (count) => `${count}時間`,
  minutes: (count) => `${count}分`,
  seconds: (count) => `${count}秒`,
  from: (epoch, utc) => `エポック${epoch}（${utc}）から`,
  guardian: (key) =>
    `${key} をガーディアンに指名します。ルートの送信と受け取りを、一度だけ、最長2週間止められます。誰からも何も奪いません。`,
  rootKey: (key) =>
    `${key} をルート鍵に指名します。以後、エポックの支払いには（それぞれ上限まで）この鍵だけが署名します。誰の鍵かをよく確かめてください。`,
  noRouterKey: (key) => `ルーター鍵 ${key} を取り消します。この鍵の署名はすべて無効になります。`,
  routerKey: (key, from, to) =>
    `${key} を、エポック${from}から${to === null ? '無期限で' : `エポック${to}まで`}ルーター鍵に指名します。この鍵による承認が異議申し立てで有効になります。これだけで誰かに支払われることはありません。`,
  resume: 'ガーディアンによる停止をただちに終わらせます。',
  voidPending: '送信済みで未確定のエポックを無効にします。収益は失われません。次のエポックに含まれます。',
  replaces: (when) => `それより前に実行されると、${when}有効になる予定の値を置き換えます。`,
  nothing: (when) => `${when}、その時点で有効な値と同じ値を定めます。何も変わりません。`,
  change: ({ rule, before, after, when, isOut }) =>
    `${rule.name}を${when}${before}から${after}に変更します（${rule.told}）。${isOut ? 'コードの定める範囲を外れているため、実行できません。' : ''}`,
  all: (when, values) => `${when}のすべての値を定めました。${values.join('、')}。`,
  value: (name, value) => `${name}：${value}`,
  unknown: (selector, target, wei) =>
    `警告：${target} の ${selector} を呼び出します${wei === 0n ? '' : `（${wei} wei を送ります）`}。ここでの投票の対象ではありません。読めないものに賛成しないでください。`,
};

export const PROPOSAL_WORDS: Readonly<Record<'en' | 'ja', ProposalWords>> = { en: EN, ja: JA };
