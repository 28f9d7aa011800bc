// How likely a server says that its tokens were, in each way that servers write it, as the API tells it. Pure.
// Sources: the OpenAI API's `choices[].logprobs.content`, which llama-server, vLLM and Ollama follow; the older completions API's lists side by side.
import {
  LEAST_LOGPROB,
  MAX_EVENT_LOGPROBS,
  MAX_LOGPROB_BYTES,
  MAX_LOGPROB_TOKEN_CHARS,
  MAX_TOP_LOGPROBS,
} from '../../schema/logprobs.ts';
import type { LikelyToken, TokenLogprob } from '../../schema/logprobs.ts';

interface RawLikely {
  readonly token?: unknown;
  readonly logprob?: unknown;
  readonly bytes?: unknown;
  readonly top_logprobs?: unknown;
}

const NONE: readonly TokenLogprob[] = [];
const BROKEN = '\ufffd';

/** Of a choice's `logprobs`, whatever it is; what cannot be read is left out. */
export function readLogprobs(logprobs: unknown): readonly TokenLogprob[] {
  if (typeof logprobs !== 'object' || logprobs === null) return NONE;
  const { content, tokens, token_logprobs: values } = logprobs as Record<string, unknown>;
  if (Array.isArray(content)) return content.slice(0, MAX_EVENT_LOGPROBS).flatMap(readToken);
  if (!Array.isArray(tokens) || !Array.isArray(values)) return NONE;
  return tokens.slice(0, MAX_EVENT_LOGPROBS).flatMap((token, i) => readToken({ token, logprob: values[i] }));
}

function readToken(raw: unknown): TokenLogprob[] {
  const [own] = readLikely(raw);
  if (!own) return [];
  const { top_logprobs: top } = raw as RawLikely;
  const others = Array.isArray(top) ? top.slice(0, MAX_TOP_LOGPROBS).flatMap(readLikely) : [];
  return [{ ...own, top_logprobs: others }];
}

function readLikely(raw: unknown): LikelyToken[] {
  if (typeof raw !== 'object' || raw === null) return [];
  const { token, logprob, bytes } = raw as RawLikely;
  if (typeof token !== 'string' || typeof logprob !== 'number') return [];
  const text = token.slice(0, MAX_LOGPROB_TOKEN_CHARS).toWellFormed();
  return [{ token: text, logprob: Math.min(0, Math.max(LEAST_LOGPROB, logprob)), bytes: readBytes(bytes, text) }];
}

/** Where a server tells none they are its text's, unless that is no whole character. */
function readBytes(bytes: unknown, text: string): number[] | null {
  if (Array.isArray(bytes) && bytes.length <= MAX_LOGPROB_BYTES && bytes.every(isByte)) return [...bytes];
  return text.includes(BROKEN) ? null : [...Buffer.from(text, 'utf8')];
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}

/** As many of the others at each place as were asked for. */
export function cutTops(tokens: readonly TokenLogprob[], most: number): readonly TokenLogprob[] {
  const isWithin = tokens.every(({ top_logprobs: top }) => top.length <= most);
  return isWithin ? tokens : tokens.map((one) => ({ ...one, top_logprobs: one.top_logprobs.slice(0, most) }));
}
