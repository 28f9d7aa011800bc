// What each code of a refusal means and what to do about it, for /docs and /openapi.json. They tell programmers more than console/refusal-words.ts tells readers of pages.
import type { ErrorCode } from '../errors.ts';
import type { Told } from './told.ts';

export const ERROR_WORDS: Readonly<Record<ErrorCode, Told>> = {
  invalid_json: {
    en: 'The body is not JSON, or no object. Nothing was read of it.',
    ja: '本文がJSONとして読めないか、オブジェクトではありません。何も読み取られていません。',
  },
  invalid_value: {
    en: 'A field has a value that it cannot have: `param` names it, the message says which would do.',
    ja: '使えない値の項目があります。`param` が項目を、メッセージが使える値を示します。',
  },
  unsupported_parameter: {
    en: 'A field asks for what no home does. Leave it out.',
    ja: 'どの家も対応していないことを求める項目があります。省いてください。',
  },
  unknown_parameter: {
    en: 'A member of `provider` that does not exist.',
    ja: '`provider` に存在しない項目があります。',
  },
  context_length_exceeded: {
    en: 'The prompt is longer than the model’s context. Shorten it.',
    ja: '入力がモデルのコンテキストより長すぎます。短くしてください。',
  },
  prompt_failed: {
    en: 'The model servers of two homes failed on this request: it is the request. Change it.',
    ja: '2軒の家のモデルサーバーがこのリクエストで失敗したため、原因はリクエストにあります。内容を変えてください。',
  },
  no_home_fits: {
    en: 'Homes have the model, and none of them fits the wish or can do what the request needs. `excluded_by` is the field: widen it or leave it out.',
    ja: 'モデルを提供する家はありますが、希望に合う家か、リクエストに必要な機能のある家がありません。原因の項目は `excluded_by` です。条件を緩めるか、省いてください。',
  },
  missing_api_key: {
    en: 'Send the key as `Authorization: Bearer irori_…`, or in `x-api-key` or `api-key`.',
    ja: 'キーを `Authorization: Bearer irori_…` として、または `x-api-key` か `api-key` に入れて送ってください。',
  },
  invalid_api_key: {
    en: 'The key is none of this network, was revoked, or has expired.',
    ja: 'このネットワークのキーではないか、失効したか、期限が切れています。',
  },
  insufficient_credit: {
    en: 'The request may cost more than the account has. Lower `max_tokens`, or add credit.',
    ja: '料金がアカウントの残高を超えるおそれがあります。`max_tokens` を小さくするか、クレジットを足してください。',
  },
  spend_limit_reached: {
    en: 'The key may not spend so much: in a day or a month of UTC, in all, or on one job. The message says which, how much is left, and when it begins anew. Lower `max_tokens`, wait, or have the limit raised.',
    ja: 'キーの利用上限（UTCの1日か1か月、合計、またはジョブ1件）を超えます。どの上限か、残りがいくらか、いつ戻るかはメッセージにあります。`max_tokens` を小さくするか、待つか、上限を上げてもらってください。',
  },
  account_disabled: { en: 'Ask whoever runs the network.', ja: 'ネットワークの運営者にお問い合わせください。' },
  forbidden: { en: 'The key may not do this.', ja: 'このキーではできない操作です。' },
  scope_missing: {
    en: 'The key may do other things; the message names the scope that this needs. Use a key that has it.',
    ja: 'このキーには、メッセージに示されたスコープがありません。そのスコープのあるキーを使ってください。',
  },
  model_not_allowed: {
    en: 'The key may call some models only, and this is none of them. `GET /v1/models` lists those.',
    ja: 'このキーで呼び出せるモデルは限られていて、このモデルは含まれていません。呼び出せるモデルは `GET /v1/models` で分かります。',
  },
  model_not_found: {
    en: 'No model of this name is listed, and none of your homes serves it. See `GET /v1/models`.',
    ja: 'この名前のモデルはカタログになく、自分の家も提供していません。`GET /v1/models` を見てください。',
  },
  receipt_not_found: { en: 'No such job of yours.', ja: 'その番号の、あなたのジョブはありません。' },
  receipt_pending: {
    en: 'The job is being booked: ask again in a moment.',
    ja: 'ジョブを帳簿に記入しているところです。少し待ってからもう一度試してください。',
  },
  not_found: { en: 'There is no such thing.', ja: 'お探しのものは見つかりません。' },
  unknown_path: {
    en: 'The path does not exist; the message lists those that do. It says nothing of the model.',
    ja: 'パスが存在しません。メッセージに、使えるパスの一覧があります。モデルの有無とは関係ありません。',
  },
  method_not_allowed: {
    en: 'The path has other methods: see `allow`.',
    ja: 'このパスで使えるのは別のメソッドです。`allow` を見てください。',
  },
  conflict: { en: 'It exists already, or has changed meanwhile.', ja: 'すでに存在するか、その間に変更されました。' },
  idempotency_key_reused: {
    en: 'The `Idempotency-Key` was sent with another body to this endpoint within 24 hours. Use a new one for each request.',
    ja: 'この `Idempotency-Key` は、24時間以内に同じエンドポイントへ別の本文で送られています。リクエストごとに新しいものを使ってください。',
  },
  idempotency_key_in_use: {
    en: 'The call under this `Idempotency-Key` still runs. Ask again after `retry-after`; official clients do so by themselves.',
    ja: 'この `Idempotency-Key` の呼び出しはまだ実行中です。`retry-after` の後にもう一度試してください。公式のクライアントは自動でそうします。',
  },
  body_too_large: {
    en: 'The body is larger than the limit that the message tells. Send less.',
    ja: '本文が、メッセージに示された上限より大きすぎます。小さくしてください。',
  },
  unsupported_media_type: {
    en: 'The body’s type or coding is not one that is read here.',
    ja: '本文の形式か符号化に対応していません。',
  },
  request_timeout: { en: 'The body did not arrive in time.', ja: '本文が時間内に届きませんでした。' },
  rate_limit_exceeded: {
    en: 'So many of your requests run already, or the key has begun as many requests or tokens within a minute as it may. Wait for `retry-after`, or until some have ended.',
    ja: '同時に実行中のリクエストが多すぎるか、キーの1分あたりのリクエスト数かトークン数の上限に達しています。`retry-after` だけ待つか、いくつかが終わるのを待ってください。',
  },
  all_homes_busy: {
    en: 'All homes that have the model are full. Wait for `retry-after`: it is worked out from their queues.',
    ja: 'モデルを提供する家がすべて埋まっています。`retry-after` だけ待ってください。待ち行列から求めた時間です。',
  },
  no_node_online: {
    en: 'No home that is online has the model. Where one is known to have had it, waiting may help (`retryable`).',
    ja: 'モデルを提供する家がオンラインではありません。以前に提供していた家が分かっていれば、待つと使えることがあります（`retryable`）。',
  },
  home_failed: {
    en: 'The homes that were asked failed, or an answer broke off past rescue. Ask again: another home is chosen.',
    ja: '問い合わせた家が失敗したか、回答が途中で切れて引き継げませんでした。もう一度試してください。別の家が選ばれます。',
  },
  first_token_timeout: {
    en: 'The first token did not come within your limit. `provider.max_first_token_s` sets it; a shorter prompt or a smaller model is sooner.',
    ja: '指定の時間内に最初のトークンが届きませんでした。時間は `provider.max_first_token_s` で決まります。入力を短くするか、小さいモデルにすると早くなります。',
  },
  node_unenrolled: { en: 'For homes: enrol first.', ja: '家向け：先に登録してください。' },
  node_revoked: { en: 'For homes: this home may not take part any more.', ja: '家向け：この家はもう参加できません。' },
  node_outdated: { en: 'For homes: update the agent.', ja: '家向け：エージェントを更新してください。' },
  authorization_pending: {
    en: 'For homes: nobody has decided about this machine yet. Ask again after `interval` seconds.',
    ja: '家向け：このマシンについてはまだ決まっていません。`interval` 秒後にもう一度問い合わせてください。',
  },
  slow_down: {
    en: 'For homes: asked too soon. Wait five seconds more between two questions.',
    ja: '家向け：問い合わせが早すぎます。間隔を5秒長くしてください。',
  },
  access_denied: {
    en: 'For homes: its owner said no, or the verifier is not that of the link.',
    ja: '家向け：オーナーが拒否したか、検証値がこの追加手続きのものではありません。',
  },
  expired_token: {
    en: 'For homes: the link is over or was used. Begin anew.',
    ja: '家向け：追加手続きは期限切れか使用済みです。最初からやり直してください。',
  },
  upgrade_required: { en: 'For homes: this path speaks WebSocket.', ja: '家向け：このパスはWebSocketで使います。' },
  payment_required: {
    en: 'A call without a key is paid for by itself: `PAYMENT-REQUIRED` holds the terms (x402 v2), `PAYMENT-SIGNATURE` takes the payment. Or send a key.',
    ja: 'キーなしの呼び出しは1回ごとに支払います。条件は `PAYMENT-REQUIRED` にあり（x402 v2）、支払いは `PAYMENT-SIGNATURE` で送ります。キーを送ってもかまいません。',
  },
  payment_used: {
    en: 'This payment has been used for a call already. Sign another one.',
    ja: 'この支払いはすでに呼び出しに使われています。新しく署名してください。',
  },
  payment_away: {
    en: 'Who takes the payments cannot be reached, or not for so much. Nothing was charged. Ask again later, or send a key.',
    ja: '決済サービスに接続できないか、この額を扱えません。請求は行われていません。後でもう一度試すか、キーを送ってください。',
  },
  store_away: {
    en: 'The books of the network cannot be reached. They are back within seconds.',
    ja: 'ネットワークの帳簿に接続できません。数秒で回復します。',
  },
  bad_environment: {
    en: 'The operator has not finished setting up this router.',
    ja: '運営者によるこのルーターの設定が終わっていません。',
  },
  internal_error: {
    en: 'A fault of ours. Quote `x-request-id`.',
    ja: 'こちら側の問題です。`x-request-id` を添えてお知らせください。',
  },
};
