// Stands between a server's continuation and whoever takes it: only new text passes, and nobody counts what the server repeated.
import type { Delta, Sink } from './backend.ts';
import type { TokenLogprob } from '../../schema/logprobs.ts';
import type { Continuation } from './continuation.ts';
import { estimateChunkTokens } from './estimate-chunk-tokens.ts';

interface JoinedSink {
  readonly sink: Sink;
  /** The server is done: what was undecided is passed on. */
  readonly end: () => void | Promise<void>;
}

export function joinSink(sink: Sink, continuation: Continuation): JoinedSink {
  let waiting = 0;
  let likely: readonly TokenLogprob[] = [];
  const pass = ({ text, tokens, logprobs = [] }: Delta): void | Promise<void> => {
    const wasEchoing = continuation.hasEchoed;
    const fresh = continuation.push(text);
    // Nobody made what the server repeats. It comes as one chunk, so all tokens of this delta but those of that chunk are new.
    if (continuation.hasEchoed && !wasEchoing) waiting = Math.max(0, tokens - estimateChunkTokens(continuation.given));
    else waiting += tokens;
    // What was repeated was told by the home that made it.
    const isEcho = continuation.hasEchoed && !wasEchoing;
    if (logprobs.length > 0 && !isEcho) likely = [...likely, ...logprobs];
    if (fresh === '') return;
    const delta: Delta = { text: fresh, tokens: Math.max(1, waiting), ...(likely.length > 0 && { logprobs: likely }) };
    waiting = 0;
    likely = [];
    return sink(delta);
  };
  const end = (): void | Promise<void> => {
    const text = continuation.end();
    if (text !== '') return sink({ text, tokens: Math.max(1, waiting) });
  };
  // All of the text stands before a call.
  const call = (delta: Delta): void | Promise<void> => {
    const rest = end();
    waiting = 0;
    return rest instanceof Promise ? rest.then(() => sink(delta)) : sink(delta);
  };
  // Thinking is no continuation of the text: nothing of it was given to the server.
  return { sink: (delta) => (delta.thinking ? sink(delta) : delta.call ? call(delta) : pass(delta)), end };
}
