// Epochs of settlement: whole days since 1970 by the router's clock. A node's clock never chooses one.

const EPOCH_MS = 86_400_000;

/** The epoch of a moment (ms since epoch), as tickets and acceptances carry it. */
export function epochOf(at: number): number {
  return Math.floor(at / EPOCH_MS);
}
