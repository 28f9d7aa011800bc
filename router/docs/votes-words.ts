// Words of the page of the vote. States are told in English as a terminal tells them (schema/tell-proposal.ts).
import { tellUtc } from '../../schema/describe-proposal.ts';
import { shortenId, tellCount, tellState, tellVotes, VOTE_NOTICE } from '../../schema/tell-proposal.ts';
import type { Proposal } from '../../schema/vote-reading.ts';
import type { Dictionaries } from '../look/words.ts';

const EN = {
  title: 'The vote',
  lead: 'Whoever has test tokens bonded votes on what the network takes and how it punishes. Nobody else decides it, and no vote takes what is earned.',
  notice: VOTE_NOTICE,
  proposals: 'Proposals',
  none: 'Nobody has proposed anything yet.',
  proposal: 'Proposal',
  does: 'It would do this, and nothing else:',
  said: 'In the proposer’s own words, which nobody has checked:',
  by: 'Proposed by',
  number: 'Its number:',
  state: (one: Proposal) => tellState(one),
  count: (one: Proposal) => tellCount(one),
  now: 'What counts now',
  ofEpoch: (epoch: number) =>
    `Epoch ${epoch}. A job’s fee is that of the epoch in which its ticket is signed, whenever it is paid.`,
  coming: (epoch: number, utc: string) => `Voted for, and not counting yet: from epoch ${epoch} on, ${utc}.`,
  later: (value: string) => ` (then ${value})`,
  what: 'What',
  value: 'Now',
  bounds: 'No vote leaves',
  span: (least: string, most: string) => `${least} to ${most}`,
  is: 'It is',
  how: 'How to vote',
  bond: 'Bond test tokens that you have earned. What is bonded can be lost, and only by evidence that anyone can check:',
  list: 'List what stands here:',
  cast: 'Vote; the first time it names you the one who votes with your tokens:',
  propose: (votes: bigint) => `Propose, with ${tellVotes(votes)} votes or more:`,
  waits: (wait: string, period: string, lock: string) =>
    `A proposal waits ${wait}, the vote takes ${period}, and what has won waits ${lock} before anybody may carry it out. A tenth of what is bonded must take part.`,
  governor: 'Governor',
  rules: 'rules',
  anew: 'This page reads the chain anew twice a minute.',
};

function tellStateJa({ id, state, startsAt, endsAt, readyAt }: Proposal): string {
  switch (state) {
    case 'pending':
      return `投票は${tellUtc(startsAt)}に始まり、${tellUtc(endsAt)}に終わります。開始までに預け、委任した分だけが数えられます。`;
    case 'active':
      return `投票は${tellUtc(endsAt)}まで受け付けています。`;
    case 'canceled':
      return '提案者が取り下げました。';
    case 'defeated':
      return '否決：反対が賛成を上回ったか、参加が足りませんでした。';
    case 'succeeded':
      return `可決。待機時間は誰でも始められます：irori-node vote carry ${shortenId(id)}`;
    case 'queued':
      return `可決。反対する人が離れられるよう待機中です。${tellUtc(readyAt ?? endsAt)}からは誰でも実行できます：irori-node vote carry ${shortenId(id)}`;
    case 'expired':
      return '可決されましたが、期限までに誰も実行しませんでした。';
    case 'executed':
      return '可決され、実行されました。';
  }
}

function tellCountJa({ votes, quorum }: Proposal): string {
  const must = quorum === null ? '' : `（必要な参加：${tellVotes(quorum)}）`;
  return `賛成 ${tellVotes(votes.for)}、反対 ${tellVotes(votes.against)}、棄権 ${tellVotes(votes.abstain)}${must}`;
}

export const VOTES_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    title: '投票',
    lead: 'テストトークンを預けた人が、手数料や罰則について投票します。ほかの誰も決められず、投票で収益が奪われることはありません。',
    notice:
      'テストトークンに価値はありません。売られることはなく、ネットワークはリセットされることがあります。コントラクトは監査されていません。',
    proposals: '提案',
    none: 'まだ提案はありません。',
    proposal: '提案',
    does: '実行されるのは次のことだけです：',
    said: '提案者自身の言葉（未確認）：',
    by: '提案者',
    number: '番号：',
    state: tellStateJa,
    count: tellCountJa,
    now: '現在のルール',
    ofEpoch: (epoch) =>
      `エポック${epoch}。ジョブの手数料は、支払いの時期にかかわらず、チケットが署名されたエポックのものです。`,
    coming: (epoch, utc) => `可決済みで、まだ有効でない変更：エポック${epoch}（${utc}）から。`,
    later: (value) => `（変更後：${value}）`,
    what: 'ルール',
    value: '現在',
    bounds: '投票で動かせる範囲',
    span: (least, most) => `${least}〜${most}`,
    is: '内容',
    how: '投票のしかた',
    bond: '得たテストトークンを預けます。失うのは、誰でも確認できる証拠があるときだけです：',
    list: '提案の一覧を表示します：',
    cast: '投票します。初回は、自分のトークンの投票者として自分を指名します：',
    propose: (votes) => `${tellVotes(votes)} 票以上あれば提案できます：`,
    waits: (wait, period, lock) =>
      `提案は${wait}待ち、投票は${period}続き、可決されたものは${lock}待ってから誰でも実行できます。預けられた分の10分の1の参加が必要です。`,
    governor: 'ガバナー',
    rules: 'ルール',
    anew: 'このページは1分に2回、チェーンを読み直します。',
  },
};
export type VotesWords = (typeof VOTES_WORDS)['en'];
