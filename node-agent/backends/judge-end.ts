// Whether a server's answer is finished or broken, from what was seen of it. Pure: the one place where this is decided.
// The table of what each server does, and what follows here, is in ../test/backends/QUIRKS.md.

/** How a model ended its answer by its own word; 'failed' is a word for an answer that was given up (abort, error). */
export type FinishWord = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'failed';
export type WholeFinish = Exclude<FinishWord, 'failed'>;

/** What was seen of one answer so far. */
export interface Seen {
  /** The finish reason that stands; null while none does. */
  readonly finish: FinishWord | null;
  /** Since that finish reason came, ms; 0 without one. */
  readonly sinceFinishMs: number;
  /** The server said that nothing follows: `[DONE]`, usage without a choice after its finish reason, the end of a JSON body that holds an answer. */
  readonly isDone: boolean;
  /** Anything of an answer came: text or thinking. */
  readonly hasAnswer: boolean;
  /** As many tokens came as were asked for. */
  readonly isAtLimit: boolean;
  /** An error event came before any finish reason. */
  readonly hasError: boolean;
  /** Of the HTTP body: still open, at its proper end, or cut off. */
  readonly body: 'open' | 'ended' | 'broken';
}

export type Verdict =
  | { readonly end: 'open' }
  | { readonly end: 'finished'; readonly finish: WholeFinish }
  | { readonly end: 'broken'; readonly by: 'error' | 'gave-up' | 'nothing' | 'no-finish' | 'connection' };

/** How long a server may take from its finish reason to its `[DONE]` or end, ms; usage that comes meanwhile counts. */
export const LINGER_MS = 1_000;

const OPEN: Verdict = { end: 'open' };

/**
 * A finish reason ends an answer whatever follows it. Without one only `[DONE]` does, and only where something of an answer came: an empty
 * answer is believed on a finish reason alone. An error, a word for giving up and every other end are broken.
 */
export function judgeEnd(seen: Seen): Verdict {
  if (seen.finish === 'failed') return { end: 'broken', by: 'gave-up' };
  if (seen.finish !== null) {
    const isOver = seen.isDone || seen.body !== 'open' || seen.sinceFinishMs >= LINGER_MS;
    return isOver ? { end: 'finished', finish: seen.finish } : OPEN;
  }
  if (seen.hasError) return { end: 'broken', by: 'error' };
  if (seen.isDone) {
    if (!seen.hasAnswer) return { end: 'broken', by: 'nothing' };
    return { end: 'finished', finish: seen.isAtLimit ? 'length' : 'stop' };
  }
  if (seen.body === 'open') return OPEN;
  return { end: 'broken', by: seen.body === 'ended' ? 'no-finish' : 'connection' };
}
