// How a part ended, in the receipt's word, from what the engine said and why it was stopped. Pure.
import type { Finish as FinishWord } from '../../schema/receipt.ts';
import type { Finish } from '../backends/backend.ts';

/** Why a job stopped its engine. */
export type StopCause = 'caller' | 'cut' | 'preempted' | 'limit' | 'stop-string';

/** The engine came to the end of its answer. */
export function isWhole({ reason }: Finish): boolean {
  return reason !== 'cancelled' && reason !== 'error';
}

/** `hasDropped`: something of the answer never left. A filter is the engine's own end, and so a stop; the `end` frame tells it apart. */
export function chooseFinishWord(finish: Finish, cause: StopCause | null, hasDropped: boolean): FinishWord {
  if (cause === 'stop-string' && !hasDropped) return 'stop';
  if (finish.reason === 'error') return 'error';
  if (isWhole(finish) && !hasDropped) return finish.reason === 'length' ? 'length' : 'stop';
  if (cause === 'caller') return 'cancelled';
  if (cause === 'cut') return 'error';
  return cause === 'limit' ? 'length' : 'preempted';
}

/** What the `end` frame says beside the receipt; an answer that ended by a stop string or was cut short was ended by no filter, and by no call. */
export function tellBeside(
  word: FinishWord,
  { reason }: Finish,
): { readonly finish?: 'content_filter' | 'tool_calls' } {
  const isTold = word === 'stop' && (reason === 'content_filter' || reason === 'tool_calls');
  return isTold ? { finish: reason } : {};
}
