// Answers as real servers were seen to give them, each with its source and with what has to come of it. Tests of both ends play them.
// What another home would add is `MORE`, and may never be read.
import type { ServerResponse } from 'node:http';

export interface OddAnswer {
  readonly name: string;
  readonly source: string;
  readonly play: (response: ServerResponse) => void;
  /** What the caller reads, or that the answer is broken and another home may begin or go on. */
  readonly end: 'stop' | 'length' | 'content_filter' | 'broken';
  readonly text: string;
}

const WORDS = ['The', ' fox', ' went', ' home', '.'];
const TEXT = WORDS.join('');
export const MORE = ' And a stranger added this.';
export const USAGE = { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 };

const event = (data: string): string => `data: ${data}\n\n`;
const chunk = (delta: object, finish: string | null = null, extra: object = {}): string =>
  event(
    JSON.stringify({
      id: 'c',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...extra,
    }),
  );
const words = (finish: string | null = null, extra: object = {}): string =>
  WORDS.map((content) => chunk({ content }, finish, extra)).join('');
const stop = (finish = 'stop'): string => chunk({}, finish);
const usage = (counts: object = USAGE): string => event(JSON.stringify({ id: 'c', choices: [], usage: counts }));
const DONE = event('[DONE]');
const PLAIN = words() + stop() + usage() + DONE;
/** The halves of one emoji in two chunks, as a server writes it that cuts UTF-16. */
const half = (escape: string): string =>
  event(`{"choices":[{"index":0,"delta":{"content":"${escape}"},"finish_reason":null}]}`);

const send =
  (body: string, head: { status?: number; type?: string } = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(head.status ?? 200, { 'content-type': head.type ?? 'text/event-stream' });
    response.end(body);
  };
const leaveOpen =
  (body: string) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(body);
  };
const keepAlive =
  (body: string) =>
  (response: ServerResponse): void => {
    leaveOpen(body)(response);
    const timer = setInterval(() => response.write(': keepalive\n\n'), 200);
    response.on('close', () => clearInterval(timer));
  };
const cutOff =
  (body: string) =>
  (response: ServerResponse): void => {
    leaveOpen(body)(response);
    setTimeout(() => response.destroy(), 20);
  };

const whole = (message: object, more: object = {}): string =>
  JSON.stringify({
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: USAGE,
    ...more,
  });

const OPENAI_SSE = 'WHATWG HTML, server-sent events: what a reader of an event stream takes';

