// What a hub tells the owner of a home of how it stands: what its connection shows, and what a choice would make of it now for a caller next door.
import type { AsideHomes } from '../homes/aside-homes.ts';
import type { HomeExam } from '../homes/examine-home.ts';
import type { HubGrants } from '../homes/grants.ts';
import type { CatalogueEntry } from '../homes/make-presence.ts';
import type { LiveHome } from '../homes/make-why.ts';
import { NO_WISH, PUBLIC_POOL } from '../../schema/placement.ts';
import type { PlacedOffer } from '../../schema/offer.ts';
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import { isBehind } from './judge-owing.ts';
import type { NodeSocket } from './node-socket.ts';
import type { Hindrance } from './socket-attachment.ts';

/** Models of a home that are looked at, at most. */
const MOST_MODELS = 16;
/** A short call as most are, from an edge in the same town. */
const PROBE = { promptTokens: 200, outputTokens: 200, edgeRttMs: 10 };
/** No account: a stranger, who is nobody's owner. */
const STRANGER = 'acct_stranger';

/** Why it counts as full though slots are free. */
export type HeldBack = 'unread' | 'behind' | 'server-busy';

export interface ExamFacts {
  /** `silent`: its line stands, and it has not pinged for minutes. */
  readonly hindrance: Hindrance | 'silent' | null;
  readonly paused: PauseReason | null;
  readonly isAside: boolean;
  readonly held: HeldBack | null;
  readonly slots: number;
  readonly running: number;
  readonly isPublic: boolean;
  readonly pools: number;
  readonly models: LiveHome['models'];
  /** Of its models that are in the catalogue. */
  readonly exams: readonly ModelExam[];
}

export interface ModelExam extends HomeExam {
  readonly model: string;
}

interface ExamDoors {
  readonly grants: () => HubGrants;
  readonly aside: AsideHomes;
  readonly receipts: Parameters<typeof isBehind>[1];
  readonly find: (nodeId: string) => NodeSocket | undefined;
  readonly trustSlots: (nodeId: string, told: number) => number;
  /** Whether placement sees it now. */
  readonly isCandidate: (nodeId: string) => boolean;
}

export class ExamDesk {
  readonly #doors: ExamDoors;

  constructor(doors: ExamDoors) {
    this.#doors = doors;
  }

  /** A connection as its owner is shown it; null for one that is not here. */
  readLive(nodeId: string): LiveHome | null {
    const { find, trustSlots } = this.#doors;
    const socket = find(nodeId);
    if (!socket) return null;
    const models = (socket.state?.models ?? []).map(({ name, digest, contextTokens, can = [] }) => {
      return { name, digest, contextTokens, can };
    });
    const slots = trustSlots(nodeId, socket.state?.slots ?? 0);
    return { models, slots, running: socket.parts.size, ...(socket.agent ?? { version: null, platform: null }) };
  }

  /** How a home stands now; null for one that is not connected. */
  examine(nodeId: string, catalogue: readonly CatalogueEntry[], now: number): ExamFacts | null {
    const { find, grants, aside, isCandidate } = this.#doors;
    const [socket, live] = [find(nodeId), this.readLive(nodeId)];
    if (!socket || !live) return null;
    const entries = catalogue.filter(({ digests }) => live.models.some(({ digest }) => digests.includes(digest)));
    const pools = socket.standing?.pools ?? [];
    return {
      hindrance: socket.findHindrance(now) ?? (isCandidate(nodeId) ? null : 'silent'),
      paused: socket.state?.paused ?? null,
      isAside: aside.has(nodeId, now),
      held: findHeld(socket, this.#doors, now),
      slots: live.slots,
      running: live.running,
      isPublic: pools.includes(PUBLIC_POOL),
      pools: pools.filter((pool) => pool !== PUBLIC_POOL).length,
      models: live.models,
      exams: entries.slice(0, MOST_MODELS).map((entry) => ({
        model: entry.id,
        ...grants().examine(nodeId, makeProbe(entry, socket), now),
      })),
    };
  }
}

function findHeld(socket: NodeSocket, { receipts }: Pick<ExamDoors, 'receipts'>, now: number): HeldBack | null {
  if (socket.unread.isFull) return 'unread';
  if (isBehind(socket, receipts, now)) return 'behind';
  return socket.heldMs(now) > 0 ? 'server-busy' : null;
}

/** A call of a stranger at the home's own place. */
function makeProbe(entry: CatalogueEntry, { facts }: NodeSocket): PlacedOffer {
  const { id, digests, priceIn, priceOut, leastPriceIn = priceIn, leastPriceOut = priceOut } = entry;
  const { promptTokens, outputTokens, edgeRttMs } = PROBE;
  return {
    accountId: STRANGER,
    model: id,
    digests,
    preferNodeId: null,
    excludeNodeIds: [],
    place: facts.place,
    wish: NO_WISH,
    size: { promptTokens, outputTokens },
    edgeRttMs,
    isForced: true,
    resume: null,
    priceIn,
    priceOut,
    leastPriceIn,
    leastPriceOut,
  };
}
