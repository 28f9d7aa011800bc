// What the operator took off the catalogue a moment ago: edges that read it before may sell it for another minute, and the hub knows better.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { JobOffer } from '../../schema/offer.ts';

/** A catalogue model as it stands now; no digests where it was withdrawn. */
export interface ModelChange {
  readonly model: string;
  readonly digests: readonly string[];
}

/** Twice as long as an edge goes by what it read of the catalogue. */
const KEPT_MS = 120_000;
const MAX_MODELS = 1000;

export class RecalledModels {
  readonly #changes = new BoundedMap<string, { readonly digests: ReadonlySet<string>; readonly untilAt: number }>(
    MAX_MODELS,
  );

  note({ model, digests }: ModelChange, now: number): void {
    this.#changes.set(model, { digests: new Set(digests), untilAt: now + KEPT_MS });
  }

  /** The offer without weights that do not count as its model any more; no home fits one that has none left. */
  fit(offer: JobOffer, now: number): JobOffer {
    const change = offer.digests && this.#changes.get(offer.model);
    if (!offer.digests || !change || change.untilAt <= now) return offer;
    return { ...offer, digests: offer.digests.filter((digest) => change.digests.has(digest)) };
  }
}
