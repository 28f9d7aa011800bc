// The shelf of published epochs, out of its environment.
import { toHex } from '../../schema/bytes.ts';
import { sha256 } from '../auth/digest.ts';
import { makeEpochShelf } from '../billing/epoch-shelf.ts';
import type { EpochShelf } from '../billing/epoch-shelf.ts';
import type { Env } from '../env.ts';

/** Published epochs: in the bucket that old receipts stand in, where one is bound. */
export function openEpochShelf({ DB, RECEIPTS }: Env): EpochShelf {
  const files = RECEIPTS && {
    put: async (key: string, bytes: Uint8Array) => void (await RECEIPTS.put(key, bytes)),
    get: async (key: string) => (await RECEIPTS.get(key))?.bytes() ?? null,
  };
  return makeEpochShelf({
    database: DB,
    files: files ?? null,
    sha256: (text) => toHex(sha256(new TextEncoder().encode(text))).slice(2),
    now: () => Date.now(),
  });
}
