// Why a home had no job, by the codes that its hub counts minutes with, in the languages of pages. A pause is told by the words of its reason. Pure.
import type { PassedOver } from './placement.ts';
import { STATES_JA } from './state-words-ja.ts';
import { STATE_WORDS } from './state-words.ts';
import type { StateWord } from './state-words.ts';

type PlainCode =
  'job' | 'offline' | 'unseen' | 'cooling' | 'quiet' | 'quiet:own-only' | 'quiet:no-model' | `passed:${PassedOver}`;

interface WhyText {
  readonly told: string;
  /** One thing to do next; null where there is nothing to do. */
  readonly action: string | null;
}

const EN: Readonly<Record<PlainCode, WhyText>> = {
  job: { told: 'It worked.', action: null },
  offline: {
    told: 'Not connected: the machine was off or asleep, the agent was stopped, or the internet was away.',
    action: 'Start the agent at log-in: irori-node service install.',
  },
  unseen: {
    told: 'Not known: the router stopped or started anew, and did not see how this machine stood.',
    action: null,
  },
  cooling: {
    told: 'Cooling down after jobs that failed here.',
    action: 'Look at the model server; irori-node doctor tells what is wrong.',
  },
  quiet: { told: 'Ready, and no call for its models came.', action: 'Share a model that callers ask for.' },
  'quiet:own-only': {
    told: 'Only calls of your own account could come: its models are not in the catalogue.',
    action: 'Share a model of the catalogue.',
  },
  'quiet:no-model': {
    told: 'Connected, but it offered no model.',
    action: 'Start the model server, or share one of its models.',
  },
  'passed:farther': { told: 'Calls went to a home closer to the caller.', action: null },
  'passed:slower': {
    told: 'Calls went to a home that was expected to answer sooner.',
    action: 'A smaller model or more slots may help.',
  },
  'passed:promise': {
    told: 'At its speed it would have missed the promised first token or speed.',
    action: 'A smaller model may help.',
  },
  'passed:earned-more': { told: 'Calls went to a home nearby that had earned less.', action: null },
  'passed:full': {
    told: 'Every slot was taken when calls came.',
    action: 'Add slots if the card has room.',
  },
  'passed:cold': { told: 'The model was not in memory when calls came.', action: 'Keep the model loaded.' },
  'passed:cooling': { told: 'Calls came while it cooled down after failures.', action: 'Run irori-node doctor.' },
  'passed:wish': { told: 'Callers wished for something that this home is not.', action: null },
  'passed:price': {
    told: 'Callers wanted a lower price.',
    action: 'Ask for less: irori-node up --price 0.9.',
  },
  'passed:dirtier': { told: 'Callers wanted the least CO2e, and another home gave off less.', action: null },
  'passed:context': {
    told: 'Calls were longer than the model can read here.',
    action: 'Give the model a longer context.',
  },
  'passed:excluded': { told: 'Callers, or an earlier attempt of the same job, left this home out.', action: null },
  'passed:own-first': { told: 'The caller’s own home came first.', action: null },
};

const JA: Readonly<Record<PlainCode, WhyText>> = {
  job: { told: 'ジョブを処理しました。', action: null },
  offline: {
    told: '未接続でした。マシンの電源オフやスリープ、エージェントの停止、または回線の不通です。',
    action: 'ログイン時に起動するには irori-node service install を実行してください。',
  },
  unseen: {
    told: '不明です。ルーターの停止や再起動のため、その間のマシンの状態は記録されていません。',
    action: null,
  },
  cooling: {
    told: 'ジョブの失敗が続いたため、休止していました。',
    action: 'モデルサーバーを確認してください。irori-node doctor で原因を調べられます。',
  },
  quiet: {
    told: '待機していましたが、このモデルへの呼び出しはありませんでした。',
    action: '需要のあるモデルの貸し出しを検討してください。',
  },
  'quiet:own-only': {
    told: 'モデルがカタログにないため、自分のアカウントの呼び出ししか届きませんでした。',
    action: 'カタログにあるモデルを貸し出してください。',
  },
  'quiet:no-model': {
    told: '接続していましたが、提供できるモデルがありませんでした。',
    action: 'モデルサーバーを起動するか、モデルを貸し出してください。',
  },
  'passed:farther': { told: '呼び出しは、呼び出し元により近い家に渡りました。', action: null },
  'passed:slower': {
    told: '呼び出しは、より早く答えられる家に渡りました。',
    action: 'より小さいモデルか、枠の追加を検討してください。',
  },
  'passed:promise': {
    told: 'この家の速度では、約束された応答時間や速度を満たせない見込みでした。',
    action: 'より小さいモデルを検討してください。',
  },
  'passed:earned-more': { told: '呼び出しは、収益の少ない近くの家に先に渡りました。', action: null },
  'passed:full': {
    told: '呼び出しが来たとき、枠がすべて埋まっていました。',
    action: 'カードに余裕があれば枠を増やしてください。',
  },
  'passed:cold': {
    told: '呼び出しが来たとき、モデルがメモリにありませんでした。',
    action: 'モデルを読み込んだままにしてください。',
  },
  'passed:cooling': {
    told: '失敗のあとの休止中に呼び出しが来ました。',
    action: 'irori-node doctor を実行してください。',
  },
  'passed:wish': { told: '呼び出しの希望にこの家が合いませんでした。', action: null },
  'passed:price': {
    told: '呼び出しは、より安い価格を求めていました。',
    action: '価格を下げるには irori-node up --price 0.9 を使います。',
  },
  'passed:dirtier': {
    told: 'CO2排出量が最も少ない家を求める呼び出しが来て、別の家が選ばれました。',
    action: null,
  },
  'passed:context': {
    told: '呼び出しが、このモデルの読める長さを超えていました。',
    action: 'モデルのコンテキストを広げてください。',
  },
  'passed:excluded': { told: '呼び出し元か、同じジョブの前の試行が、この家を除外していました。', action: null },
  'passed:own-first': { told: '呼び出し元自身の家が優先されました。', action: null },
};

/** What a code says; one that only later versions know is told as it is. */
export function tellWhy(code: string, locale: 'en' | 'ja'): WhyText {
  const table: Readonly<Record<string, WhyText>> = locale === 'ja' ? JA : EN;
  const pause = code.startsWith('paused:') ? code.slice('paused:'.length) : null;
  if (pause === null) return (Object.hasOwn(table, code) && table[code]) || { told: code, action: null };
  const words = Object.hasOwn(STATE_WORDS, pause)
    ? (locale === 'ja' ? STATES_JA : STATE_WORDS)[pause as StateWord]
    : null;
  if (words === null) return { told: pause, action: null };
  return { told: locale === 'ja' ? words.was : `Paused: ${words.was}.`, action: words.action };
}
