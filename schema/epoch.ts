// Epochs of settlement: spans of one length since 1970 by the router's clock, whole days unless its operator says otherwise. A node's clock never
// chooses one.

/** The usual length, s. */
export const EPOCH_SECONDS = 86_400;

/** The epoch of a moment (ms since epoch), as tickets and acceptances carry it. */
export function epochOf(at: number, seconds: number = EPOCH_SECONDS): number {
  return Math.floor(at / (1000 * seconds));
}

/** When an epoch is over, ms since epoch: its first moment that is the next one's. */
export function endOfEpoch(epoch: number, seconds: number): number {
  return (epoch + 1) * 1000 * seconds;
}
