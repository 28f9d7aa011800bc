// Stands between a server's continuation and whoever takes it: only new text passes, and what the server repeated is not counted.
import type { Delta, Sink } from './backend.ts';
import type { Continuation } from './continuation.ts';

interface JoinedSink {
  readonly sink: Sink;
  /** The server is done: what was undecided is passed on. */
  readonly end: () => void | Promise<void>;
}

export function joinSink(sink: Sink, continuation: Continuation): JoinedSink {
  let waiting = 0;
  const pass = (text: string, tokens: number): void | Promise<void> => {
    const wasEchoing = continuation.hasEchoed;
    const fresh = continuation.push(text);
    // The chunks of an echo are the router's own text: nobody made them. It comes as one, with others behind it where they came together.
    if (continuation.hasEchoed && !wasEchoing) waiting = tokens - 1;
    else waiting += tokens;
    if (fresh === '') return;
    const delta: Delta = { text: fresh, tokens: Math.max(1, waiting) };
    waiting = 0;
    return sink(delta);
  };
  const end = (): void | Promise<void> => {
    const text = continuation.end();
    if (text !== '') return sink({ text, tokens: Math.max(1, waiting) });
  };
  return { sink: (delta) => pass(delta.text, delta.tokens), end };
}
