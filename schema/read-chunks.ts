// What the complete events of an answer say: text, thinking and calls out of their bytes, for whoever has to know what was written. Pure.
import type { CallText } from './joined-calls.ts';
import type { TokenLogprob } from './logprobs.ts';

interface RawCall {
  readonly index: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments?: string };
}

interface RawDelta {
  readonly content?: unknown;
  readonly reasoning_content?: unknown;
  readonly tool_calls?: readonly RawCall[];
  readonly function_call?: RawCall['function'];
}

/** What complete events say, of calls piece by piece. */
export interface SaidText {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly CallText[];
  readonly logprobs?: readonly TokenLogprob[];
}

interface RawChoice {
  readonly delta?: RawDelta | null;
  readonly logprobs?: { readonly content?: readonly TokenLogprob[] | null } | null;
}

const NO_CALLS: readonly CallText[] = [];

/** Content, thinking and calls of all chunks in complete events, each in order; other events add nothing. Errors: none, garbage is skipped. */
export function readChunks(events: string): SaidText {
  let text = '';
  let thinking = '';
  let calls = NO_CALLS;
  const logprobs: TokenLogprob[] = [];
  for (const line of events.split('\n')) {
    if (!line.startsWith('data: {')) continue;
    try {
      const choice: RawChoice | null | undefined = JSON.parse(line.slice(6))?.choices?.[0];
      const delta = choice?.delta;
      if (typeof delta?.content === 'string') text += delta.content;
      if (typeof delta?.reasoning_content === 'string') thinking += delta.reasoning_content;
      if (delta?.tool_calls || delta?.function_call) calls = [...calls, ...readCalls(delta)];
      if (choice?.logprobs?.content) logprobs.push(...choice.logprobs.content);
    } catch {
      continue;
    }
  }
  return { text, thinking, calls, ...(logprobs.length > 0 && { logprobs }) };
}

/** Our own hub has held the event against its form. */
function readCalls({ tool_calls: calls, function_call: old }: RawDelta): CallText[] {
  const all = calls ?? (old ? [{ index: 0, function: old }] : []);
  return all.map(({ index, id = null, function: { name = null, arguments: given = '' } }) => {
    return { index, id, name, arguments: given };
  });
}

/** Text of all content chunks in complete events. */
export function readContent(events: string): string {
  return readChunks(events).text;
}
