// Whole answers and errors in the shapes of the Messages API.
import { describe, expect, test } from 'vitest';
import { makeUsage } from '../../schema/chunks.ts';
import type { ChatCompletion, ChatFinish } from './dialect.ts';
import { encodeTokenCount } from './messages-answer.ts';
import { encodeEventError, encodeMessagesError } from './messages-errors.ts';
import { messagesDialect } from './messages.ts';
import { ENERGY } from '../test/sample-energy.ts';

type Message = ChatCompletion['choices'][number]['message'];

function complete(message: Partial<Message>, finish: ChatFinish = 'stop'): ChatCompletion {
  return {
    id: 'chatcmpl-7',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: finish }],
    usage: makeUsage({ promptTokens: 12, outputTokens: 5, thinkingTokens: 2 }),
  };
}

function encode(message: Partial<Message>, finish?: ChatFinish): Record<string, unknown> {
  return messagesDialect.encodeWhole({}, complete(message, finish)) as Record<string, unknown>;
}

function call(id: string, given: string): NonNullable<Message['tool_calls']>[number] {
  return { id, type: 'function', function: { name: 'f', arguments: given } };
}

describe('a whole answer', () => {
  test('is a message with everything that its clients declare', () => {
    expect(encode({ content: 'Hello.' })).toEqual({
      id: 'msg_7',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'Hello.', citations: null }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 12,
        output_tokens: 5,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation: null,
        output_tokens_details: { thinking_tokens: 2 },
        server_tool_use: null,
        inference_geo: null,
        service_tier: 'standard',
        speed: null,
      },
    });
  });

  test('tells its energy beside the counts', () => {
    const { usage, ...whole } = complete({ content: 'x' });
    const told = messagesDialect.encodeWhole({}, { ...whole, usage: { ...usage, energy: ENERGY } });
    expect(told).toMatchObject({ usage: { output_tokens: 5, energy: ENERGY } });
  });

  test('holds thinking, text and calls in this order, and ends for the calls', () => {
    const calls = [call('toolu_1', '{"a":1}'), call('call_2', '')];
    const { content, stop_reason: reason } = encode(
      { content: 'x', reasoning_content: 'hm', tool_calls: calls },
      'tool_calls',
    );
    expect(reason).toBe('tool_use');
    expect(content).toEqual([
      { type: 'thinking', thinking: 'hm', signature: 'irori-msg_7' },
      { type: 'text', text: 'x', citations: null },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 }, caller: { type: 'direct' } },
      { type: 'tool_use', id: 'call_2', name: 'f', input: {}, caller: { type: 'direct' } },
    ]);
  });

  test.each(['{"a":', '"x"', '[1]', 'null', 'nonsense'])(
    'input %s, which is no object, stands whole under a name',
    (given) => {
      expect(encode({ tool_calls: [call('t', given)] }).content).toMatchObject([{ input: { INVALID_JSON: given } }]);
    },
  );

  test.each([
    ['stop', false, 'end_turn'],
    ['stop', true, 'tool_use'],
    ['tool_calls', true, 'tool_use'],
    ['length', false, 'max_tokens'],
    ['length', true, 'max_tokens'],
    ['content_filter', false, 'refusal'],
  ] as const)('that ended for %s, with calls %s, has the reason %s', (finish, hasCalls, reason) => {
    const encoded = encode({ content: 'x', ...(hasCalls && { tool_calls: [call('t', '{}')] }) }, finish);
    expect(encoded['stop_reason']).toBe(reason);
    expect(encoded['stop_details'] === null).toBe(reason !== 'refusal');
  });

  test('of nothing has no blocks', () => {
    expect(encode({}).content).toEqual([]);
  });

  test('carries the facts of the network', () => {
    const irori = { job: 'job_1' };
    expect(messagesDialect.encodeWhole({}, { ...complete({ content: 'x' }), irori })).toMatchObject({ irori });
  });

  test('of a count is a number of tokens', () => {
    expect(encodeTokenCount(7)).toEqual({ input_tokens: 7 });
  });
});

describe('an error', () => {
  test.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [402, 'billing_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [405, 'invalid_request_error'],
    [408, 'timeout_error'],
    [413, 'request_too_large'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [502, 'api_error'],
    [503, 'overloaded_error'],
    [504, 'timeout_error'],
    [529, 'overloaded_error'],
  ])('of status %d has the type %s', (status, type) => {
    const error = { status, message: 'No.', type: 'x', code: 'some_code', param: 'messages[0]' };
    expect(encodeMessagesError({ ...error, requestId: 'req_1' })).toEqual({
      type: 'error',
      error: { type, message: 'No.', code: 'some_code', param: 'messages[0]', details: { error_code: 'some_code' } },
      request_id: 'req_1',
    });
    expect(messagesDialect.encodeError(error)).toMatchObject({ request_id: null });
  });

  test.each([
    ['response_format', 'output_config.format'],
    ['stop', 'stop_sequences'],
    ['messages', 'messages'],
    ['output_config.format.schema', 'output_config.format.schema'],
  ])('in the chat field %s is told of %s', (field, param) => {
    const error = { status: 400, message: `Leave '${field}' out.`, type: 'x', code: 'no_home_fits', param: field };
    const told = { error: { param, message: `Leave '${param}' out.` } };
    expect(encodeMessagesError(error)).toMatchObject(told);
    expect(encodeEventError(error)).toMatchObject(told);
  });

  test('of a kept conversation says the word on which clients send all of it again', () => {
    const error = {
      status: 400,
      message: 'No.',
      type: 'x',
      code: 'unsupported_parameter',
      param: 'thread.previous_message_id',
    };
    expect(encodeMessagesError(error)).toMatchObject({ error: { details: { error_code: 'thread_not_found' } } });
  });
});
