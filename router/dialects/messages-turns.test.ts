// Turns of the Messages API as messages of a chat.
import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../schema/openai.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { parseMessages } from './messages-request.ts';

const PNG = 'iVBORw0KGgo=';
const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
const shown = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
const hi = { role: 'user', content: 'hi' };
const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } };

function accept(messages: unknown, system?: unknown): ChatRequest {
  const parsed = parseMessages({ model: 'm', max_tokens: 1, messages, system });
  if (!parsed.ok) throw new Error(`refused: ${JSON.stringify(parsed.error)}`);
  return parsed.value.chat;
}

function refuseWith(messages: unknown, system?: unknown): RequestFault {
  const parsed = parseMessages({ model: 'm', max_tokens: 1, messages, system });
  if (parsed.ok) throw new Error('accepted');
  return parsed.error;
}

function user(...content: unknown[]): unknown[] {
  return [{ role: 'user', content }];
}

describe('what the system says', () => {
  test('is a text or blocks, with cache marks or without', () => {
    const blocks = [
      { type: 'text', text: 'a', cache_control: { type: 'ephemeral' } },
      { type: 'text', text: 'b' },
    ];
    expect(accept([hi], 'a').messages[0]).toEqual({ role: 'system', content: 'a' });
    expect(accept([hi], blocks).messages[0]).toEqual({ role: 'system', content: 'a\nb' });
    expect(accept([hi], []).messages).toEqual([hi]);
  });

  test('before all turns is one message with the field; later it stands in the turn of the user, marked', () => {
    const messages = [{ role: 'system', content: 'b' }, hi, { role: 'system', content: [{ type: 'text', text: 'c' }] }];
    expect(accept(messages, 'a').messages).toEqual([
      { role: 'system', content: 'a\nb' },
      { role: 'user', content: 'hi\n<system-reminder>\nc\n</system-reminder>' },
    ]);
    const after = [hi, { role: 'assistant', content: 'x' }, { role: 'system', content: 'c' }];
    expect(accept(after).messages[2]).toEqual({ role: 'user', content: '<system-reminder>\nc\n</system-reminder>' });
  });

  test("is not an agent's line for bills, which would be another in every request", () => {
    const line = 'x-anthropic-billing-header: cc_version=2.1; cch=1a2b3;';
    const system = [
      { type: 'text', text: line },
      { type: 'text', text: `${line}\nYou help.` },
      { type: 'text', text: `Say ${line}` },
    ];
    expect(accept([hi], system).messages[0]).toEqual({ role: 'system', content: `You help.\nSay ${line}` });
  });

  test('is text alone', () => {
    expect(refuseWith([hi], [picture])).toMatchObject({ param: 'system[0].type', code: 'unsupported_parameter' });
    expect(refuseWith([hi, { role: 'system', content: [{ type: 'tool_addition' }] }]).param).toBe(
      'messages[1].content[0].type',
    );
  });
});

describe('what a user says', () => {
  test('texts and pictures stand in their order', () => {
    const text = { type: 'text', text: 'What is it?' };
    expect(accept(user(text, picture)).messages).toEqual([{ role: 'user', content: [text, shown] }]);
    expect(accept(user(text, picture)).needs).toEqual(['images']);
    expect(accept(user({ type: 'image', source: { type: 'url', url: shown.image_url.url } })).messages[0]).toEqual({
      role: 'user',
      content: [shown],
    });
  });

  test('turns of one speaker after another are one turn', () => {
    const messages = [
      hi,
      { role: 'user', content: 'there' },
      { role: 'assistant', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    expect(accept(messages).messages).toEqual([
      { role: 'user', content: 'hi\nthere' },
      { role: 'assistant', content: 'a\nb' },
    ]);
  });

  test('documents of text and search results are texts', () => {
    const inline = {
      type: 'document',
      title: 'T',
      context: 'C',
      source: { type: 'text', media_type: 'text/plain', data: 'D' },
    };
    const blocks = { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'E' }] } };
    const found = { type: 'search_result', title: 'F', source: 'https://f', content: [{ type: 'text', text: 'G' }] };
    expect(accept(user(inline, blocks, found)).messages[0]).toEqual({
      role: 'user',
      content: 'T\nC\nD\nE\nF\nhttps://f\nG',
    });
  });

  test('documents of any other kind are refused by name', () => {
    for (const source of [
      { type: 'base64', media_type: 'application/pdf', data: 'x' },
      { type: 'url', url: 'x' },
      { type: 'file', file_id: 'x' },
    ]) {
      const fault = refuseWith(user({ type: 'document', source }));
      expect(fault.param).toBe('messages[0].content[0].source.type');
      expect(fault.message).toContain("Send the document's text");
    }
  });

  test.each([
    [{ type: 'base64', media_type: 'image/png', data: 'no base64!' }, 'data'],
    [{ type: 'base64', media_type: 'image/png', data: `data:image/png;base64,${PNG}` }, 'data'],
    [{ type: 'base64', media_type: 'image/tiff', data: PNG }, 'media_type'],
    [{ type: 'base64', data: PNG }, 'media_type'],
    [{ type: 'base64', media_type: 'image/png' }, 'data'],
    [{ type: 'url', url: 'https://example.com/x.png' }, 'url'],
    [{ type: 'url' }, 'url'],
    [{ type: 'file', file_id: 'f' }, 'type'],
  ])('a picture of %j is a fault of its %s', (source, field) => {
    const fault = refuseWith([
      hi,
      { role: 'assistant', content: 'a' },
      ...user({ type: 'text', text: 'x' }, { type: 'image', source }),
    ]);
    expect(fault.param).toBe(`messages[2].content[1].source.${field}`);
    expect(fault.message).toContain(`'${fault.param}'`);
  });

  test('blocks of no known type, and texts that are none, are refused by their path', () => {
    expect(refuseWith(user({ type: 'container_upload', file_id: 'f' })).param).toBe('messages[0].content[0].type');
    expect(refuseWith(user({ text: 'x' })).message).toBe("'messages[0].content[0].type' must name the block's type.");
    expect(refuseWith(user({ type: 'text' })).param).toBe('messages[0].content[0].text');
    expect(refuseWith(user(3)).param).toBe('messages[0].content[0]');
    expect(refuseWith([{ role: 'user', content: 3 }]).message).toContain('must be a text or a list of content blocks');
    expect(refuseWith([{ role: 'user', content: 'half \ud83d' }])).toMatchObject({ param: 'messages[0].content' });
    expect(refuseWith(user(use)).param).toBe('messages[0].content[0].type');
    expect(refuseWith([{ role: 'tool', content: 'x' }]).param).toBe('messages[0].role');
  });

  test('too much text is told of the messages', () => {
    expect(refuseWith([{ role: 'user', content: 'x'.repeat(2 * 1024 * 1024 + 1) }]).param).toBe('messages');
  });
});

