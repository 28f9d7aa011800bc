// Why a home cools down, in the languages of pages. Its hub says it in English, to whoever asks; pages find the other language by that. Pure.

export const COOLING_WORDS = {
  'no-head': 'it did not answer when a job was given to it',
  unusable: 'the router could not use what it says of itself; update the agent, or share fewer models',
  refused: 'it refused most of the jobs that it was given, while other homes answered such',
  preempted: 'most of the jobs that it was given were taken back before they ended',
  slow: 'most callers waited for its first word as long as they could, and it did not come',
  broken: 'most of its answers broke off in the middle',
  lost: 'its connection broke off in the middle of a job',
  fault: 'its model server failed on different prompts of different callers',
  unreachable: 'its model server was away',
  'first-token-timeout': 'the first word of an answer did not come in time',
  'token-timeout': 'it fell silent in the middle of an answer',
  protocol: 'it sent what is not an answer',
} as const;
type CoolingReason = keyof typeof COOLING_WORDS;

const JA: Readonly<Record<CoolingReason, string>> = {
  'no-head': 'ジョブを渡されても応答しませんでした。',
  unusable: '申告された内容をルーターが扱えませんでした。エージェントを更新するか、貸し出すモデルを減らしてください。',
  refused: '渡されたジョブのほとんどを断りました。ほかの家は同じようなジョブに応答しています。',
  preempted: '渡されたジョブのほとんどが、終わる前に取り下げられました。',
  slow: 'ほとんどの呼び出し元が、最初の言葉を待ちきれませんでした。',
  broken: '回答のほとんどが途中で切れました。',
  lost: 'ジョブの途中で接続が切れました。',
  fault: 'モデルサーバーが、異なる呼び出し元の異なる入力で失敗しました。',
  unreachable: 'モデルサーバーに接続できませんでした。',
  'first-token-timeout': '時間内に回答が始まりませんでした。',
  'token-timeout': '回答の途中で反応がなくなりました。',
  protocol: '回答として読めないものを送りました。',
};

/** One that only another version says is told as it is. */
export function tellCooling(reason: string, locale: 'en' | 'ja'): string {
  const known = (Object.keys(COOLING_WORDS) as CoolingReason[]).find((one) => COOLING_WORDS[one] === reason);
  return locale === 'ja' && known !== undefined ? JA[known] : reason;
}
