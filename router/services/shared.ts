// What one isolate keeps for all its services: an isolate serves one environment.
import { makeBookCopy } from '../billing/book-copy.ts';
import { makeCatalogue, makeCatalogueCache } from '../billing/catalogue.ts';
import type { Catalogue } from '../billing/catalogue.ts';
import { makeLedger } from '../billing/ledger.ts';
import type { Ledger } from '../billing/ledger.ts';
import { makeProjections } from '../billing/projections.ts';
import type { Projections } from '../billing/projection-check.ts';
import type { ReceiptFiles } from '../billing/receipt-shelves.ts';
import { makeRollUp } from '../billing/roll-up.ts';
import type { RollUp } from '../billing/roll-up.ts';
import type { Env } from '../env.ts';
import { openPresence } from '../placement/presence.ts';
import type { Presence } from '../placement/presence.ts';

const catalogueCache = makeCatalogueCache();

export function openCatalogue(env: Env): Catalogue {
  return makeCatalogue({ db: env.DB, cache: catalogueCache });
}

/** The bucket that old receipts stand in; null where none is bound. */
function openReceiptFiles({ RECEIPTS }: Env): ReceiptFiles | null {
  if (!RECEIPTS) return null;
  return {
    put: async (key, bytes) => void (await RECEIPTS.put(key, bytes)),
    read: async (key, offset, length) => {
      const found = await RECEIPTS.get(key, { range: { offset, length } });
      if (!found) throw new Error('a file of the receipts is not there');
      return found.bytes();
    },
  };
}

export function openLedger(env: Env): Ledger {
  return makeLedger(env.DB, openReceiptFiles(env));
}

export function openProjections(env: Env): Projections {
  return makeProjections(env.DB, openReceiptFiles(env));
}

/** What makes room in the book, but not while it stands still. */
export function openRollUp(env: Env): RollUp {
  const rollUp = makeRollUp({ database: env.DB, files: openReceiptFiles(env) });
  const { isPaused } = makeBookCopy(env.DB);
  // What moves between tables while they are copied would stand in both, or in none.
  return { run: async (now) => ((await isPaused(Date.now())) ? { archived: 0 } : rollUp.run(now)) };
}

export function openPresenceTable(env: Env): Presence {
  return openPresence({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });
}
