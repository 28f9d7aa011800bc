// Refusals that are none of the request's: of what stands in front of a server, of its machine and its owner's account.
import { expect, test } from 'vitest';
import { readRefusal } from './read-refusal.ts';

test.each([
  [
    'nginx, plain HTTP to a TLS port',
    400,
    '<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>',
    'internal',
  ],
  [
    'nginx, client_max_body_size',
    413,
    '<html>\r\n<head><title>413 Request Entity Too Large</title></head></html>',
    'bad-request',
  ],
  ['nginx', 502, '<html>\r\n<head><title>502 Bad Gateway</title></head></html>', 'unreachable'],
  [
    'Apache',
    502,
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<p>The proxy server received an invalid\r\nresponse',
    'unreachable',
  ],
  ['nginx, proxy_read_timeout', 504, '<html><head><title>504 Gateway Time-out</title></head></html>', 'unreachable'],
  ['a path without a chat', 404, '<!doctype html><title>Not Found</title>', 'unreachable'],
  ['nginx, limit_req', 503, '<html><head><title>503 Service Temporarily Unavailable</title></head></html>', 'busy'],
  ['Flask', 500, '<!doctype html>\n<title>500 Internal Server Error</title>', 'internal'],
])(
  'a page of what stands in front of a server speaks for itself, and not of the prompt: %s',
  (_, status, page, code) => {
    const error = readRefusal(status, page);
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/<|html|invalid|plain HTTP/);
  },
);

test.each([
  ['TGI', 424, { error: 'Request failed during generation: Server error: x', error_type: 'generation' }, 'internal'],
  [
    'LiteLLM',
    400,
    { error: { message: 'Budget has been exceeded! Current cost: 1', type: 'budget_exceeded' } },
    'unreachable',
  ],
  ['OpenRouter behind a proxy', 402, { error: { message: 'Insufficient credits', code: 402 } }, 'unreachable'],
  ['Ollama', 500, { error: 'model requires more system memory (9.2 GiB) than is available (3.1 GiB)' }, 'no-model'],
  [
    'LM Studio',
    404,
    { error: { message: 'Failed to load model "x". Error: insufficient system resources.' } },
    'no-model',
  ],
  ['llama-swap', 502, 'unable to start process: upstream command exited prematurely', 'no-model'],
])('what the owner’s machine or account lacks is not the caller’s doing: %s', (_, status, body, code) => {
  expect(readRefusal(status, typeof body === 'string' ? body : JSON.stringify(body)).code).toBe(code);
});
