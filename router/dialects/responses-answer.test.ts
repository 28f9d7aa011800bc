// What clients of the Responses API are told of an answer: events in their order, and the same object at the end however the answer came.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutAnswer } from '../test/cut-answer.ts';
import { ENERGY } from '../test/sample-energy.ts';
import type { ChatChunk, ChatCompletion } from './dialect.ts';
import type { ResponsesFacts } from './responses-facts.ts';
import { responses } from './responses.ts';

const head = { id: 'chatcmpl-1a2b', created: 1_700_000_000, model: 'm' };
const usage = {
  prompt_tokens: 7,
  completion_tokens: 5,
  total_tokens: 12,
  completion_tokens_details: { reasoning_tokens: 2 },
  energy: ENERGY,
};
const TOOLS = [
  { type: 'function', name: 'shell' },
  { type: 'custom', name: 'apply_patch' },
  { type: 'namespace', name: 'mail', description: 'd', tools: [{ type: 'function', name: 'read' }] },
];

interface Event {
  readonly type: string;
  readonly sequence_number: number;
  readonly delta?: string;
  readonly output_index?: number;
  readonly item?: Record<string, unknown>;
  readonly response?: Record<string, unknown>;
}

function factsOf(body: object = {}): ResponsesFacts {
  const parsed = responses.parse({ model: 'm', input: 'hi', tools: TOOLS, ...body });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value.facts;
}

type Message = Partial<ChatCompletion['choices'][number]['message']>;

function wholeOf(
  message: Message,
  finish: ChatCompletion['choices'][number]['finish_reason'] = 'stop',
): ChatCompletion {
  const full = { role: 'assistant' as const, content: null, ...message };
  return { ...head, choices: [{ index: 0, message: full, finish_reason: finish }], usage, irori: { job: 'job_1' } };
}

function callOf(name: string, given: string, id = 'call_1') {
  return { id, type: 'function' as const, function: { name, arguments: given } };
}

function stream(chunks: readonly ChatChunk[], facts: ResponsesFacts): Event[] {
  const told = responses.openStream(facts, head);
  return readEvents([told.start(), ...chunks.map((chunk) => told.take(chunk)), told.end()].join(''));
}

function readEvents(text: string): Event[] {
  expect(text).toMatch(/^(?:event: [\w.]+\ndata: \{.*\}\n\n)*$/);
  return [...text.matchAll(/event: (.+)\ndata: (.+)\n\n/g)].map(([, type, data]) => {
    const event = JSON.parse(data!) as Event;
    expect(event.type).toBe(type);
    return event;
  });
}

function outputOf(events: readonly Event[]): unknown[] {
  return (events.at(-1)?.response?.['output'] ?? []) as unknown[];
}

function typesOf(events: readonly Event[]): string[] {
  return events.map(({ type }) => type.replace(/^response\./, '')).filter((type, i, all) => type !== all[i - 1]);
}