describe('calls and their results', () => {
  const answer = {
    role: 'assistant',
    content: [{ type: 'thinking', thinking: 'hm', signature: 's' }, { type: 'text', text: 'Let me see.' }, use],
  };

  function results(...content: unknown[]): ChatRequest['messages'] {
    return accept([hi, answer, { role: 'user', content }]).messages.slice(2);
  }

  test('calls keep their ids, and thinking is sent back with them', () => {
    expect(accept([hi, answer]).messages[1]).toEqual({
      role: 'assistant',
      content: 'Let me see.',
      tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      reasoning_content: 'hm',
    });
    expect(accept([hi, answer]).needs).toEqual(['tools']);
  });

  test('a result is a text, blocks, pictures or nothing, and comes before what the user says', () => {
    const result = { type: 'tool_result', tool_use_id: 'toolu_1' };
    const told = { role: 'tool', tool_call_id: 'toolu_1' };
    expect(results({ type: 'text', text: 'Go on.' }, { ...result, content: '42' })).toEqual([
      { ...told, content: '42' },
      { role: 'user', content: 'Go on.' },
    ]);
    expect(results(result)).toEqual([{ ...told, content: '' }]);
    expect(results({ ...result, content: [{ type: 'text', text: 'a' }, picture] })).toEqual([
      { ...told, content: [{ type: 'text', text: 'a' }, shown] },
    ]);
    expect(results({ ...result, content: [{ type: 'tool_reference', tool_name: 'f' }] })).toEqual([
      { ...told, content: 'f' },
    ]);
  });

  test('a result that is an error says so', () => {
    const result = { type: 'tool_result', tool_use_id: 'toolu_1', is_error: true };
    expect(results({ ...result, content: 'no such file' })).toMatchObject([{ content: 'Error:\nno such file' }]);
    expect(results({ ...result, content: '<tool_use_error>x</tool_use_error>' })).toMatchObject([
      { content: '<tool_use_error>x</tool_use_error>' },
    ]);
    expect(results(result)).toMatchObject([{ content: 'Error:' }]);
  });

  test('what only other servers can read is left out and told; hidden thinking is left out', () => {
    const content = [
      { type: 'redacted_thinking', data: 'x' },
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      { type: 'text', text: 'Found.' },
    ];
    const chat = accept([hi, { role: 'assistant', content }]);
    expect(chat.messages[1]).toEqual({ role: 'assistant', content: 'Found.' });
    expect(chat.ignored).toEqual(['messages[1].content[1]', 'messages[1].content[2]']);
  });

  test('faults in them are told by their path', () => {
    const result = { type: 'tool_result', tool_use_id: 'toolu_1' };
    const at = 'messages[1].content[0]';
    expect(refuseWith([hi, { role: 'assistant', content: [{ ...use, id: '' }] }]).param).toBe(`${at}.id`);
    expect(refuseWith([hi, { role: 'assistant', content: [{ ...use, input: 3 }] }]).param).toBe(`${at}.input`);
    expect(refuseWith([hi, { role: 'assistant', content: [result] }]).param).toBe(`${at}.type`);
    expect(refuseWith([hi, ...user({ type: 'tool_result' })]).param).toBe(`${at}.tool_use_id`);
    expect(refuseWith([hi, ...user({ ...result, content: [{ type: 'x' }] })]).param).toBe(`${at}.content[0].type`);
    const many = Array.from({ length: 257 }, () => use);
    expect(refuseWith([hi, { role: 'assistant', content: many }]).param).toBe('messages[1]');
  });
});
