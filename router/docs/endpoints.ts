// Every endpoint that callers have, with what it takes and an example that is sent to a real network by router/test/docs.test.ts. A new one is one entry here.
import * as z from 'zod';
import { chatBody } from '../../schema/openai.ts';
import { completionBody } from '../../schema/openai-completion.ts';
import { embeddingBody } from '../../schema/openai-embedding.ts';
import { imageBody } from '../../schema/openai-image.ts';
import { transcriptionForm } from '../../schema/openai-transcription.ts';
import type { Endpoint } from './endpoint.ts';
import { MANAGED } from './managed-endpoints.ts';
import { messagesBody, tokenCountBody } from '../dialects/messages-request.ts';
import { responsesBody } from '../dialects/responses-request.ts';

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

export const ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    title: 'Chat Completions',
    told: 'A conversation, answered by a home. OpenAI’s form, with `provider` for wishes of the home that answers. Fields that nothing here reads are taken and named in `x-irori-ignored`. `dry_run: true`, here and wherever jobs are made, tells what the call would cost, which home would answer it and why, and runs nothing.',
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
    title: 'Responses',
    told: 'OpenAI’s Responses API, without memory: send the earlier items in `input`; `previous_response_id` is refused.',
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
    title: 'Messages',
    told: 'Anthropic’s Messages API, with its events and the shape of its errors. The key goes in `x-api-key` or as a Bearer.',
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
    title: 'Count tokens',
    told: 'About how many tokens a request to `/v1/messages` holds. Nothing is charged.',
    body: tokenCountBody,
    examples: { whole: { model: MODEL, messages: HELLO } },
    isStreamed: false,
    answer: having('input_tokens'),
  },
  {
    method: 'post',
    path: '/v1/completions',
    title: 'Completions',
    told: 'A text that goes on as it stands, without a template. `prompt` is a text, or a list of one; token ids, `logprobs` and a `best_of` above `n` are refused. It needs a model that does this: others are told apart by 400 `no_home_fits`.',
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
    title: 'Embeddings',
    told: 'Texts as vectors: up to 2,048 texts, and 750,000 numbers in all, in one job of one home, all or none. `dimensions` is handed on and refused where the model makes no such vectors. The prompt alone is charged.',
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
    title: 'Transcriptions',
    told: 'The words of a recording, where a home’s server writes them down: a form with a `file` of at most 5,750,000 bytes, as JSON, as text, or as one event. Each KiB of audio is charged as a prompt token, the text as output.',
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
    title: 'Pictures',
    told: 'Pictures of a text, where a home’s server makes them: up to 4, as `b64_json`, all or none. Each 32 by 32 pixels are charged as an output token.',
    body: imageBody,
    examples: { 'one picture': { model: MODEL, prompt: 'A quiet home.', size: '64x64' } },
    makesJobs: true,
    isStreamed: false,
    answer: having('created', 'data'),
  },
  {
    method: 'get',
    path: '/v1/models',
    title: 'Models',
    told: 'What you may name: the catalogue, and what your own homes serve, with what homes can do now. Anthropic’s clients, known by `anthropic-version`, read their own form.',
    body: null,
    examples: {},
    query: { format: 'openai, anthropic, or openrouter (OpenRouter’s provider schema 2.4)' },
    isStreamed: false,
    answer: having('data'),
  },
  {
    method: 'get',
    path: '/v1/models/{id}',
    title: 'One model',
    told: 'One of that list. The name may hold slashes and colons.',
    body: null,
    examples: {},
    isStreamed: false,
    answer: having('id'),
  },
  {
    method: 'get',
    path: '/v1/usage',
    title: 'Usage',
    told: 'Your balance, and what was charged; with any of these, your usage in groups, as JSON or a table. Days are UTC; what was called in the last seconds may be missing. Energy is null where no home told it, and else that of `energy_known_parts` of the `parts`.',
    body: null,
    examples: {},
    query: {
      group_by: 'some of key, model, day, country, kind, with commas: a row for each',
      from: 'a day as 2026-01-31; 30 days until `to` where it is not told, 366 at most',
      to: 'a day, which is told too; today where it is not told',
      key: 'the id or name of one key',
      model: 'one model',
      kind: 'chat, completion, embedding, transcription or image',
      format: 'json or csv (or `Accept: text/csv`); a table is by day where `group_by` says nothing',
      limit: 'rows of one page, 1 to 10000',
      after: 'where the page begins: `next` of the page before has it',
    },
    isStreamed: false,
    answer: { type: 'object' },
  },
  {
    method: 'get',
    path: '/v1/key',
    title: 'Your key',
    told: 'What the key that asks has spent today, this month (UTC) and ever, what limits it, how much is left and when that begins anew. Of the account it tells nothing.',
    body: null,
    examples: {},
    isStreamed: false,
    answer: having('id', 'limits', 'spend'),
  },
  {
    method: 'get',
    path: '/v1/receipts/{jobId}',
    title: 'Receipts',
    told: 'What each home signed for one answer: `x-irori-job` is its number.',
    body: null,
    examples: {},
    isStreamed: false,
    answer: having('data'),
  },
  ...MANAGED,
  {
    method: 'get',
    path: '/v1/stats',
    title: 'Stats',
    told: 'How the network did lately.',
    body: null,
    examples: {},
    query: { window: '5m, 1h or 24h' },
    isStreamed: false,
    answer: having('object'),
  },
  {
    method: 'get',
    path: '/audit/epochs',
    title: 'Epochs',
    told: 'What homes had earned in all at the end of each epoch: roots, hashes of the files, counts and totals, the newest first. Amounts are decimal texts in micro-credits.',
    body: null,
    examples: {},
    query: { before: 'an epoch: those before it' },
    isStreamed: false,
    isOpen: true,
    answer: having('data', 'epoch_seconds', 'next'),
  },
  {
    method: 'get',
    path: '/audit/epochs/{epoch}',
    title: 'One epoch',
    told: 'The file of an epoch, a leaf for each home, as it was published before anything of it is signed. It never changes: its SHA-256 is the `etag`.',
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: true,
    answer: having('version', 'epoch', 'root', 'totals', 'kept', 'leaves'),
  },
  {
    method: 'get',
    path: '/audit',
    title: 'Audit',
    told: 'Whether the books balance, and what they come to: figures of the last seconds, with the time they were read at. They name nobody. A browser gets a page.',
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: true,
    answer: having('ok', 'at', 'invariants', 'totals'),
  },
  {
    method: 'get',
    path: '/health',
    title: 'Health',
    told: 'Whether this router works.',
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: true,
    answer: having('status'),
  },
];