describe('events', () => {
  test('of a text stand in the order that clients expect, each with its number', () => {
    const events = stream(cutAnswer(wholeOf({ content: 'Hello there' })), factsOf());
    expect(typesOf(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, i) => i));
    expect(events.at(-1)?.response).toMatchObject({
      id: 'resp_1a2b',
      object: 'response',
      created_at: head.created,
      status: 'completed',
      error: null,
      incomplete_details: null,
      output: [
        {
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Hello there', annotations: [] }],
        },
      ],
      usage: {
        input_tokens: 7,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 12,
        energy: ENERGY,
      },
      irori: { job: 'job_1' },
      store: false,
    });
  });

  test('of thinking come before those of the text, as a summary too where one was asked for', () => {
    const chunks = cutAnswer(wholeOf({ reasoning_content: 'hm, so', content: 'Yes' }), [99]);
    const plain = stream(chunks, factsOf());
    expect(typesOf(plain).slice(2, 8)).toEqual([
      'output_item.added',
      'content_part.added',
      'reasoning_text.delta',
      'reasoning_text.done',
      'content_part.done',
      'output_item.done',
    ]);
    expect(plain.at(-1)?.response?.['output']).toMatchObject([
      { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'hm, so' }] },
      { type: 'message' },
    ]);
    const asked = stream(chunks, factsOf({ reasoning: { summary: 'auto' }, include: ['reasoning.encrypted_content'] }));
    expect(typesOf(asked)).toEqual(
      expect.arrayContaining([
        'reasoning_summary_part.added',
        'reasoning_summary_text.delta',
        'reasoning_summary_text.done',
        'reasoning_summary_part.done',
      ]),
    );
    expect(asked.at(-1)?.response?.['output']).toMatchObject([
      { summary: [{ type: 'summary_text', text: 'hm, so' }], encrypted_content: 'thought:' },
      {},
    ]);
    const carried = stream(chunks, factsOf({ include: ['reasoning.encrypted_content'] }));
    expect(outputOf(carried)[0]).toMatchObject({ summary: [], encrypted_content: 'thought:hm, so' });
  });

  test('of calls tell each in its own words', () => {
    const tool_calls = [
      callOf('shell', '{"command":"ls"}'),
      callOf('apply_patch', '{"input":"*** Begin\\n+x"}', 'call_2'),
      callOf('mail__read', '{}', 'call_3'),
      callOf('invented', '', 'call_4'),
    ];
    const events = stream(cutAnswer(wholeOf({ tool_calls }, 'tool_calls')), factsOf());
    expect(outputOf(events)).toEqual([
      {
        id: 'fc_1a2b_0',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_1',
        name: 'shell',
        arguments: '{"command":"ls"}',
      },
      {
        id: 'ctc_1a2b_1',
        type: 'custom_tool_call',
        status: 'completed',
        call_id: 'call_2',
        name: 'apply_patch',
        input: '*** Begin\n+x',
      },
      {
        id: 'fc_1a2b_2',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_3',
        name: 'read',
        namespace: 'mail',
        arguments: '{}',
      },
      {
        id: 'fc_1a2b_3',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_4',
        name: 'invented',
        arguments: '',
      },
    ]);
    const patch = events.filter(({ type }) => type === 'response.custom_tool_call_input.delta');
    expect(patch.length).toBeGreaterThan(2);
    expect(patch.map(({ delta }) => delta).join('')).toBe('*** Begin\n+x');
    expect(typesOf(events)).toEqual(
      expect.arrayContaining([
        'function_call_arguments.delta',
        'function_call_arguments.done',
        'custom_tool_call_input.done',
      ]),
    );
  });

  test('of calls whose pieces come in turns keep each call whole', () => {
    const piece = (index: number, given: string, first: object = {}): ChatChunk => ({
      ...head,
      choices: [
        {
          index: 0,
          delta: { tool_calls: [{ index, ...first, function: { name: 'shell', arguments: given } }] },
          finish_reason: null,
        },
      ],
    });
    const events = stream(
      [piece(0, 'a', { id: 'x' }), piece(1, 'b', { id: 'y' }), piece(0, 'c'), piece(1, 'd')],
      factsOf(),
    );
    expect(outputOf(events)).toMatchObject([{ arguments: 'ac' }, { arguments: 'bd' }]);
  });

  test('of a cut answer end as incomplete, with the reason', () => {
    for (const [finish, reason] of [
      ['length', 'max_output_tokens'],
      ['content_filter', 'content_filter'],
    ] as const) {
      const events = stream(cutAnswer(wholeOf({ content: 'Hel' }, finish)), factsOf());
      expect(events.at(-1)).toMatchObject({
        type: 'response.incomplete',
        response: { status: 'incomplete', incomplete_details: { reason }, output: [{ status: 'incomplete' }] },
      });
    }
  });

  test('of an empty answer hold an empty message', () => {
    const events = stream(cutAnswer(wholeOf({ content: '' })), factsOf());
    expect(outputOf(events)).toMatchObject([{ content: [{ text: '' }] }]);
  });

  test('of an answer that broke off end as failed, with what was told and the error', () => {
    const told = responses.openStream(factsOf(), head);
    const text = [
      told.start(),
      told.ping(),
      ...cutAnswer(wholeOf({ content: 'Hel' }))
        .slice(0, 2)
        .map(told.take),
      told.take({ ...head, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] }),
      told.fail({ message: 'The home went away.', type: 'server_error', code: 'home_failed' }),
    ].join('');
    const events = readEvents(text);
    expect(events[2]).toEqual({ type: 'keepalive', sequence_number: 2 });
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: {
        status: 'failed',
        error: { code: 'home_failed', message: 'The home went away.', type: 'server_error' },
        output: [{ status: 'incomplete', content: [{ text: 'Hel' }] }],
      },
    });
    expect(text).not.toContain('response.completed');
    expect(text).not.toContain('[DONE]');
  });

  test('are one line each to every reader', () => {
    const events = responses
      .openStream(factsOf(), head)
      .take(cutAnswer(wholeOf({ content: 'a\u2028b\u0085c\n' }), [99])[1]!);
    expect(events).not.toMatch(/[\u0085\u2028\u2029]/);
    expect(JSON.parse(/"delta":("[^"]*")/.exec(events)![1]!)).toBe('a\u2028b\u0085c\n');
  });

  test('tell log probabilities to those who asked', () => {
    const one = { token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [] };
    const chunk = {
      ...head,
      choices: [{ index: 0, delta: { content: 'Hi' }, logprobs: { content: [one] }, finish_reason: 'stop' as const }],
    };
    const asked = stream([chunk], factsOf({ include: ['message.output_text.logprobs'] }));
    expect(asked.at(-1)?.response?.['output']).toMatchObject([{ content: [{ logprobs: [one] }] }]);
    expect(stream([chunk], factsOf()).at(-1)?.response?.['output']).toMatchObject([{ content: [{ logprobs: [] }] }]);
  });
});

