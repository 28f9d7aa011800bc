// The endpoints by which an account reads its jobs and where its credit came from, and sees to its alerts.
import { newAlerts } from '../billing/alert-body.ts';
import type { Endpoint } from './endpoint.ts';

const having = (...required: string[]): object => ({ type: 'object', required });
const plain = { body: null, examples: {}, isStreamed: false } as const;
const managed = { ...plain, manages: true } as const;
const PAGE = {
  before: { en: 'where the page begins: `next` of the page before', ja: 'ページの先頭。前のページの `next` の値' },
};

export const ACCOUNT: readonly Endpoint[] = [
  {
    ...plain,
    method: 'get',
    path: '/v1/jobs',
    title: { en: 'Jobs', ja: 'ジョブ' },
    told: {
      en: 'Your jobs, the newest first: key, model, country and home, outcome, tokens, charge, times, and why its last home was chosen (`decision`). Of a key without `usage` its own alone. What ended in the last seconds may be missing, and with object storage the list ends after a week: later a job is found by its number, `GET /v1/receipts/{job}`. A page may have fewer jobs than `limit` and a `next` one.',
      ja: '自分のジョブを新しい順に返します。キー、モデル、国と家、結果、トークン、料金、時間と、最後の家が選ばれた理由（`decision`）です。`usage` のないキーには、そのキーのジョブだけが返ります。直近数秒に終わったものは含まれないことがあり、オブジェクトストレージを使うネットワークでは一覧は1週間分です。それより古いジョブは番号を指定して `GET /v1/receipts/{job}` で探せます。ジョブが `limit` より少ないページにも `next` があることがあります。',
    },
    query: {
      ...PAGE,
      limit: {
        en: 'jobs of one page, 1 to 100; 50 where it is not told',
        ja: '1ページのジョブ数、1〜100。省略すると50',
      },
      key: {
        en: 'id of the key whose jobs are told; of all where it is left out',
        ja: 'このIDのキーのジョブだけを返します。省略するとすべてのキー',
      },
    },
    answer: having('data', 'next'),
  },
  {
    ...plain,
    method: 'get',
    path: '/v1/credit/history',
    title: { en: 'Where credit came from', ja: 'クレジットの入手元' },
    told: {
      en: 'What came to your account’s credit and what went without being spent, the newest first. `type` is grant, bought, chain, gift_in, gift_out, gift_back, earned, expired, correction or moved; `amount_micro` is below 0 for what went, and stands beside it by kind of credit. With the scope `usage`.',
      ja: 'アカウントに入ったクレジットと、使われずに減ったクレジットを新しい順に返します。`type` はgrant、bought、chain、gift_in、gift_out、gift_back、earned、expired、correction、movedのいずれかです。減った分の `amount_micro` は0より小さく、クレジットの種類ごとの内訳も付きます。スコープ `usage` が必要です。',
    },
    query: {
      ...PAGE,
      limit: { en: 'events of one page, 1 to 200; 50 where it is not told', ja: '1ページの件数、1〜200。省略すると50' },
    },
    answer: having('data', 'next'),
  },
  {
    ...managed,
    method: 'get',
    path: '/v1/alerts',
    title: { en: 'Alerts', ja: '通知' },
    told: {
      en: 'Where your account is told of a key near its spend limit and of a low balance, and how many are on their way; `url` is null where nowhere. `sent`: the last 100 of the last 30 days, tests too, each with what was answered to its last try (a status, `away` where nobody answered, `refused` where none may be sent) and when it is tried again. This and what follows of alerts is for owners, or a key of the account’s own with the scope `keys`.',
      ja: 'キーが利用上限に近づいたときや残高が少ないときの通知の宛先と、送信待ちの件数です。宛先がなければ `url` はnullです。`sent` は直近30日間に送信した最新100件（テスト送信を含む）で、それぞれ最後の送信への応答（ステータス。応答がなければ `away`、送信できない宛先なら `refused`）と、次に再送する時刻を示します。通知に関するエンドポイントはすべて、オーナーか、アカウント自身のキー（スコープ `keys`）で使えます。',
    },
    answer: having('url', 'low_balance_micro', 'waiting', 'sent'),
  },
  ...(['post', 'put'] as const).map((method): Endpoint => ({
    ...managed,
    method,
    path: '/v1/alerts',
    title:
      method === 'post'
        ? { en: 'Be told', ja: '通知を受け取る' }
        : { en: 'Be told, by PUT', ja: '通知を受け取る（PUT）' },
    told: {
      en: 'By webhooks signed as Standard Webhooks has it. `secret` is told once, the first time or with `new_secret`, and null where the one before stands. `POST` and `PUT` do the same.',
      ja: 'Standard Webhooksの方式で署名されたWebhookで通知します。`secret` が返るのは初回と `new_secret` を指定したときの一度だけで、以前のものがそのままならnullです。`POST` と `PUT` は同じ動作です。',
    },
    body: newAlerts,
    examples: method === 'post' ? { 'spend limits': { url: 'https://example.org/hook' } } : {},
    answer: having('url', 'low_balance_micro', 'secret'),
  })),
  {
    ...managed,
    method: 'delete',
    path: '/v1/alerts',
    title: { en: 'Be told no more', ja: '通知をやめる' },
    told: { en: 'What is on its way goes nowhere.', ja: '送信待ちの通知も送られなくなります。' },
    answer: having('deleted'),
  },
  {
    ...managed,
    method: 'post',
    path: '/v1/alerts/test',
    title: { en: 'Test the alerts', ja: '通知を試す' },
    told: {
      en: 'Sends `alerts.test` where the alerts go, signed as these and tried again as these.',
      ja: '通知の宛先に `alerts.test` を送ります。署名も再送も、ほかの通知と同じです。',
    },
    answer: having('sent', 'event_id'),
  },
];
