// What a check of receipts finds, in Japanese: for pages.
import type { VerifyWords } from './words-en.ts';

export const JA: VerifyWords = {
  receipt: '領収書',
  fault: '不備',
  domain: 'ドメイン',
  ticket: 'チケット',
  energy: '電力量',
  acceptance: '承認書',
  chain: '領収書のつながり',
  answer: '回答',
  brokenLink: '切れたつながり',
  otherAnswer: '別の回答',
  noEvidence: '証拠になりません',
  equivocation: '二重署名',
  faults: {
    'ticket-signature': 'チケットの署名が、ファイルに書かれたルーターのものではありません',
    'receipt-signature': '領収書の署名が、チケットに書かれた家のものではありません',
    'receipt-of-other-ticket': '領収書は別のチケットのものです',
    'receipt-of-other-node': '領収書の家が、チケットの家と違います',
    'over-output-limit': '領収書の出力トークン数が、チケットの上限を超えています',
    'over-prompt-limit': '領収書のプロンプトのトークン数が、チケットの上限を超えています',
    'acceptance-signature': '承認書の署名が、ファイルに書かれたルーターのものではありません',
    'acceptance-of-other-receipt': '承認書は別の領収書のものです',
    'not-handed-over': '承認書の署名はルーターの別の鍵によるもので、その鍵に引き継いだという元の鍵の署名がありません',
    'counts-raised': '承認書のトークン数が、領収書より多くなっています',
    'amount-raised': '承認書の支払額が、領収書の請求額を超えています',
    'no-receipt': '領収書がありません。家はこのパートに署名していません',
    'not-accepted':
      'まだ承認されていません。家は署名しましたがルーターがまだなので、二つの署名のうち一つしかありません。少し待ってから、もう一度取得してください',
  },
  evidenceFaults: {
    'one-signature': '一つ目のメッセージの署名が、ファイルに書かれた署名者のものではありません',
    'other-signature': '二つ目のメッセージの署名が、ファイルに書かれた署名者のものではありません',
    'no-contradiction': '二つのメッセージは両立するため、何の証明にもなりません',
  },
  finishes: {
    stop: '最後まで生成',
    length: '長さの上限',
    cancelled: '呼び出し元による停止',
    preempted: '家の都合による中断',
    error: 'エラー',
  },
  statuses: { accepted: '承認', lowered: '減額して承認', unpaid: '支払いなし' },
  kinds: { tickets: 'チケット', receipts: '領収書', acceptances: '承認書' },
  seenBy: {
    wall: 'コンセントの電力計による',
    counter: 'カードまたはプロセッサー内蔵の計測による',
    sampled: 'カードの消費電力の標本による',
    estimated: 'カードの種類からの推定による',
    unknown: '計測なし',
  },
  faultTold: (code, sentence) => `${code}：${sentence}`,
  domainTold: (chainId, contract) => `チェーン ${chainId}、コントラクト ${contract}`,
  ticketTold: (router, most, price) =>
    `ルーター ${router}：プロンプトは最大${most.prompt}トークン、出力は最大${most.output}トークン。100万トークンあたりの単価はプロンプト${price.prompt}単位、出力${price.output}単位`,
  receiptTold: (node, number, { prompt, output, units }, finish) =>
    `家 ${node}（番号 ${number}）：プロンプト${prompt}トークン、出力${output}トークン、${units}単位。終了の理由：${finish}`,
  acceptanceTold: (router, { prompt, output, units }, status, sum) =>
    `ルーター ${router}：プロンプト${prompt}トークン、出力${output}トークン、${units}単位、${status}。ここまでの累計は領収書${sum.receipts}通で${sum.units}単位`,
  noAcceptance: 'まだありません',
  energyTold: (wh, [low, high], seenBy, tier) =>
    `${wh} Wh（${low} 〜 ${high}）。コンセントで、待機分を除いた量。${seenBy}値で、区分は${tier}`,
  energyUnknown: '不明',
  alone: (signer) => `${signer} がこのメッセージだけに署名`,
  sealed: ({ number, kind, covers, hashes }, signer) =>
    `${kind}の封印 ${number} に ${signer} が署名：封印の下に${covers === 1 ? 'あるのはこのメッセージだけ' : `メッセージ${covers}件`}、証明のハッシュは${hashes}個`,
  chainTold: (node, first, last, links) => `${node}：領収書 ${first} 〜 ${last}、確認したつながりは${links}か所`,
  gap: (missing) => `。その間の${missing}通はこれらのファイルにありません`,
  brokenHash: (node, [first, second], says, fits) =>
    `${node} の領収書のつながりが切れています：${second} は一つ前の領収書を ${says} としていますが、${first} は ${fits} です`,
  brokenTotal: (node, [first, second], says, fits) =>
    `${node} の累計が合いません：${second} では ${says} ですが、${first} に続くのは ${fits} のはずです`,
  sameAnswer: (id, events) => `${id} は、まさにこのバイト列に対するものです（イベント${events}個）`,
  notSameAnswer: (id) =>
    `${id} は、この回答に対するものではありません。別の回答か、書き換えられた回答か、ストリームで受け取っていない回答です`,
  noEvidenceTold: (sentence) => `これは証拠ではありません：${sentence}`,
  contradictions: {
    'receipt-number': (number) => `番号 ${number} の異なる2通の領収書`,
    'receipt-ticket': (ticket) => `チケット ${ticket} に対する異なる2通の領収書`,
    'acceptance-count': (count) => `通し番号 ${count} の異なる2通の承認書`,
    'acceptance-total': (count) => `通し番号 ${count} で累計が減る承認書`,
    'seal-number': (kind, number) => `${kind}の番号 ${number} の異なる二つの封印`,
    'seal-total': (kind, one, other) => `${kind}の封印 ${one} から ${other} で減る累計`,
  },
  hasSigned: (signer, contradiction) => `${signer} は、${contradiction}に署名しています`,
  keepBoth: (sentence, ids) =>
    `${sentence}。${ids.length > 0 ? `対象：${ids.join('、')}。両方のファイルを保管してください。それが証拠です。` : ''}`,
  files: {
    'not-json': (name, _said, place) =>
      `「${name}」をJSONとして読めません${place ? `（${place[0]}行目の${place[1]}文字目）` : ''}。`,
    empty: (name) => `「${name}」には検証するものがありません。`,
    'not-receipt': (name, issue) => `「${name}」は、GET /v1/receipts/{jobId} が返す領収書ではありません。${issue}。`,
    'not-evidence': (name, issue) => `「${name}」は、二重署名の証拠ではありません。${issue}。`,
  },
  given: '領収書',
  whole: '全体',
  issue: (field, _said, kind, detail) => {
    const told = {
      form: `形が違います（あるべき形：${detail}）`,
      extra: `知らない項目があります（${detail}）`,
      other: '値がないか、形が違います',
    };
    return `${field}：${told[kind]}`;
  },
};
