import { expect, test } from 'vitest';
import { readRefusal } from './read-refusal.ts';

test.each([
  [301, 'unreachable'],
  [401, 'unreachable'],
  [403, 'unreachable'],
  [404, 'no-model'],
  [400, 'bad-request'],
  [422, 'bad-request'],
  [429, 'busy'],
  [503, 'busy'],
  [500, 'internal'],
  [502, 'internal'],
])('status %i is %s', (status, code) => {
  expect(readRefusal(status, '{"error":"secret prompt"}').code).toBe(code);
  expect(readRefusal(status, '{"error":"secret prompt"}').message).not.toContain('secret');
});

test('a prompt that is too long is told apart, with the numbers where the server gives them', () => {
  // llama-server, tools/server/README.md: error type exceed_context_size_error
  const llama =
    '{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_prompt_tokens":700,"n_ctx":512}}';
  expect(readRefusal(400, llama)).toEqual({
    code: 'context',
    message: expect.stringContaining('700 tokens, the model takes 512'),
  });
  // vLLM: "This model's maximum context length is 512 tokens. However, you requested ..."
  expect(readRefusal(400, '{"message":"This model\'s maximum context length is 512 tokens."}').code).toBe('context');
});
