// The tools of a Responses request as a chat offers them, and the faults of its other fields.
import { describe, expect, test } from 'vitest';
import { accept, mail, messagesOf, patch, refuse, shell } from '../test/responses-requests.ts';

describe('tools', () => {
  const tools = [shell, patch, mail, { type: 'web_search' }];

  test('functions, custom tools and those of a namespace are offered as functions of their own names', () => {
    const { chat, facts } = accept({ tools });
    expect(chat.wishes.tools).toEqual([
      {
        type: 'function',
        function: { name: 'shell', description: 'Runs.', parameters: { type: 'object' }, strict: true },
      },
      {
        type: 'function',
        function: {
          name: 'apply_patch',
          description: 'The input follows this grammar (lark):\nstart: x',
          parameters: expect.objectContaining({ required: ['input'] }),
        },
      },
      { type: 'function', function: { name: 'mcp__mail__read', description: 'Mails.' } },
    ]);
    expect([...facts.owners]).toEqual([
      ['shell', { name: 'shell', namespace: '', isCustom: false }],
      ['apply_patch', { name: 'apply_patch', namespace: '', isCustom: true }],
      ['mcp__mail__read', { name: 'read', namespace: 'mcp__mail', isCustom: false }],
    ]);
    expect(chat.ignored).toEqual(['tools[1].format', 'tools[3]']);
    expect(facts.echo['tools']).toEqual(tools);
  });

  test('tools of one name stay apart, and a call of each goes back under the name that it had', () => {
    const twice = [
      { type: 'function', name: 'a__b' },
      { type: 'namespace', name: 'a', tools: [{ type: 'function', name: 'b' }] },
    ];
    const input = [
      { type: 'function_call', call_id: 'c1', name: 'b', namespace: 'a', arguments: '{}' },
      { type: 'function_call', call_id: 'c2', name: 'a__b', arguments: '{}' },
    ];
    expect(messagesOf(input, { tools: twice })).toMatchObject([
      { tool_calls: [{ function: { name: 'a__b_2' } }, { function: { name: 'a__b' } }] },
    ]);
  });

  test('tools that come among the items are offered too', () => {
    const input = [
      { type: 'additional_tools', role: 'developer', tools: [mail] },
      { role: 'user', content: 'u' },
    ];
    expect(accept({ input, tools: [shell] }).chat.wishes.tools?.map((tool) => tool.function.name)).toEqual([
      'shell',
      'mcp__mail__read',
    ]);
  });

  test.each([
    ['auto', undefined],
    ['required', 'required'],
    ['none', 'none'],
    [
      { type: 'function', name: 'shell' },
      { type: 'function', function: { name: 'shell' } },
    ],
    [
      { type: 'custom', name: 'apply_patch' },
      { type: 'function', function: { name: 'apply_patch' } },
    ],
    [
      { type: 'function', name: 'read' },
      { type: 'function', function: { name: 'mcp__mail__read' } },
    ],
    [
      { type: 'function', name: 'read', namespace: 'mcp__mail' },
      { type: 'function', function: { name: 'mcp__mail__read' } },
    ],
    [{ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'web_search' }] }, 'none'],
  ])('tool_choice %j asks the chat for %j', (choice, asked) => {
    expect(accept({ tools, tool_choice: choice }).chat.wishes.toolChoice).toEqual(asked);
  });

  test('allowed tools are the only ones that are offered', () => {
    const choice = {
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'custom', name: 'apply_patch' }, { type: 'web_search' }],
    };
    const { wishes } = accept({ tools, tool_choice: choice }).chat;
    expect(wishes.tools?.map((tool) => tool.function.name)).toEqual(['apply_patch']);
    expect(wishes.toolChoice).toBe('required');
  });

  test('hosted tools are taken when they are only offered', () => {
    const { chat } = accept({
      tools: [{ type: 'web_search' }, { type: 'code_interpreter', container: { type: 'auto' } }],
    });
    expect(chat).toMatchObject({ wishes: {}, needs: [], ignored: ['tools[0]', 'tools[1]'] });
  });

  test.each([
    [{ tool_choice: { type: 'web_search_preview' } }, /'web_search_preview'.*homes run no tools/],
    [{ tool_choice: { type: 'mcp', server_label: 'x' } }, /'mcp'/],
    [{ tools: [{ type: 'web_search' }], tool_choice: 'required' }, /'web_search'/],
    [{ tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'file_search' }] } }, /'file_search'/],
  ])('%j is refused by name', (body, message) => {
    const fault = refuse({ tools, ...body });
    expect(fault).toMatchObject({ param: 'tool_choice', code: 'unsupported_parameter' });
    expect(fault.message).toMatch(message);
  });

  test.each([
    [{ tools: [{ type: 'function', name: 'a b' }] }, 'tools[0].name', /letters/],
    [{ tools: [shell, { name: 'x' }] }, 'tools[1].type', /missing/],
    [{ tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function' }] }] }, 'tools[0].tools[0].name', /missing/],
    [{ tools, tool_choice: { type: 'function', name: 'nobody' } }, 'tool_choice', /'nobody'/],
    [{ tools: Array.from({ length: 129 }, (_, i) => ({ type: 'function', name: `f${i}` })) }, 'tools[128]', /128/],
    [{ tools: Array.from({ length: 1025 }, () => ({ type: 'web_search' })) }, 'tools[1024]', /1024/],
    [{ tool_choice: 'sometimes' }, 'tool_choice', /'required'/],
    [{ text: { format: { type: 'json_schema' } } }, 'text.format.schema', /missing/],
    [{ text: { format: { type: 'grammar' } } }, 'text.format.type', /'json_schema'/],
    [{ text: { verbosity: 'loud' } }, 'text.verbosity', /./],
    [{ reasoning: { effort: 'huge' } }, 'reasoning.effort', /./],
    [{ max_output_tokens: 0 }, 'max_output_tokens', /./],
    [{ model: undefined }, 'model', "'model' is missing."],
    [{ temperature: 3 }, 'temperature', /./],
    [{ provider: { zdr: true } }, 'provider.zdr', /promised/],
  ])('%j is a fault of its own field', (body, param, message) => {
    const fault = refuse(body);
    expect(fault.param).toBe(param);
    expect(fault.message).toMatch(message);
    expect(fault.message).toContain(param);
  });
});
