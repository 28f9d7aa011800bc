// How parts ended whose edges may ask for it: those that broke off, and those that were too long to be read along. Memory only: an edge asks at once, and
// takes a part that nobody knows for lost with its hub.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { PartTold } from '../../schema/records.ts';

const MOST_TOLD = 1000;

interface Live {
  readonly part: { readonly offer: Pick<JobOffer, 'jobId' | 'part'> };
}

export class ToldParts {
  readonly #told = new BoundedMap<string, PartTold>(MOST_TOLD);

  note({ jobId, part }: Pick<JobOffer, 'jobId' | 'part'>, told: PartTold): void {
    this.#told.set(`${jobId} ${part}`, told);
  }

  /** `live`: parts that run. Null for one that this life of the hub does not know. */
  find(jobId: string, part: number, live: Iterable<Live>): PartTold | null {
    const told = this.#told.get(`${jobId} ${part}`);
    if (told) return told;
    for (const {
      part: { offer },
    } of live)
      if (offer.jobId === jobId && offer.part === part) return { kind: 'running' };
    return null;
  }
}
