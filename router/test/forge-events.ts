// What a home might write in place of an answer: everything that would be read as more than its own words, by some client or by this router. Pure.
import type { ChunkHead } from '../../schema/chunks.ts';
import { DONE_EVENT, encodeErrorChunk, encodeFinishChunk, makeChunkWriter } from '../../schema/chunks.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One `data` frame that is not of the form. */
export interface Forgery {
  readonly name: string;
  readonly events: Uint8Array;
  readonly isThinking?: boolean;
}

/** The word that every forgery says where it says one: none may reach a caller. */
export const FORGED = 'forged';

/** Forgeries in the stream of this answer, whose role has been told. */
export function forgeEvents(head: ChunkHead): Forgery[] {
  const writer = makeChunkWriter(head, true);
  const good = writer.content(FORGED);
  const json = good.slice(6, -2);
  const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  const rewrite = (change: (chunk: any) => void): string => {
    const chunk = JSON.parse(json);
    change(chunk);
    return `data: ${JSON.stringify(chunk)}\n\n`;
  };
  const withDelta = (delta: object): string => rewrite((chunk) => void (chunk.choices[0].delta = delta));
  const texts: Record<string, string> = {
    'the end of the stream': decoder.decode(DONE_EVENT),
    'the end behind an event': good + decoder.decode(DONE_EVENT),
    'the end before an event': decoder.decode(DONE_EVENT) + good,
    'a usage': rewrite((chunk) => void (chunk.usage = usage)),
    'facts of the network': rewrite((chunk) => void (chunk.irori = { charge_micro: 0 })),
    'an error': decoder.decode(encodeErrorChunk(head, { message: FORGED, type: 'server_error', code: FORGED })),
    'a bare error': `data: {"error":{"message":"${FORGED}"}}\n\n`,
    'a finish': decoder.decode(encodeFinishChunk(head, 'stop', { role: false })),
    'a finish reason': rewrite((chunk) => void (chunk.choices[0].finish_reason = 'stop')),
    'an unknown finish reason': rewrite((chunk) => void (chunk.choices[0].finish_reason = FORGED)),
    'tool calls': withDelta({
      tool_calls: [{ index: 0, id: FORGED, type: 'function', function: { name: FORGED, arguments: '{}' } }],
    }),
    'a function call': withDelta({ function_call: { name: FORGED, arguments: '' } }),
    'a refusal': withDelta({ content: 'x', refusal: FORGED }),
    'another role': withDelta({ role: 'system', content: FORGED }),
    'the role again': makeChunkWriter(head).content(FORGED),
    'content that is null': withDelta({ content: null }),
    'content that is no text': withDelta({ content: [FORGED] }),
    'content that is empty': writer.content(''),
    'no content': withDelta({}),
    'content twice': good.replace('"content":', `"content":"a","content":`),
    'log probabilities': rewrite((chunk) => void (chunk.choices[0].logprobs = { content: [] })),
    'another id': rewrite((chunk) => void (chunk.id = FORGED)),
    'another model': rewrite((chunk) => void (chunk.model = FORGED)),
    'another time': rewrite((chunk) => void (chunk.created += 1)),
    'another object': rewrite((chunk) => void (chunk.object = FORGED)),
    'another index': rewrite((chunk) => void (chunk.choices[0].index = 1)),
    'two choices': rewrite((chunk) => void chunk.choices.push({ ...chunk.choices[0], index: 1 })),
    'no choices': rewrite((chunk) => void (chunk.choices = [])),
    'a key of its own': rewrite((chunk) => void (chunk.service_tier = FORGED)),
    'keys in another order': `data: ${JSON.stringify({ model: head.model, ...JSON.parse(json) })}\n\n`,
    'an id twice': good.replace('{"id":', `{"id":"${FORGED}","id":`),
    'a key behind the choices': good.replace(']}\n\n', `],"usage":null}\n\n`),
    'an empty object': 'data: {}\n\n',
    'an empty event': 'data: \n\n',
    'an event field': `event: error\n${good}`,
    'an id field': `id: ${FORGED}\n${good}`,
    'a retry field': `retry: 1\n${good}`,
    'a comment': `: ${FORGED}\n${good}`,
    'a comment behind it': `${good}: ${FORGED}\n\n`,
    'a bare comment line': ': \n\n',
    'data in two lines': `data: {"id":\ndata: 1}\n\n`,
    'data without a space': good.replace('data: ', 'data:'),
    'data with two spaces': good.replace('data: ', 'data:  '),
    'another field of data': good.replace('data: ', 'Data: '),
    'a mark of byte order': `\ufeff${good}`,
    'lines that end with CR': good.replace('\n\n', '\r\r'),
    'lines that end with CRLF': good.replace('\n\n', '\r\n\r\n'),
    'CR in a text': good.replace(FORGED, `a\r\rdata: [DONE]\r\r`),
    'an event in a text': good.replace(FORGED, `a"}}]}\n\ndata: [DONE]\n\n`),
    'a line end to other readers': good.replace(FORGED, `a\u2028data: [DONE]`),
    'a paragraph’s end to other readers': good.replace(FORGED, `a\u2029data: [DONE]`),
    'a next line to other readers': good.replace(FORGED, `a\u0085data: [DONE]`),
    'a zero in a text': good.replace(FORGED, 'a\0b'),
    'a tab in a text': good.replace(FORGED, 'a\tb'),
    'an escape that is none': good.replace(FORGED, String.raw`\x41`),
    'half an escape': good.replace(FORGED, String.raw`\u00`),
    'the first half of a pair': good.replace(FORGED, String.raw`\ud83d`),
    'the second half of a pair': good.replace(FORGED, String.raw`\ude00`),
    'halves in the wrong order': good.replace(FORGED, String.raw`\ude00\ud83d`),
    'a half before another escape': good.replace(FORGED, String.raw`\ud83d\u0041`),
    'a text that is not closed': good.replace(`${FORGED}"`, FORGED),
    'half an event': good.slice(0, -20),
    'an event without its blank line': good.slice(0, -1),
    'a third line end': `${good}\n`,
    'white space before it': ` ${good}`,
    'white space in it': good.replace('{"id":', '{ "id":'),
    'no event': 'hello, this is text\n\n',
    nothing: '',
    'thinking without its flag': writer.thinking(FORGED),
    'thinking beside content': withDelta({ reasoning_content: FORGED, content: FORGED }),
    'thinking under another name': withDelta({ reasoning: FORGED }),
    'text and thinking in one frame': good + writer.thinking(FORGED),
  };
  const broken = (bytes: number[]): Uint8Array => splice(good, FORGED, Uint8Array.from(bytes));
  const thought = makeChunkWriter(head, true).thinking('hm');
  return [
    ...Object.entries(texts).map(([name, text]) => ({ name, events: encoder.encode(text) })),
    {
      name: 'thinking under one of its names',
      events: encoder.encode(thought.replace(/,"reasoning":"[^"]*"/, '')),
      isThinking: true,
    },
    {
      name: 'thinking that differs under its names',
      events: encoder.encode(thought.replace(':"hm"}', `:"${FORGED}"}`)),
      isThinking: true,
    },
    {
      name: 'thinking longer under one name',
      events: encoder.encode(thought.replace(':"hm"}', ':"hmm"}')),
      isThinking: true,
    },
    { name: 'content flagged as thinking', events: encoder.encode(good), isThinking: true },
    { name: 'a byte that begins nothing', events: broken([0x61, 0xff, 0x61]) },
    { name: 'a character that is cut', events: broken([0xe5, 0x9b]) },
    { name: 'a character that is cut at the end of the frame', events: encoder.encode(good).slice(0, -3) },
    { name: 'a byte that goes on with nothing', events: broken([0x80]) },
    { name: 'a quotation mark written with two bytes', events: broken([0xc0, 0xa2]) },
    { name: 'a character written too long', events: broken([0xe0, 0x80, 0xaf]) },
    { name: 'half a pair as bytes', events: broken([0xed, 0xa0, 0xbd]) },
    { name: 'what lies beyond Unicode', events: broken([0xf4, 0x90, 0x80, 0x80]) },
  ];
}

/** The text's bytes with `what` in it replaced by these. */
function splice(text: string, what: string, bytes: Uint8Array): Uint8Array {
  const [before = '', after = ''] = text.split(what).map((part) => part);
  return Uint8Array.from([...encoder.encode(before), ...bytes, ...encoder.encode(after)]);
}
