// The endpoints by which models are called, and which there are.
import * as z from 'zod';
import { chatBody } from '../../schema/openai.ts';
import { completionBody } from '../../schema/openai-completion.ts';
import { embeddingBody } from '../../schema/openai-embedding.ts';
import { imageBody } from '../../schema/openai-image.ts';
import { transcriptionForm } from '../../schema/openai-transcription.ts';
import { messagesBody, tokenCountBody } from '../dialects/messages-request.ts';
import { responsesBody } from '../dialects/responses-request.ts';
import type { Endpoint } from './endpoint.ts';

/** Stands in examples for the name of a model. */
export const MODEL = 'MODEL';

const { model, temperature, top_p, stream, provider, resume, parallel_tool_calls } = chatBody.shape;
/** What the Responses API takes beside its own: read as a chat once it is translated. */
const responsesRequest = responsesBody.extend({
  model,
  input: z.union([z.string(), z.array(z.record(z.string(), z.unknown()))]),
  max_output_tokens: chatBody.shape.max_tokens,
  temperature,
  top_p,
  stream,
  tool_choice: z.unknown().optional(),
  parallel_tool_calls,
  provider,
  resume,
});

const texts = z.union([z.string(), z.array(z.string())]);

const HELLO = [{ role: 'user', content: 'Say hello.' }];
const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const WEATHER = { name: 'weather', description: 'The weather of a place.', parameters: CITY };
const having = (...required: string[]): object => ({ type: 'object', required });

