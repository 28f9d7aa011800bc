// What the items of a Responses request become as a chat's messages, and what is refused with the remedy.
import { describe, expect, test } from 'vitest';
import { accept, messagesOf, refuse } from '../test/responses-requests.ts';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';

describe('input', () => {
  test('a text is what the user says, after the instructions', () => {
    expect(messagesOf('hi', { instructions: 'Be brief.' })).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
    ]);
  });

  test('messages are read in their easy form, in full, and as answers are sent back', () => {
    const input = [
      { role: 'user', content: 'a' },
      { type: 'message', id: 'mine', role: 'user', status: 'completed', content: [{ type: 'input_text', text: 'b' }] },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        phase: null,
        content: [{ type: 'output_text', text: 'c', annotations: [] }],
      },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'd' }] },
      { role: 'developer', content: 'e' },
    ];
    expect(messagesOf(input)).toEqual([
      { role: 'user', content: 'a\nb' },
      { role: 'assistant', content: 'c\n\nd' },
      { role: 'user', content: '<system-reminder>\ne\n</system-reminder>' },
    ]);
  });

  test('what instructs before anybody speaks becomes one system message', () => {
    const input = [
      { role: 'developer', content: [{ type: 'input_text', text: 'B' }] },
      { role: 'system', content: 'C' },
      { role: 'user', content: 'u' },
    ];
    expect(messagesOf(input, { instructions: 'A' })).toEqual([
      { role: 'system', content: 'A\n\nB\n\nC' },
      { role: 'user', content: 'u' },
    ]);
  });

  test('what instructs later stands in the turn of the user, and turns of one speaker are one', () => {
    const picture = { type: 'input_image', image_url: PNG };
    const input = [
      { role: 'user', content: 'u' },
      { role: 'developer', content: [{ type: 'input_text', text: 'D' }] },
      { role: 'user', content: [picture] },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'done' },
      { role: 'system', content: [{ type: 'input_text', text: 'E' }, picture] },
      { role: 'developer', content: '' },
      { role: 'user', content: 'v' },
    ];
    const shown = { type: 'image_url', image_url: { url: PNG } };
    expect(messagesOf(input)).toMatchObject([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'u' },
          { type: 'text', text: '<system-reminder>\nD\n</system-reminder>' },
          shown,
        ],
      },
      { role: 'assistant', tool_calls: [{ id: 'c1' }] },
      { role: 'tool', content: 'done' },
      { role: 'user', content: [{ text: '<system-reminder>\nE\n</system-reminder>' }, shown, { text: 'v' }] },
    ]);
  });

  test('pictures as data URIs are read, with their detail', () => {
    const content = [
      { type: 'input_text', text: 'what?' },
      { type: 'input_image', image_url: PNG, detail: 'low' },
    ];
    expect(messagesOf([{ role: 'user', content }])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'what?' },
          { type: 'image_url', image_url: { url: PNG, detail: 'low' } },
        ],
      },
    ]);
  });

  test('a turn of thoughts, words and calls is one message, and the outputs follow it', () => {
    const input = [
      { role: 'user', content: 'u' },
      { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
      { type: 'message', role: 'assistant', content: 'I look.' },
      { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'shell', arguments: '{"a":1}', status: 'completed' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'apply_patch', input: 'x "y"' },
      { type: 'function_call_output', call_id: 'c1', output: 'done' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'ok' }] },
    ];
    expect(messagesOf(input)).toEqual([
      { role: 'user', content: 'u' },
      {
        role: 'assistant',
        content: 'I look.',
        reasoning_content: 'hm',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'shell', arguments: '{"a":1}' } },
          { id: 'c2', type: 'function', function: { name: 'apply_patch', arguments: '{"input":"x \\"y\\""}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'done' },
      { role: 'tool', tool_call_id: 'c2', content: 'ok' },
    ]);
  });

  test('a thought is read out of the summary or of what was carried where nothing else came back', () => {
    const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
    for (const item of [
      { summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: null },
      { summary: [], encrypted_content: 'thought:hm' },
      { summary: [], content: null, encrypted_content: 'thought:hm' },
    ])
      expect(messagesOf([{ type: 'reasoning', ...item }, call])).toMatchObject([{ reasoning_content: 'hm' }]);
    const foreign = [{ type: 'reasoning', id: 'rs', summary: [], encrypted_content: 'gAAAA' }, call];
    expect(JSON.stringify(messagesOf(foreign))).not.toContain('reasoning_content');
  });

  test('calls of tools that OpenAI defines and callers run are told as calls', () => {
    const input = [
      {
        type: 'local_shell_call',
        id: 'x',
        call_id: 'c1',
        action: { type: 'exec', command: ['ls'] },
        status: 'completed',
      },
      { type: 'local_shell_call_output', id: 'c1', output: 'a.txt' },
    ];
    expect(messagesOf(input)).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          {
            id: 'c1',
            type: 'function',
            function: { name: 'local_shell', arguments: '{"type":"exec","command":["ls"]}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a.txt' },
    ]);
  });

  test('references to thoughts, and to the words before a call, are left out and told', () => {
    const input = [
      { role: 'user', content: 'u' },
      { type: 'item_reference', id: 'msg_1' },
      { type: 'item_reference', id: 'rs_1' },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: { content: 'no', success: false } },
    ];
    expect(accept({ input }).chat).toMatchObject({
      messages: [{ role: 'user' }, { tool_calls: [{ id: 'c1' }] }, { content: '{"content":"no","success":false}' }],
      ignored: ['input[1]', 'input[2]'],
    });
    expect(refuse({ input: [...input.slice(0, 2), { role: 'user', content: 'v' }] }).param).toBe('input[1]');
  });

  test('traces of what ran elsewhere are left out and told', () => {
    const input = [
      { role: 'user', content: 'u' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
    ];
    expect(accept({ input }).chat).toMatchObject({ messages: [{ content: 'u' }], ignored: ['input[1]'] });
  });

  test.each([
    [{ input: undefined }, 'input', "'input' is missing. Send a text or a list of items."],
    [{ input: 7 }, 'input', /a text or a list of items/],
    [{ input: [] }, 'input', /at least one item/],
    [{ input: [{ type: 'web_search_call', id: 'ws' }] }, 'input', /at least one message/],
    [{ input: [7] }, 'input[0]', /'input\[0\]'/],
    [{ input: [{ role: 'robot', content: 'x' }] }, 'input[0].role', /'assistant'/],
    [{ input: [{ type: 'mesage', role: 'user', content: 'x' }] }, 'input[0].type', /'function_call_output'/],
    [{ input: [{ role: 'user', content: 'half \ud83d' }] }, 'input[0].content', /lone surrogate/],
    [{ input: 'half \ud83d' }, 'input', /lone surrogate/],
    [{ input: [{ type: 'function_call_output', output: 'x' }] }, 'input[0].call_id', "'input[0].call_id' is missing."],
    [
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] },
      'input[0].content[0].type',
      /files and audio/,
    ],
    [
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
      'input[0].content[0].image_url',
      /./,
    ],
    [
      {
        input: ['u', 'v'].map((role) => ({
          role: role === 'u' ? 'user' : 'assistant',
          content: [{ type: 'input_image', image_url: 'https://x/y.png' }],
        })),
      },
      'input[0].content[0].image_url',
      /data URI/,
    ],
    [
      {
        input: [
          { role: 'user', content: 'u' },
          {
            role: 'user',
            content: [
              { type: 'input_text', text: 'v' },
              { type: 'input_image', image_url: 'https://x' },
            ],
          },
        ],
      },
      'input[1].content[1].image_url',
      /data URI/,
    ],
    [
      { input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: 'x' }] }] },
      'input[0].output[0].image_url',
      /data URI/,
    ],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]', /'input\[0\]' refers.*'store': false/],
    [{ input: [{ id: 'msg_1' }] }, 'input[0]', /nothing is stored here/],
    [{ input: [{ type: 'compaction', encrypted_content: 'x' }] }, 'input[0]', /Send the items/],
  ])('%j is refused where it stands, with what to do', (body, param, message) => {
    const fault = refuse(body);
    expect(fault.param).toBe(param);
    expect(fault.message).toMatch(message);
  });
});

describe('what only a store could answer', () => {
  test.each([
    ['previous_response_id', 'resp_1', /'input'.*'store': false/],
    ['conversation', { id: 'conv_1' }, /'input'/],
    ['prompt', { id: 'pmpt_1' }, /'instructions'/],
    ['background', true, /'stream': true/],
  ])('%s is refused by name with the remedy', (field, value, message) => {
    expect(refuse({ [field]: value })).toMatchObject({ param: field, code: 'unsupported_parameter' });
    expect(refuse({ [field]: value }).message).toMatch(message);
    expect(accept({ [field]: null }).chat.ignored).toEqual([]);
  });

  test('store is taken either way, and told as it is', () => {
    for (const store of [true, false, null]) expect(accept({ store }).chat.ignored).toEqual([]);
  });
});