/** Finished answers: whole, paid, and nobody's to go on with. */
export const FINISHED: readonly OddAnswer[] = [
  of(
    '[DONE] without a finish reason',
    'proxies of Gemini (open-learning-exchange/planet #10281), servers of muse-spark (anomalyco/opencode #43882)',
    send(words() + DONE),
  ),
  of('[DONE] with a space', 'open-webui/pipelines #297', send(words() + stop() + 'data: [DONE] \n\n')),
  of('[DONE] with a space and no finish reason', 'the two above together', send(words() + 'data: [DONE] \n\n')),
  of(
    'no [DONE] after the finish reason',
    'oobabooga/textgen #4778, huggingface/text-generation-inference #2221',
    send(words() + stop() + usage()),
  ),
  of('junk after the finish reason', 'gateways that add a line of costs', send(words() + stop() + event('cost=0.01'))),
  of(
    'text after the finish reason',
    'servers that run on past the end of a turn',
    send(words() + stop() + chunk({ content: MORE }) + DONE),
  ),
  of(
    'an error after the finish reason',
    'BerriAI/litellm #40578',
    send(words() + stop() + event('{"error":{"message":"late"}}') + DONE),
  ),
  of(
    'another finish reason after the first',
    'servers that fail while they clean up',
    send(words() + stop() + stop('error') + DONE),
  ),
  of(
    'an open connection after the finish reason',
    'maximhq/bifrost #6784, musistudio/claude-code-router #1271',
    leaveOpen(words() + stop() + usage()),
  ),
  of('an open connection and heartbeats after the finish reason', 'the same', keepAlive(words() + stop())),
  of('an open connection after [DONE]', 'agentscope-ai/agentscope-java #2073', keepAlive(PLAIN)),
  of('a connection that breaks after the finish reason', 'servers that close by reset', cutOff(words() + stop())),
  of(
    'empty data as heartbeats',
    'cadis #362, wave-agent #1326, openclaw #52679',
    send('data:\n\n' + words().replaceAll('\n\n', '\n\ndata: \n\n') + stop() + 'data:\n\n' + DONE),
  ),
  of(
    'ping events',
    "Anthropic's streams, and gateways that pass them on",
    send('event: ping\ndata: {"type":"ping"}\n\n' + PLAIN),
  ),
  of(
    'pings that are no JSON',
    'the same',
    send('event: ping\ndata: ping\n\n' + words() + event('ping') + stop() + DONE),
  ),
  of('CRLF line ends', OPENAI_SSE, send(PLAIN.replaceAll('\n', '\r\n'))),
  of('CR line ends', OPENAI_SSE, send(PLAIN.replaceAll('\n', '\r'))),
  of('a byte order mark', OPENAI_SSE, send('\ufeff' + PLAIN)),
  of('no space after the colon', OPENAI_SSE, send(PLAIN.replaceAll('data: ', 'data:'))),
  of(
    'comments, ids and names',
    "OpenRouter's `: OPENROUTER PROCESSING`",
    send(': hello\n\n' + PLAIN.replaceAll('data: {', ': x\n\nid: 7\nevent: message\nretry: 3\ndata: {')),
  ),
  of('an event of many lines', OPENAI_SSE, send(PLAIN.replaceAll('"choices":', '\ndata: "choices":'))),
  of('a finish reason of ""', 'qualcomm/GenieX #1246', send(words('') + stop() + DONE)),
  of(
    'a finish reason before the text',
    'open-webui/open-webui #16377',
    send(chunk({ content: '' }, 'stop') + words() + stop() + DONE),
  ),
  of('a finish reason in every chunk', 'BerriAI/litellm #2195, su-kaka/gcli2api #403', send(words('stop') + DONE)),
  of(
    'content as parts',
    'Mistral, LMDeploy',
    send(WORDS.map((text) => chunk({ content: [{ type: 'text', text }] })).join('') + stop() + DONE),
  ),
  of(
    'choices[].text',
    'the older completions API, which some servers answer with',
    send(
      WORDS.map((text) => event(JSON.stringify({ choices: [{ index: 0, text, finish_reason: null }] }))).join('') +
        stop() +
        DONE,
    ),
  ),
  of(
    'a JSON body instead of a stream',
    'servers that ignore `stream`; lidge-jun/opencodex #3770',
    send(whole({ role: 'assistant', content: TEXT }), { type: 'application/json' }),
  ),
  of(
    'a JSON body that calls itself a stream',
    'the same behind a proxy',
    send(whole({ role: 'assistant', content: TEXT })),
  ),
  of(
    'the whole message once more behind its pieces',
    "MiniMax's last chunk",
    send(words() + stop() + event(whole({ role: 'assistant', content: TEXT })) + DONE),
  ),
  of(
    'the whole message once more with the finish reason',
    'the same',
    send(words() + event(whole({ role: 'assistant', content: TEXT })) + DONE),
  ),
  of(
    'no empty lines between the events',
    'servers that write `data: …` and one line end',
    send(PLAIN.replaceAll('\n\n', '\n')),
  ),
  of('[done] in small letters', 'the same', send(words() + event('[done]'))),
  of(
    'a JSON body and a connection left open',
    'servers that ignore `stream`, behind a proxy that keeps the connection',
    leaveOpen(whole({ role: 'assistant', content: TEXT })),
  ),
  of('lines of JSON', 'servers that leave out `data:`', send(PLAIN.replaceAll('data: ', '').replaceAll('\n\n', '\n'))),
  of('a stream that calls itself JSON', 'servers of one content type', send(PLAIN, { type: 'application/json' })),
  of('a status of 201', 'NestJS and other frameworks whose POST answers 201', send(PLAIN, { status: 201 })),
  of(
    'a finish reason of tool_calls though no tool was offered',
    'models that were trained on tools',
    send(words() + stop('tool_calls') + DONE),
  ),
  of('an unknown finish reason', "TGI's eos_token, Anthropic's end_turn", send(words() + stop('eos_token') + DONE)),
  {
    ...of('a finish reason of MAX_TOKENS', "Gemini's FinishReason", send(words() + stop('MAX_TOKENS') + DONE)),
    end: 'length',
  },
  { ...of('a filter', 'OpenAI, Azure, Gemini', send(words() + stop('content_filter') + DONE)), end: 'content_filter' },
  {
    ...of(
      'an empty answer',
      'a model that says nothing',
      send(chunk({ role: 'assistant', content: '' }) + stop() + DONE),
    ),
    text: '',
  },
  {
    ...of(
      'half a character at a time',
      'elizaOS/eliza #30904',
      send(chunk({ content: 'a' }) + half(String.raw`\ud83d`) + half(String.raw`\ude00`) + stop() + DONE),
    ),
    text: 'a😀',
  },
  {
    ...of(
      'half a character at the end',
      'the same, cut at the limit',
      send(chunk({ content: 'a' }) + half(String.raw` \ud83d`) + stop('length') + DONE),
    ),
    text: 'a \ufffd',
    end: 'length',
  },
];

