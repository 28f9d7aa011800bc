// Streamed answers in the Messages API, chunk by chunk.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeUsage } from '../../schema/chunks.ts';
import type { Usage } from '../../schema/chunks.ts';
import type { CallDelta, ChatChunk, ChatCompletion, ChatFinish } from './dialect.ts';
import { messagesDialect } from './messages.ts';

type Delta = ChatChunk['choices'][number]['delta'];
type Json = Record<string, any>;

const head = { id: 'chatcmpl-7', created: 1, model: 'm' };
const usage = makeUsage({ promptTokens: 12, outputTokens: 5, thinkingTokens: 0 });

function chunk(delta: Delta, finish: ChatFinish | null = null): ChatChunk {
  return { ...head, choices: [{ index: 0, delta, finish_reason: finish }] };
}

function call(index: number, given: string, id?: string): Delta {
  const first = id === undefined ? {} : { id, type: 'function' as const };
  const name = id === undefined ? {} : { name: 'f' };
  return { tool_calls: [{ index, ...first, function: { ...name, arguments: given } }] };
}

function stream(deltas: readonly Delta[], finish: ChatFinish = 'stop', told: Usage = usage): string {
  const written = messagesDialect.openStream({ expectedInputTokens: 10 }, head);
  return [
    written.start(),
    ...deltas.map((delta) => written.take(chunk(delta))),
    written.take(chunk({}, finish)),
    written.take({ ...head, choices: [], usage: told, irori: { job: 'job_1' } }),
    written.end(),
  ].join('');
}

/** Events by their data; each is held against its name. */
function read(text: string): Json[] {
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
      const json = JSON.parse(data ?? '') as Json;
      expect(json['type']).toBe(name);
      return json;
    });
}

/** What is wrong with the order of these events: blocks stand one after another, and the message ends after all of them. */
function findDisorder(events: readonly Json[]): string[] {
  const found: string[] = [];
  let open = -1;
  let last = -1;
  for (const { type, index } of events) {
    const isRight =
      type === 'content_block_start'
        ? open === -1 && index === last + 1
        : type.startsWith('content')
          ? index === open
          : true;
    if (!isRight) found.push(`${type} ${index} while ${open} is open`);
    if (type === 'content_block_start') open = last = index;
    else if (type === 'content_block_stop') open = -1;
    else if (type === 'message_delta' && open !== -1) found.push(`${open} was not stopped`);
  }
  return found;
}

/** Adds events up as clients do. */
function addUp(events: readonly Json[]): Json {
  expect(findDisorder(events)).toEqual([]);
  expect(events.at(-1)?.['type']).toBe('message_stop');
  const message = { ...(events[0]?.['message'] as Json) };
  const blocks: Json[] = [];
  for (const event of events) {
    const block = blocks[event['index']];
    if (event['type'] === 'content_block_start') blocks.push({ ...event['content_block'] });
    else if (event['type'] === 'content_block_delta' && block) addDelta(block, event['delta']);
    else if (event['type'] === 'content_block_stop' && block?.['json'] !== undefined) {
      block['input'] = JSON.parse(block['json']);
      delete block['json'];
    } else if (event['type'] === 'message_delta') {
      const { delta, irori, usage: told } = event;
      Object.assign(message, delta, { irori, usage: { ...message['usage'], ...told } });
    }
  }
  return { ...message, content: blocks };
}

function addDelta(block: Json, delta: Json): void {
  if (delta['type'] === 'text_delta') block['text'] += delta['text'];
  else if (delta['type'] === 'thinking_delta') block['thinking'] += delta['thinking'];
  else if (delta['type'] === 'signature_delta') block['signature'] = delta['signature'];
  else block['json'] = (block['json'] ?? '') + delta['partial_json'];
}

function typesOf(text: string): string[] {
  return read(text).map((event) => event['type']);
}

