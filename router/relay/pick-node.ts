// Which of a hub's nodes gets a part: the one asked for if it has a free slot, else the nearest of its equals.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { distanceKm } from '../../schema/places.ts';
import type { Place } from '../../schema/places.ts';

/** What the hub knows of one connected node at this moment. */
export interface NodeCandidate {
  readonly nodeId: string;
  readonly ownerAccountId: string;
  readonly place: Place;
  readonly models: readonly NodeModel[];
  readonly slots: number;
  readonly active: number;
  readonly isPaused: boolean;
}

export interface Wish {
  readonly model: string;
  /** Digests that count as the catalogue model; null for a name of the caller's own nodes. */
  readonly digests: readonly string[] | null;
  readonly accountId: string;
  readonly preferNodeId: string | null;
  readonly excludeNodeIds: readonly string[];
  readonly place: Place;
}

export type PickedNode =
  { readonly kind: 'node'; readonly nodeId: string; readonly model: NodeModel } | { readonly kind: 'busy' | 'none' };

/** The node and the model entry that will serve the wish; `busy` when some could but are full, `none` when no one here can. */
export function pickNode(candidates: readonly NodeCandidate[], wish: Wish): PickedNode {
  let best: { nodeId: string; model: NodeModel; rank: number } | null = null;
  let isBusy = false;
  for (const candidate of candidates) {
    if (candidate.isPaused || wish.excludeNodeIds.includes(candidate.nodeId)) continue;
    const model = findModel(candidate, wish);
    if (!model) continue;
    if (candidate.active >= candidate.slots) {
      isBusy = true;
      continue;
    }
    const rank = candidate.nodeId === wish.preferNodeId ? -1 : distanceKm(candidate.place, wish.place);
    if (!best || rank < best.rank) best = { nodeId: candidate.nodeId, model, rank };
  }
  if (best) return { kind: 'node', nodeId: best.nodeId, model: best.model };
  return { kind: isBusy ? 'busy' : 'none' };
}

/** The entry under which a node serves the wished model: by digest for the catalogue, by name for the owner's own. */
export function findModel(
  candidate: Pick<NodeCandidate, 'models' | 'ownerAccountId'>,
  wish: Pick<Wish, 'model' | 'digests' | 'accountId'>,
): NodeModel | null {
  for (const model of candidate.models) {
    if (wish.digests) {
      if (wish.digests.includes(model.digest)) return model;
    } else if (candidate.ownerAccountId === wish.accountId && matchesName(model.name, wish.model)) return model;
  }
  return null;
}

/** True when an announced name (exact, or a prefix before a trailing `*`) covers the asked one. */
export function matchesName(announced: string, asked: string): boolean {
  return announced.endsWith('*') ? asked.startsWith(announced.slice(0, -1)) : announced === asked;
}
