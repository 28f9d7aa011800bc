// Where the API may lie at the address that an owner named: with /v1, without it, under a prefix, or pasted with an endpoint at its end. Pure.

/** Where a server's own paths (/api/version, /props) begin, and where chat/completions lies. Neither ends with a slash. */
export interface ApiPlace {
  readonly root: string;
  readonly api: string;
}

/** What owners paste after the base address. */
const ENDPOINT =
  /\/(?:chat\/completions|completions|responses|embeddings|models|api\/(?:chat|generate|tags|ps|version))$/;

/** Where OpenAI-compatible APIs are known to lie below a server's root. */
const API_TAIL = /\/(?:v\d+|api\/v\d+|openai\/v\d+|openai|engines\/(?:[\w.-]+\/)?v\d+|api)$/;

/**
 * Places to look for the API, the one that the owner named first, at most nine. Below the root: Ollama, llama-server, vLLM, LM Studio,
 * LocalAI and KoboldCpp at /v1; Open WebUI at /api; Lemonade at /api/v1; Docker Model Runner at /engines/v1; OpenVINO at /v3; llama-server
 * also without any.
 */
export function listApiPlaces(origin: string, path: string): ApiPlace[] {
  const clean = path.replace(/\/{2,}/g, '/').replace(/\/+$/, '');
  const named = clean.replace(ENDPOINT, '');
  const root = named.replace(API_TAIL, '');
  const first = named === '' ? '/v1' : named;
  const doubled = named.replace(/(\/v\d+)\1+$/, '$1');
  const below = ['/v1', '', '/api/v1', '/openai/v1', '/api', '/engines/v1', '/v3'].map((tail) => root + tail);
  // A name that is none of ours may be a prefix or a mistake: /llm, /chat, /v2/x.
  const apis = [first, doubled === '' ? '/v1' : doubled, `${root}/v1`, '/v1', ...below];
  return [...new Set(apis)].slice(0, 9).map((api) => ({ root: origin + api.replace(API_TAIL, ''), api: origin + api }));
}