export const CALLS: readonly Endpoint[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    title: { en: 'Chat Completions', ja: 'Chat Completions' },
    told: {
      en: 'A conversation, answered by a home. OpenAI’s form, with `provider` for wishes of the home that answers. Fields that nothing here reads are taken and named in `x-irori-ignored`. `dry_run: true`, here and wherever jobs are made, tells what the call would cost, which home would answer it and why, and runs nothing.',
      ja: '会話に家が答えます。OpenAIと同じ形式で、答える家についての希望は `provider` に書きます。どこからも読まれない項目は無視され、その名前が `x-irori-ignored` に示されます。ここでも、ジョブを作るほかのエンドポイントでも、`dry_run: true` を付けると、料金の見込み、答える家、その理由だけが返り、何も実行されません。',
    },
    body: chatBody,
    examples: {
      whole: { model: MODEL, messages: HELLO },
      streamed: { model: MODEL, messages: HELLO, stream: true, stream_options: { include_usage: true } },
      tools: { model: MODEL, messages: HELLO, tools: [{ type: 'function', function: WEATHER }] },
      'near homes': { model: MODEL, messages: HELLO, provider: { sort: 'fastest', pool: 'mine-first' } },
    },
    makesJobs: true,
    isStreamed: true,
    answer: having('id', 'object', 'created', 'model', 'choices', 'usage'),
  },
  {
    method: 'post',
    path: '/v1/responses',
    title: { en: 'Responses', ja: 'Responses' },
    told: {
      en: 'OpenAI’s Responses API, without memory: send the earlier items in `input`; `previous_response_id` is refused.',
      ja: 'OpenAIのResponses APIです。会話は保存されないため、それまでの項目を `input` に含めて送ってください。`previous_response_id` は拒否されます。',
    },
    body: responsesRequest,
    examples: {
      whole: { model: MODEL, input: 'Say hello.' },
      streamed: { model: MODEL, input: 'Say hello.', stream: true },
      tools: { model: MODEL, input: 'Say hello.', tools: [{ type: 'function', ...WEATHER }] },
    },
    makesJobs: true,
    isStreamed: true,
    answer: having('id', 'object', 'created_at', 'model', 'status', 'output', 'usage'),
  },
  {
    method: 'post',
    path: '/v1/messages',
    title: { en: 'Messages', ja: 'Messages' },
    told: {
      en: 'Anthropic’s Messages API, with its events and the shape of its errors. The key goes in `x-api-key` or as a Bearer.',
      ja: 'AnthropicのMessages APIです。イベントもエラーの形もAnthropicのものです。キーは `x-api-key` か、Bearerとして送ります。',
    },
    body: messagesBody,
    examples: {
      whole: { model: MODEL, max_tokens: 100, messages: HELLO },
      streamed: { model: MODEL, max_tokens: 100, messages: HELLO, stream: true },
    },
    makesJobs: true,
    isStreamed: true,
    answer: having('id', 'type', 'role', 'model', 'content', 'stop_reason', 'usage'),
  },
  {
    method: 'post',
    path: '/v1/messages/count_tokens',
    title: { en: 'Count tokens', ja: 'トークン数の見積もり' },
    told: {
      en: 'About how many tokens a request to `/v1/messages` holds. Nothing is charged.',
      ja: '`/v1/messages` へのリクエストのおおよそのトークン数です。料金はかかりません。',
    },
    body: tokenCountBody,
    examples: { whole: { model: MODEL, messages: HELLO } },
    isStreamed: false,
    answer: having('input_tokens'),
  },
  {
    method: 'post',
    path: '/v1/completions',
    title: { en: 'Completions', ja: 'Completions' },
    told: {
      en: 'A text that goes on as it stands, without a template. `prompt` is a text, or a list of one; token ids, `logprobs` and a `best_of` above `n` are refused. It needs a model that does this: others are told apart by 400 `no_home_fits`.',
      ja: 'テンプレートを使わず、テキストの続きをそのまま書きます。`prompt` は1つのテキストか、テキスト1つのリストです。トークンID、`logprobs`、`n` より大きい `best_of` は拒否されます。対応するモデルが必要で、対応していないモデルは400 `no_home_fits` になります。',
    },
    body: completionBody.extend({ prompt: texts }),
    examples: {
      whole: { model: MODEL, prompt: 'Once upon a time', max_tokens: 20 },
      streamed: { model: MODEL, prompt: 'Once upon a time', max_tokens: 20, stream: true },
      'with the prompt': { model: MODEL, prompt: 'Once upon a time', max_tokens: 20, echo: true, stop: ['.'] },
    },
    makesJobs: true,
    isStreamed: true,
    answer: having('id', 'object', 'created', 'model', 'choices', 'usage'),
  },
  {
    method: 'post',
    path: '/v1/embeddings',
    title: { en: 'Embeddings', ja: 'Embeddings' },
    told: {
      en: 'Texts as vectors: up to 2,048 texts, and 750,000 numbers in all, in one job of one home, all or none. `dimensions` is handed on and refused where the model makes no such vectors. The prompt alone is charged.',
      ja: 'テキストをベクトルにします。1回に2,048件、数値で合計750,000個までを、1軒の家が1つのジョブで処理し、すべて返すか、1つも返しません。`dimensions` はモデルにそのまま渡され、その次元に対応していなければ拒否されます。料金は入力だけにかかります。',
    },
    body: embeddingBody.extend({ input: texts }),
    examples: {
      'one text': { model: MODEL, input: 'A quiet home.' },
      'several as base64': { model: MODEL, input: ['A quiet home.', 'A fox.'], encoding_format: 'base64' },
    },
    makesJobs: true,
    isStreamed: false,
    answer: having('object', 'data', 'model', 'usage'),
  },
  {
    method: 'post',
    path: '/v1/audio/transcriptions',
    title: { en: 'Transcriptions', ja: '音声の文字起こし' },
    told: {
      en: 'The words of a recording, where a home’s server writes them down: a form with a `file` of at most 5,750,000 bytes, as JSON, as text, or as one event. Each KiB of audio is charged as a prompt token, the text as output.',
      ja: '録音を文字にします（対応するサーバーのある家で）。5,750,000バイト以下の `file` を含むフォームを送り、結果はJSON、テキスト、1つのイベントのいずれかで受け取ります。料金は音声1 KiBを入力1トークン、文字を出力として数えます。',
    },
    body: transcriptionForm.extend({ file: z.string().meta({ format: 'binary' }) }),
    examples: { 'a recording': { model: MODEL, file: 'the recording', language: 'en' } },
    makesJobs: true,
    isStreamed: true,
    isForm: true,
    answer: having('text'),
  },
  {
    method: 'post',
    path: '/v1/images/generations',
    title: { en: 'Pictures', ja: '画像生成' },
    told: {
      en: 'Pictures of a text, where a home’s server makes them: up to 4, as `b64_json`, all or none. Each 32 by 32 pixels are charged as an output token.',
      ja: 'テキストから画像を作ります（対応するサーバーのある家で）。`b64_json` で4枚まで、すべて返すか、1枚も返しません。料金は32×32ピクセルを出力1トークンとして数えます。',
    },
    body: imageBody,
    examples: { 'one picture': { model: MODEL, prompt: 'A quiet home.', size: '64x64' } },
    makesJobs: true,
    isStreamed: false,
    answer: having('created', 'data'),
  },
  {
    method: 'get',
    path: '/v1/models',
    title: { en: 'Models', ja: 'モデル' },
    told: {
      en: 'What you may name: the catalogue, and what your own homes serve, with what homes can do now. Anthropic’s clients, known by `anthropic-version`, read their own form.',
      ja: '指定できるモデル、つまりカタログにあるモデルと自分の家が提供するモデルを、家がいまできることと合わせて返します。Anthropicのクライアントには（`anthropic-version` で判別）、その形式で返します。',
    },
    body: null,
    examples: {},
    query: {
      format: {
        en: 'openai, anthropic, or openrouter (OpenRouter’s provider schema 2.4)',
        ja: 'openai、anthropic、openrouter（OpenRouterのプロバイダースキーマ2.4）のいずれか',
      },
    },
    isStreamed: false,
    answer: having('data'),
  },
  {
    method: 'get',
    path: '/v1/models/{id}',
    title: { en: 'One model', ja: 'モデル1件' },
    told: {
      en: 'One of that list. The name may hold slashes and colons.',
      ja: '上の一覧のうちの1件です。名前にはスラッシュとコロンを使えます。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    answer: having('id'),
  },
];
