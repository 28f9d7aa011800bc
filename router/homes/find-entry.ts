// Under which of its entries a home serves what is asked: by digest for the catalogue, by name for its owner's own. Pure.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { pickByName } from '../../schema/model-names.ts';
import type { Place } from '../../schema/places.ts';
import type { ResumeClass } from '../../schema/settlement.ts';
import { RESUME_CLASSES } from '../../schema/settlement.ts';
import type { JobOffer, ResumePoint } from '../../schema/offer.ts';

/** What the hub knows of one connected node at this moment. */
export interface NodeCandidate {
  readonly nodeId: string;
  readonly ownerAccountId: string;
  /** Pool ids, and PUBLIC_POOL where it lends itself to everyone. */
  readonly pools: readonly string[];
  readonly place: Place;
  readonly models: readonly NodeModel[];
  /** W at the wall above rest when it works with all slots full; null or absent where nobody knows. */
  readonly workW?: number | null;
  readonly slots: number;
  readonly active: number;
  readonly isPaused: boolean;
}

export type ModelAsk = Pick<JobOffer, 'model' | 'digests' | 'accountId'>;

/** Every entry that serves the ask, in the node's order: the same weights may stand under two names. Of names the closest, as the home chooses too. */
export function findModels(
  { models, ownerAccountId }: Pick<NodeCandidate, 'models' | 'ownerAccountId'>,
  { model: asked, digests, accountId }: ModelAsk,
): NodeModel[] {
  if (digests) {
    // By hand: it is asked for every home at every offer.
    const found: NodeModel[] = [];
    for (const model of models) if (digests.includes(model.digest)) found.push(model);
    return found;
  }
  return ownerAccountId === accountId ? pickByName(models, ({ name }) => name, asked) : [];
}

/** How faithfully this entry would go on with an answer; null where it cannot, or not as faithfully as the caller wants. */
export function classifyResume(model: Pick<NodeModel, 'digest' | 'resume'>, point: ResumePoint): ResumeClass | null {
  if (model.resume === 'none') return null;
  const isSame = model.digest === point.digest;
  const found = !isSame ? 'same-family' : isExact(model, point) ? 'exact' : 'same-model';
  return RESUME_CLASSES.indexOf(found) <= RESUME_CLASSES.indexOf(point.least) ? found : null;
}

function isExact(model: Pick<NodeModel, 'resume'>, point: ResumePoint): boolean {
  return model.resume === 'exact' && point.tokenIds !== null && point.tokenIds.length === point.count;
}
