// The headers that callers send and read, for /docs and /openapi.json.
import type { Told } from './told.ts';

export const REQUEST_HEADERS: Readonly<Record<string, Told>> = {
  authorization: { en: '`Bearer irori_…`, your key.', ja: '`Bearer irori_…`。自分のキーです。' },
  'x-api-key': {
    en: 'The key, where a client sends it so; `api-key` does as well.',
    ja: 'キー（このヘッダーで送るクライアント用）。`api-key` でも送れます。',
  },
  'anthropic-version': {
    en: 'Sent by Anthropic’s clients: `/v1/models` and its errors then have their form.',
    ja: 'Anthropicのクライアントが送ります。`/v1/models` とそのエラーがAnthropicの形式になります。',
  },
  'idempotency-key': {
    en: '1 to 255 visible characters, of your own making: the same key and body within 24 hours is the same call, which runs once and is charged once. What comes again is told what it came to; another body is 409.',
    ja: '自分で決めた1〜255文字の表示可能な文字。24時間以内に同じキーと本文を送ると同じ呼び出しとみなされ、実行も料金も1回だけです。繰り返しにはその結果が返り、本文が違えば409になります。',
  },
  'payment-signature': {
    en: 'Instead of a key, where the router takes payments call by call: a payment by the terms of the 402, base64 of JSON (x402 version 2).',
    ja: 'ルーターが1回ごとの支払いを受け付けるとき、キーの代わりに送ります。402の条件による支払いで、JSONをbase64にしたものです（x402バージョン2）。',
  },
};

export const ANSWER_HEADERS: Readonly<Record<string, Told>> = {
  'x-request-id': {
    en: 'The request’s number, for reports (`request-id` for Anthropic’s clients).',
    ja: 'リクエストの番号。問い合わせに添えてください（Anthropicのクライアントには `request-id`）。',
  },
  'x-irori-job': {
    en: 'The job’s number: its receipts are at `/v1/receipts/{jobId}`.',
    ja: 'ジョブの番号。領収書は `/v1/receipts/{jobId}` にあります。',
  },
  'x-irori-node': { en: 'The home that answers.', ja: '答える家。' },
  'x-irori-country': { en: 'Its country.', ja: 'その家の国。' },
  'x-irori-reason': { en: 'Why it was chosen.', ja: 'その家が選ばれた理由。' },
  'x-irori': { en: 'The facts of the answer so far, as JSON.', ja: 'その時点で分かっている回答の情報（JSON）。' },
  'x-irori-ignored': {
    en: 'Fields of the request that nothing read, and that were left out.',
    ja: 'どこからも読まれず、無視されたリクエストの項目。',
  },
  'idempotent-replayed': {
    en: '`true` where the call has run before under its `Idempotency-Key`: nothing ran this time.',
    ja: '同じ `Idempotency-Key` の呼び出しが以前に実行されていれば `true`。今回は何も実行されていません。',
  },
  'payment-required': {
    en: 'Of a 402 for a call without a key: what it may cost and how it is paid, base64 of JSON (x402 version 2).',
    ja: 'キーなしの呼び出しへの402に付きます。料金の上限と支払い方法で、JSONをbase64にしたものです（x402バージョン2）。',
  },
  'payment-response': {
    en: 'What was settled of a call without a key, where that is known before its body.',
    ja: 'キーなしの呼び出しの決済結果。本文より前に分かっているときに付きます。',
  },
  'retry-after': { en: 'Seconds after which asking again makes sense.', ja: 'もう一度試すまでに待つ秒数。' },
  'retry-after-ms': { en: 'The same in milliseconds.', ja: '同じ時間をミリ秒で表したもの。' },
  'x-should-retry': {
    en: '`false` where asking again by itself would only wait anew.',
    ja: '自動で試し直しても待ち直すだけのとき `false`。',
  },
  'x-ratelimit-limit-requests': {
    en: 'Calls a minute that the key may begin, with `-remaining-` and `-reset-`; of a 429 for too many at once, how many may run.',
    ja: 'キーが1分間に開始できる呼び出しの数。`-remaining-`（残り）と `-reset-`（戻るまでの時間）もあります。同時に多すぎるための429では、同時に実行できる数です。',
  },
  'x-ratelimit-limit-tokens': {
    en: 'Tokens a minute that the key may begin, with `-remaining-` and `-reset-`: of a call that runs, its prompt and what its answer is expected to have.',
    ja: 'キーが1分間に開始できるトークンの数。`-remaining-`（残り）と `-reset-`（戻るまでの時間）もあります。実行する呼び出しについて、入力と見込みの出力を数えます。',
  },
  'x-irori-balance': {
    en: 'Micro-credits that the account has for further jobs: what jobs that run may cost is taken off.',
    ja: 'アカウントが以後のジョブに使えるマイクロクレジット。実行中のジョブにかかりうる分は差し引かれています。',
  },
  'x-irori-key-day-limit': {
    en: 'Micro-credits that the key may spend in a day of UTC, with `-left` (what jobs that run may cost is taken off) and `-reset` (when the next begins); so too `x-irori-key-month-…` and, without a reset, `x-irori-key-total-…`.',
    ja: 'キーがUTCの1日に使えるマイクロクレジット。`-left`（残り。実行中のジョブにかかりうる分は差し引き済み）と `-reset`（次の日の始まり）もあります。`x-irori-key-month-…` も同様で、`x-irori-key-total-…` には `-reset` がありません。',
  },
};