/** Broken answers: what came of them may be gone on with elsewhere. */
export const BROKEN: readonly OddAnswer[] = [
  broken('lines of JSON without a finish reason', 'the same without `data:`', send(words().replaceAll('data: ', ''))),
  broken('the end of the file without a finish reason', 'vercel/ai #19165', send(words())),
  broken('a usage chunk and the end of the file', 'the same', send(words() + usage())),
  broken('a connection that breaks', 'a server that crashes', cutOff(words())),
  broken('a finish reason of abort', 'vllm-project/vllm #57082', send(words() + stop('abort') + DONE)),
  broken('a finish reason of error', "Mistral's and vLLM's", send(words() + stop('error') + DONE)),
  broken(
    'an error event',
    'BerriAI/litellm #40578',
    send(words() + event('{"error":{"message":"CUDA out of memory"}}') + DONE),
  ),
  broken(
    'an event that is named error',
    'lmstudio-ai/lmstudio-bug-tracker #2322',
    send(words() + 'event: error\ndata: {"message":"overflow"}\n\n'),
  ),
  { ...broken('[DONE] and nothing else', 'queues that give up', send(DONE)), text: '' },
  { ...broken('an empty body', 'proxies', send('')), text: '' },
  {
    ...broken(
      'an error as a JSON body',
      'LocalAI, Ollama',
      send('{"error":"model crashed"}', { type: 'application/json' }),
    ),
    text: '',
  },
  {
    ...broken('JSON that is no answer', 'FastAPI', send('{"detail":"Not Found"}', { type: 'application/json' })),
    text: '',
  },
  {
    ...broken(
      'a JSON body that is cut',
      'proxies with a limit',
      send(whole({ content: TEXT }).slice(0, 60), { type: 'application/json' }),
    ),
    text: '',
  },
  {
    ...broken(
      'a web page',
      'sign-in pages of hotel networks',
      send('<html>Please log in</html>', { type: 'text/html' }),
    ),
    text: '',
  },
];

function of(name: string, source: string, play: OddAnswer['play']): OddAnswer {
  return { name, source, play, end: 'stop', text: TEXT };
}

function broken(name: string, source: string, play: OddAnswer['play']): OddAnswer {
  return { ...of(name, source, play), end: 'broken' };
}
