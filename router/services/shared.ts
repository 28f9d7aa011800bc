// What one isolate keeps for all its services: an isolate serves one environment.
import { makeCatalogue, makeCatalogueCache } from '../billing/catalogue.ts';
import type { Catalogue } from '../billing/catalogue.ts';
import type { Env } from '../env.ts';
import { openPresence } from '../placement/presence.ts';
import type { Presence } from '../placement/presence.ts';

const catalogueCache = makeCatalogueCache();

export function openCatalogue(env: Env): Catalogue {
  return makeCatalogue({ db: env.DB, cache: catalogueCache });
}

export function openPresenceTable(env: Env): Presence {
  return openPresence({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });
}
