// The other fields of a Responses request, and whatever else may come.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accept, shell } from '../test/responses-requests.ts';
import { parseResponsesRequest } from './responses-request.ts';

test('the other fields ask the chat for the same', () => {
  const schema = { type: 'object', properties: {} };
  const { chat, facts } = accept({
    text: { format: { type: 'json_schema', name: 'out', schema, strict: true }, verbosity: 'low' },
    reasoning: { effort: 'high', summary: 'auto' },
    max_output_tokens: 99,
    temperature: 0.5,
    top_p: 0,
    parallel_tool_calls: false,
    tools: [shell],
    top_logprobs: 3,
    include: ['message.output_text.logprobs', 'reasoning.encrypted_content', 'web_search_call.results'],
    stream: true,
    stream_options: { include_obfuscation: false },
    min_p: 0.1,
    resume: 'off',
    metadata: { a: 'b' },
    user: 'u',
  });
  expect(chat).toMatchObject({
    maxTokens: 99,
    temperature: 0.5,
    stream: true,
    includeUsage: true,
    resume: 'off',
    ignored: [],
    wishes: {
      responseFormat: { type: 'json_schema', json_schema: { name: 'out', schema, strict: true } },
      verbosity: 'low',
      reasoningEffort: 'high',
      parallelToolCalls: false,
      topLogprobs: 3,
      samplers: { min_p: 0.1 },
    },
  });
  expect(facts).toMatchObject({ hasSummary: true, hasEncrypted: true, hasLogprobs: true });
  expect(facts.echo).toMatchObject({ metadata: { a: 'b' }, user: 'u', top_p: 0, max_output_tokens: 99 });
});

test('hints and what nobody knows change nothing, and what is left out is told', () => {
  const hints = { client_metadata: { a: 'b' }, max_tool_calls: 3, prompt_cache_key: 'k', safety_identifier: 's' };
  const told = {
    truncation: 'auto',
    context_management: [{ type: 'compaction' }],
    service_tier: 'flex',
    messages: [],
    x: 1,
  };
  const { chat } = accept({ ...hints, ...told, service_tier: 'auto', truncation: 'disabled' });
  expect(chat.ignored).toEqual(['messages', 'context_management', 'x']);
  expect(accept(told).chat.ignored).toEqual(['messages', 'truncation', 'context_management', 'service_tier', 'x']);
  expect({ ...accept(told).chat, ignored: [] }).toEqual({ ...accept({}).chat, ignored: [] });
});

test('whatever comes is read or refused in words, and never thrown at', () => {
  const key = fc.constantFrom(...'type role content call_id name namespace output tools text id summary'.split(' '));
  const word = fc.constantFrom(
    ...'message reasoning function_call function_call_output item_reference user namespace custom function'.split(' '),
    ...'mcp_call shell_call allowed_tools input_text __proto__'.split(' '),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(key, tie('value')),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }));
  const field = fc.constantFrom(
    ...'input tools tool_choice text reasoning include instructions metadata stream top_logprobs __proto__'.split(' '),
  );
  const toldOf = (body: unknown): string => {
    const parsed = parseResponsesRequest(body);
    return parsed.ok ? 'read' : parsed.error.message;
  };
  fc.assert(
    fc.property(fc.dictionary(field, value), fc.array(value, { maxLength: 4 }), (body, input) => {
      expect(toldOf({ model: 'm', input, ...body })).toMatch(/\S/);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      expect(toldOf(body)).toMatch(/\S/);
    }),
  );
});