describe('a stream', () => {
  test('of a text begins, says it and ends, by the names of its events', () => {
    const text = stream([{ role: 'assistant', content: '' }, { content: 'Hel' }, { content: 'lo' }]);
    expect(typesOf(text)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    const [start] = read(text);
    expect(start?.['message']).toMatchObject({
      id: 'msg_7',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 10, output_tokens: 0 },
    });
    expect(addUp(read(text))).toMatchObject({
      stop_reason: 'end_turn',
      usage: { input_tokens: 12, output_tokens: 5 },
      irori: { job: 'job_1' },
    });
  });

  test('of thinking signs it before its stop', () => {
    const events = read(stream([{ reasoning_content: 'h' }, { reasoning_content: 'm' }, { content: 'x' }]));
    const deltas = events
      .filter((event) => event['type'] === 'content_block_delta')
      .map((event) => event['delta']['type']);
    expect(deltas).toEqual(['thinking_delta', 'thinking_delta', 'signature_delta', 'text_delta']);
    expect(addUp(events)['content']).toMatchObject([{ thinking: 'hm', signature: 'irori-msg_7' }, { text: 'x' }]);
  });

  test('of calls tells each as it comes, with the id that its home gave', () => {
    const written = messagesDialect.openStream({}, head);
    expect(typesOf(written.take(chunk(call(0, '', 'toolu_9'))))).toEqual(['content_block_start']);
    expect(typesOf(written.take(chunk(call(0, '{"a"'))))).toEqual(['content_block_delta']);
    expect(typesOf(written.take(chunk(call(0, ':1}'))))).toEqual(['content_block_delta']);
    const second = read(written.take(chunk(call(1, '{', 'call_b'))));
    expect(second.map((event) => event['type'])).toEqual([
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
    ]);
    expect(second[1]).toMatchObject({ index: 1, content_block: { id: 'call_b', name: 'f', input: {} } });
  });

  test('of calls whose pieces are mixed tells one after another', () => {
    const mixed = [
      call(0, '', 'a'),
      call(1, '', 'b'),
      call(0, '{"x":"}'),
      call(1, '{"y'),
      { content: 'text' },
      call(0, '\\"{"}'),
      call(1, '":2}'),
    ];
    const { content } = addUp(read(stream(mixed)));
    expect(content).toMatchObject([{ id: 'a', input: { x: '}"{' } }, { id: 'b', input: { y: 2 } }, { text: 'text' }]);
  });

  test('of a call without input has an empty one', () => {
    expect(addUp(read(stream([call(0, '', 'a'), call(1, '{}', 'b')])))['content']).toMatchObject([
      { id: 'a', input: {} },
      { id: 'b', input: {} },
    ]);
  });

  test('in silence pings', () => {
    expect(messagesDialect.openStream({}, head).ping()).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });

  test('that broke off ends in an error, with no sign of a good end', () => {
    const written = messagesDialect.openStream({}, head);
    const text =
      written.take(chunk({ content: 'x' })) +
      written.fail({ message: 'Gone.', type: 'server_error', code: 'home_failed' });
    expect(typesOf(text)).toEqual(['content_block_start', 'content_block_delta', 'error']);
    expect(read(text).at(-1)).toEqual({
      type: 'error',
      error: {
        type: 'api_error',
        message: 'Gone.',
        code: 'home_failed',
        param: null,
        details: { error_code: 'home_failed' },
      },
    });
  });

  test.each([
    ['server_error', 'no_node_online', 'overloaded_error'],
    ['server_error', 'first_token_timeout', 'timeout_error'],
    ['rate_limit_error', 'all_homes_busy', 'rate_limit_error'],
    ['insufficient_quota', 'insufficient_credit', 'billing_error'],
    ['server_error', 'constructor', 'api_error'],
  ])('that broke off for %s %s has the type %s', (type, code, told) => {
    const text = messagesDialect.openStream({}, head).fail({ message: 'Gone.', type, code });
    expect(read(text)[0]?.['error']['type']).toBe(told);
  });

  test('is one line an event to every reader, and whole characters', () => {
    const text = stream([{ content: 'a\u2028b\u0085c\n\nd\ud83d' }]);
    expect(text).not.toMatch(/[\u0085\u2028]/);
    expect(addUp(read(text))['content']).toMatchObject([{ text: 'a\u2028b\u0085c\n\nd\ufffd' }]);
  });
});

const anyCall = fc.record({ id: fc.string({ minLength: 1 }), name: fc.string(), given: fc.object({ maxDepth: 2 }) });
const anyAnswer = fc.record({
  thinking: fc.string({ unit: 'grapheme' }),
  text: fc.string({ unit: 'grapheme' }),
  calls: fc.array(anyCall, { maxLength: 3 }),
  finish: fc.constantFrom<ChatFinish>('stop', 'length', 'tool_calls', 'content_filter'),
  thinkingTokens: fc.nat(9),
});

/** A text cut into pieces of these lengths; what is left is the last. */
function cut(text: string, lengths: readonly number[]): string[] {
  const chars = Array.from(text);
  const pieces = lengths.map((length) => chars.splice(0, length).join(''));
  return [...pieces, chars.join('')];
}

test('any cut of an answer adds up to its whole message', () => {
  fc.assert(
    fc.property(anyAnswer, fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 12 }), (answer, lengths) => {
      const { thinking, text, finish, thinkingTokens } = answer;
      const calls = answer.calls.map(({ id, name, given }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: JSON.stringify(given) },
      }));
      const told = makeUsage({ promptTokens: 12, outputTokens: 20, thinkingTokens });
      const message = { role: 'assistant' as const, content: text, reasoning_content: thinking, tool_calls: calls };
      const whole: ChatCompletion = {
        ...head,
        choices: [{ index: 0, message, finish_reason: finish }],
        usage: told,
        irori: { job: 'job_1' },
      };
      const deltas: Delta[] = [
        ...cut(thinking, lengths).map((piece) => ({ reasoning_content: piece })),
        ...cut(text, lengths).map((piece) => ({ content: piece })),
        ...calls.flatMap(({ id, type, function: { name, arguments: given } }, index) =>
          cut(given, lengths).map((piece, i): Delta => {
            const first: CallDelta = { index, id, type, function: { name, arguments: piece } };
            return { tool_calls: [i === 0 ? first : { index, function: { arguments: piece } }] };
          }),
        ),
      ];
      expect(addUp(read(stream(deltas, finish, told)))).toEqual(messagesDialect.encodeWhole({}, whole));
    }),
    { numRuns: 500 },
  );
});

const anyDelta: fc.Arbitrary<Delta> = fc.oneof(
  fc.record({ content: fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null)) }),
  fc.record({ reasoning_content: fc.string({ unit: 'binary' }) }),
  fc.record({
    tool_calls: fc.array(
      fc.record({
        index: fc.nat(3),
        function: fc.record({ arguments: fc.constantFrom('', '{', '}', '"', '\\', '{}', 'x') }),
      }),
    ),
  }),
);

test('whatever a home says, blocks stand one after another', () => {
  fc.assert(
    fc.property(fc.array(anyDelta, { maxLength: 30 }), (deltas) => {
      expect(findDisorder(read(stream(deltas)))).toEqual([]);
    }),
  );
});
