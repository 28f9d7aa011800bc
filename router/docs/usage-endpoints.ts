// The endpoints by which an account reads what it used, spent and gave, and gives and buys credit.
import { newGiftBody } from '../billing/credit-bodies.ts';
import { checkoutBody } from '../payments/read-checkout.ts';
import type { Endpoint } from './endpoint.ts';

const having = (...required: string[]): object => ({ type: 'object', required });

export const USAGE: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/v1/usage',
    title: { en: 'Usage', ja: '利用状況' },
    told: {
      en: 'Your balance by kind of credit with what of it ends when, and what was charged; with any of these, your usage in groups, as JSON or a table. Days are UTC; what was called in the last seconds may be missing. Energy is null where no home told it, and else that of `energy_known_parts` of the `parts`.',
      ja: 'クレジットの種類ごとの残高と期限、これまでの料金です。次の項目を1つでも指定すると、利用状況をまとめてJSONか表で返します。日付はUTCで、直近数秒の呼び出しは含まれないことがあります。電力量は、報告した家がなければnull、あれば `parts` のうち `energy_known_parts` 件についての値です。',
    },
    body: null,
    examples: {},
    query: {
      group_by: {
        en: 'some of key, model, hour, day, month, country, kind, with commas: a row for each; hours are kept for 35 days',
        ja: 'key、model、hour、day、month、country、kindからカンマ区切りで。組み合わせごとに1行になります。時間ごとの値は35日間保存されます',
      },
      from: {
        en: 'a day as 2026-01-31; 30 days until `to` where it is not told (2 by hour, 12 months by month), 366 at most',
        ja: '2026-01-31の形の日付。省略すると `to` までの30日間（時間ごとなら2日間、月ごとなら12か月間）。最長366日',
      },
      to: { en: 'a day, which is told too; today where it is not told', ja: '日付。その日も含みます。省略すると今日' },
      key: { en: 'the id or name of one key', ja: 'キー1本のIDか名前' },
      model: { en: 'one model', ja: 'モデル1つ' },
      kind: {
        en: 'chat, completion, embedding, transcription or image',
        ja: 'chat、completion、embedding、transcription、imageのいずれか',
      },
      country: { en: 'homes of one country, as DE', ja: 'その国の家だけ。例：DE' },
      format: {
        en: 'json or csv (or `Accept: text/csv`); a table is by day where `group_by` says nothing',
        ja: 'jsonかcsv（または `Accept: text/csv`）。`group_by` を省略した表は日ごとになります',
      },
      limit: { en: 'rows of one page, 1 to 10000', ja: '1ページの行数、1〜10000' },
      after: {
        en: 'where the page begins: `next` of the page before has it',
        ja: 'ページの先頭。前のページの `next` の値',
      },
    },
    isStreamed: false,
    answer: { type: 'object' },
  },
  {
    method: 'get',
    path: '/v1/usage/energy',
    title: { en: 'Energy of your usage', ja: '利用の電力量' },
    told: {
      en: 'What your usage took at the wall above rest, and the grams of CO2e of the grids it was drawn from: their mean of a year, and at the margin. Null where nobody knows it; tokens whose home told no energy stand apart. How it is known: the section “Energy”.',
      ja: '利用にかかった電力量（コンセントで、待機分を除く）と、その電力網のCO2e（年平均と限界排出）をグラムで返します。誰にも分からないものはnullで、電力量を報告しなかった家のトークンは別に数えます。求め方は「電力量」の節にあります。',
    },
    body: null,
    examples: {},
    query: {
      by: {
        en: 'model, month or country; model where it is not told',
        ja: 'model、month、countryのいずれか。省略するとmodel',
      },
      from: {
        en: 'a day as 2026-01-31; 30 days until `to` where it is not told, 366 at most',
        ja: '2026-01-31の形の日付。省略すると `to` までの30日間。最長366日',
      },
      to: { en: 'a day, which is told too; today where it is not told', ja: '日付。その日も含みます。省略すると今日' },
      key: { en: 'the id or name of one key', ja: 'キー1本のIDか名前' },
      model: { en: 'one model', ja: 'モデル1つ' },
      kind: {
        en: 'chat, completion, embedding, transcription or image',
        ja: 'chat、completion、embedding、transcription、imageのいずれか',
      },
      format: { en: 'json or csv (or `Accept: text/csv`)', ja: 'jsonかcsv（または `Accept: text/csv`）' },
    },
    isStreamed: false,
    answer: { type: 'object' },
  },
  {
    method: 'get',
    path: '/v1/key',
    title: { en: 'Your key', ja: '自分のキー' },
    told: {
      en: 'What the key that asks has spent today, this month (UTC) and ever, what limits it, how much is left and when that begins anew. Of the account it tells nothing.',
      ja: '呼び出しに使ったキーの今日、今月（UTC）、これまでの利用額と、上限、残り、次に上限が戻る時刻です。アカウントのことは何も返しません。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    answer: having('id', 'limits', 'spend'),
  },
  {
    method: 'get',
    path: '/v1/receipts/{jobId}',
    title: { en: 'Receipts', ja: '領収書' },
    told: {
      en: 'What each home signed for one answer: `x-irori-job` is its number. For the account that paid, and, of its own homes’ parts, for the owner (`usage` or `nodes`) and a home itself. Of a call that was paid for by itself: without a key, by its payment, with what became of that. `decision` tells its caller why the last home was chosen, for as long as a list of jobs has it.',
      ja: '1つの回答について各家が署名したものです。番号は `x-irori-job` にあります。支払ったアカウントのほか、自分の家が処理した部分についてはオーナー（`usage` か `nodes`）と家自身も読めます。1回ごとに支払った呼び出しは、キーなしで支払いを示して読め、支払いの結果も分かります。呼び出し元には、最後の家が選ばれた理由（`decision`）も、ジョブの一覧に残っている間は返ります。',
    },
    body: null,
    examples: {},
    query: {
      payment: {
        en: 'the payment of a call without a key, as `irori.payment.receipt` has it',
        ja: 'キーなしの呼び出しの支払い（`irori.payment.receipt` の値）',
      },
      node: {
        en: 'for its owner: which of 50 homes and more worked on it',
        ja: 'オーナー用：50軒以上あるとき、ジョブを処理した家',
      },
    },
    isStreamed: false,
    answer: having('data'),
  },
  {
    method: 'get',
    path: '/v1/credit/gifts',
    title: { en: 'What a sponsor gave', ja: 'スポンサーとしての提供' },
    told: {
      en: 'What this account gave to others as a sponsor, by receiver: given, spent, left, and what came back when its time was over.',
      ja: 'このアカウントがスポンサーとしてほかのアカウントに提供したクレジットを、相手ごとに返します。提供、使用、残りと、期限が過ぎて戻った分です。',
    },
    body: null,
    examples: {},
    query: {
      limit: { en: 'receivers of one page, at most 50', ja: '1ページの相手の数、50まで' },
      after: {
        en: 'where the page begins: `next` of the page before has it',
        ja: 'ページの先頭。前のページの `next` の値',
      },
    },
    isStreamed: false,
    answer: having('object', 'is_sponsor', 'data'),
  },
  {
    method: 'post',
    path: '/v1/credit/gifts',
    title: { en: 'Give credit', ja: 'クレジットの提供' },
    told: {
      en: 'Gives credit of this account to another one until an end (`expires_in_s` or `expires_at`, ms): what is not spent by then comes back. Only an account that whoever runs the network made a sponsor may, with a key of its own or an owner’s that has the scope `keys`. `event_id` makes it once: with another receiver or amount it is refused as a conflict.',
      ja: 'このアカウントのクレジットを、期限（`expires_in_s` か、ミリ秒の `expires_at`）を付けてほかのアカウントに提供します。期限までに使われなかった分は戻ります。できるのは運営者がスポンサーにしたアカウントだけで、アカウント自身かオーナーの、スコープ `keys` のあるキーが必要です。同じ `event_id` の提供は1回だけ実行され、相手か金額が違えば競合として拒否されます。',
    },
    body: newGiftBody,
    examples: {},
    manages: true,
    isStreamed: false,
    answer: having('event_id', 'account', 'expires_at', 'balance_micro', 'applied'),
  },
  {
    method: 'post',
    path: '/v1/credit/checkout',
    title: { en: 'Buy credit', ja: 'クレジットの購入' },
    told: {
      en: 'Opens a page of Stripe’s on which this account’s credit is paid for: send whoever pays to `url`. One credit (1,000,000 micro-credits) is one US dollar; say `amount_micro` or `usd`. 404 where the router has no keys of Stripe’s. The credit is there when Stripe says that it is paid.',
      ja: 'このアカウントのクレジットを支払うStripeのページを開きます。支払う人を `url` に案内してください。1クレジット（1,000,000マイクロクレジット）は1米ドルです。`amount_micro` か `usd` を指定します。ルーターにStripeのキーがなければ404です。クレジットは、Stripeから支払い済みの通知が届くと入ります。',
    },
    body: checkoutBody,
    examples: {},
    manages: true,
    isStreamed: false,
    answer: having('id', 'url', 'amount_micro', 'state'),
  },
  {
    method: 'get',
    path: '/v1/credit/checkout/{id}',
    title: { en: 'A purchase', ja: '購入1件' },
    told: {
      en: 'How far a checkout of this account has come: `open`, `unpaid` (done, and the money is on its way), `paid`, `failed` or `expired`; and what was refunded.',
      ja: 'このアカウントの購入の進み具合です。`open`、`unpaid`（手続きは済み、入金待ち）、`paid`、`failed`、`expired` のいずれかと、返金された額が返ります。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    answer: having('id', 'state', 'amount_micro', 'refunded_micro'),
  },
];