test('an error before the first byte has the shape that the official clients read', () => {
  expect(responses.encodeError({ status: 429, message: 'Busy.', type: 'rate_limit_error', code: 'busy' })).toEqual({
    error: { message: 'Busy.', type: 'rate_limit_error', code: 'busy', param: null },
  });
});

test.each([
  ['messages', 'input'],
  ['response_format', 'text.format'],
  ['logprobs', 'top_logprobs'],
  ['input[0].content', 'input[0].content'],
  ['tools[0].name', 'tools[0].name'],
])('a failure in the chat field %s is told of %s, before the first byte and in the stream', (field, param) => {
  const availability = { code: 'no_home_fits', excluded_by: field };
  const error = { status: 400, message: `Leave '${field}' out.`, type: 't', code: 'c', param: field, availability };
  const told = { param, message: `Leave '${param}' out.`, availability: { excluded_by: param } };
  expect(responses.encodeError(error)).toMatchObject({ error: told });
  const failed = responses.openStream(factsOf(), head).fail(error);
  expect(JSON.parse(failed.split('data: ')[1] ?? '')).toMatchObject({ response: { error: told } });
});

test('the same answer is told, whole or cut anywhere', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const name = fc.constantFrom('shell', 'apply_patch', 'mail__read', 'invented');
  const given = fc.oneof(
    text,
    text.map((input) => JSON.stringify({ input })),
  );
  const calls = fc.array(fc.tuple(name, given), { maxLength: 3 });
  const finish = fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter' as const);
  const facts = factsOf({ reasoning: { summary: 'auto' } });
  fc.assert(
    fc.property(
      text,
      text,
      calls,
      finish,
      fc.array(fc.nat(9), { minLength: 1 }),
      (thought, content, called, reason, sizes) => {
        const tool_calls = called.map(([one, args], i) => callOf(one, args, `call_${i}`));
        const whole = wholeOf({ content, reasoning_content: thought, tool_calls }, reason as 'stop');
        const events = stream(cutAnswer(whole, sizes), facts);
        expect(events.at(-1)?.response).toEqual(responses.encodeWhole(facts, whole));
        const deltas = (type: string): string =>
          events.flatMap((event) => (event.type === type ? [event.delta] : [])).join('');
        expect(deltas('response.output_text.delta')).toBe(content);
        expect(deltas('response.reasoning_text.delta')).toBe(thought);
        for (const kind of ['added', 'done'])
          expect(
            events.flatMap((event) => (event.type === `response.output_item.${kind}` ? [event.output_index] : [])),
          ).toEqual(outputOf(events).map((_, i) => i));
      },
    ),
  );
});

test('whatever chunks come, events are told and never thrown', () => {
  const piece = fc.record(
    {
      index: fc.nat(3),
      id: fc.string(),
      function: fc.record({ name: fc.string(), arguments: fc.string() }, { requiredKeys: [] }),
    },
    { requiredKeys: ['index', 'function'] },
  );
  const delta = fc.record(
    { content: fc.option(fc.string()), reasoning_content: fc.string(), tool_calls: fc.array(piece, { maxLength: 3 }) },
    { requiredKeys: [] },
  );
  const finish = fc.constantFrom(null, null, null, 'stop', 'length', 'error');
  const chunk = fc
    .record({ delta, finish_reason: finish })
    .map((choice) => ({ ...head, choices: [{ index: 0, ...choice }] }) as ChatChunk);
  fc.assert(
    fc.property(fc.array(chunk), (chunks) => {
      const events = stream(chunks, factsOf());
      expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, i) => i));
    }),
  );
});
