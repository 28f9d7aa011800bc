// What a local server means by an answer that is not 200. Pure. The server's own words are never handed on: they may quote the prompt.

import type { BackendError } from './backend.ts';

/** The error of a run from the server's status and the beginning of its body. */
export function readRefusal(status: number, body: string): BackendError {
  if (status >= 300 && status < 400)
    return { code: 'unreachable', message: `the server redirects (${status}); give the URL it redirects to` };
  if (status === 401 || status === 403)
    return { code: 'unreachable', message: `the server wants another API key (${status})` };
  if (status === 429 || status === 503) return { code: 'busy', message: `the server is busy (${status})` };
  if (status >= 500) return { code: 'internal', message: `the server failed (${status})` };
  if (isContext(body))
    return { code: 'context', message: `the prompt is too long for this server's model${readNumbers(body)}` };
  if (status === 404) return { code: 'no-model', message: 'the server does not have this model (404)' };
  return { code: 'bad-request', message: `the server refused the request (${status})` };
}

/** llama-server: exceed_context_size_error; vLLM and OpenAI: "maximum context length" or context_length_exceeded. */
function isContext(body: string): boolean {
  return /exceed_context_size|context_length_exceeded|maximum context length|exceeds the available context|context (size|length|window)/i.test(
    body,
  );
}

/** llama-server's n_prompt_tokens and n_ctx, where they are given. */
function readNumbers(body: string): string {
  const prompt = /"n_prompt_tokens"\s*:\s*(\d{1,9})/.exec(body)?.[1];
  const context = /"n_ctx"\s*:\s*(\d{1,9})/.exec(body)?.[1];
  return prompt === undefined || context === undefined ? '' : `: it has ${prompt} tokens, the model takes ${context}`;
}
