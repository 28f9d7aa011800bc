import { describe, expect, test } from 'vitest';
import { parseChatRequest } from './openai.ts';
import type { Message } from './message.ts';
import type { RequestFault } from './request-fault.ts';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const ask = { role: 'user', content: 'hi' };
const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } };

function read(...messages: unknown[]): readonly Message[] {
  const parsed = parseChatRequest({ model: 'm', messages });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.messages;
}
function refuse(...messages: unknown[]): RequestFault {
  const parsed = parseChatRequest({ model: 'm', messages });
  if (parsed.ok) throw new Error('accepted');
  return parsed.error;
}
const needsOf = (...messages: unknown[]): unknown => {
  const parsed = parseChatRequest({ model: 'm', messages });
  return parsed.ok && parsed.value.needs;
};

describe('the tool loop', () => {
  test('calls and their answers are handed on as they were', () => {
    const loop = [
      ask,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'seen' },
    ];
    expect(read(...loop)).toEqual([ask, { role: 'assistant', content: '', tool_calls: [call] }, loop[2]]);
    expect(needsOf(...loop)).toEqual(['tools']);
  });

  test('thinking between calls is handed back to the model, under either name; that of an answer is not', () => {
    for (const field of ['reasoning_content', 'reasoning'])
      expect(read(ask, { role: 'assistant', content: '', tool_calls: [call], [field]: 'hm' })[1]).toMatchObject({
        reasoning_content: 'hm',
      });
    expect(read(ask, { role: 'assistant', content: 'x', reasoning_content: 'hm' })[1]).toEqual({
      role: 'assistant',
      content: 'x',
    });
  });

  test('an answer sent back as it came is accepted', () => {
    const empty = { refusal: null, annotations: [], audio: null, function_call: null, tool_calls: [] };
    expect(read(ask, { role: 'assistant', content: 'yes', ...empty })[1]).toEqual({
      role: 'assistant',
      content: 'yes',
    });
    expect(read(ask, { role: 'assistant', content: null, refusal: 'no' })[1]).toEqual({
      role: 'assistant',
      content: 'no',
    });
  });

  test('a call without arguments, or with parsed ones, is a call', () => {
    const given = (args: unknown): unknown =>
      read(ask, { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'f', arguments: args } }] })[1];
    expect(given(null)).toMatchObject({ tool_calls: [{ function: { arguments: '{}' } }] });
    expect(given({ a: 1 })).toMatchObject({ tool_calls: [{ function: { arguments: '{"a":1}' } }] });
  });

  test('an empty list is an empty text where null is one: beside calls, and as what a tool says', () => {
    const loop = [
      { role: 'assistant', content: [], tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: [] },
      { role: 'function', name: 'look', content: [] },
    ];
    expect(read(ask, ...loop).map((one) => one.content)).toEqual(['hi', '', '', '']);
    expect(refuse({ role: 'user', content: [] }).param).toBe('messages[0].content');
  });

  test('the older form becomes calls whose ids fit each other', () => {
    const old = [
      ask,
      { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{}' } },
      { role: 'function', name: 'look', content: 'seen' },
    ];
    const [, asked, answered] = read(...old);
    expect(asked).toMatchObject({ tool_calls: [{ function: { name: 'look', arguments: '{}' } }] });
    const id = asked?.role === 'assistant' ? asked.tool_calls?.[0]?.id : null;
    expect(answered).toEqual({ role: 'tool', content: 'seen', tool_call_id: id });
  });

  test.each<[string, unknown]>([
    ['messages[0].tool_calls[0].id', { role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }],
    ['messages[0].tool_calls[0].function', { role: 'assistant', tool_calls: [{ id: 'x' }] }],
    [
      'messages[0].tool_calls[1].function.name',
      { role: 'assistant', tool_calls: [call, { id: 'x', function: { name: 5 } }] },
    ],
    ['messages[0].tool_call_id', { role: 'tool', content: 'x' }],
    ['messages[0].name', { ...ask, name: 'n'.repeat(257) }],
    ['messages[0].name', { ...ask, name: 'half \ud83d' }],
    [
      'messages[0].tool_calls[0].function.arguments',
      { role: 'assistant', tool_calls: [{ id: 'x', function: { name: 'f', arguments: { at: ['\ud83d'] } } }] },
    ],
  ])('%s is named where it is wrong', (param, message) => {
    expect(refuse(message).param).toBe(param);
  });
});

describe('pictures', () => {
  test('a data URI is handed on beside the text, however the client writes the part', () => {
    const text = { type: 'text', text: 'what is this' };
    const whole = { type: 'image_url', image_url: { url: PNG, detail: 'low' } };
    expect(read({ role: 'user', content: [text, whole] })[0]?.content).toEqual([text, whole]);
    for (const part of [
      { type: 'image_url', image_url: PNG },
      { type: 'input_image', image_url: PNG },
    ])
      expect(read({ role: 'user', content: [part] })[0]?.content).toEqual([
        { type: 'image_url', image_url: { url: PNG } },
      ]);
    expect(needsOf({ role: 'user', content: [whole] })).toEqual(['images']);
  });

  test('a picture of megabytes is read', () => {
    const url = `data:image/jpeg;base64,${'A'.repeat(3_000_000)}==`;
    expect(read({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] })).toHaveLength(1);
  });

  test('what is no base64 is found wherever it stands', () => {
    const head = 'data:image/png;base64,';
    for (const at of [0, 1, 16_381, 16_382, 16_383, 16_384, 32_767, 49_999]) {
      const url = `${head}${'A'.repeat(at)}"${'A'.repeat(49_999 - at)}`;
      expect(refuse({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }).message).toContain('data');
    }
  });

  test.each([
    'https://example.com/a.png',
    'data:text/html;base64,AAAA',
    'data:image/svg+xml;base64,AAAA',
    'data:image/png;base64,',
    'data:image/png;base64,==',
    'data:image/png;base64,A A',
    `data:image/png;base64,${'A'.repeat(20_000)}=${'A'.repeat(20_000)}`,
    `data:image/png;base64,${'A'.repeat(16_383)}=====`,
  ])('%.60s is no picture that a home can read, and what to send is told', (url) => {
    const fault = refuse({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] });
    expect(fault.param).toBe('messages[0].content[0].image_url.url');
    expect(fault.message).toContain('data URI');
  });

  test.each(['input_audio', 'file', 'video_url'])('a part of type %s is refused at its place', (type) => {
    expect(refuse({ role: 'user', content: [{ type: 'text', text: 'x' }, { type }] })).toMatchObject({
      param: 'messages[0].content[1].type',
      code: 'unsupported_parameter',
    });
  });
});
