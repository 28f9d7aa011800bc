// What a part at its hub needs of its home, its books and its edge, and what it tells when it has ended: types only.
import type { FinishReason } from '../../schema/chunks.ts';
import type { Work } from '../../schema/frames-to-hub.ts';
import type { OfferRefusal } from '../../schema/offer.ts';
import type { Decision } from '../../schema/placement.ts';
import type { EndRecord, FailRecord } from '../../schema/records.ts';
import type { Outcome, ResumeClass } from '../../schema/settlement.ts';
import type { Timings } from '../../schema/timings.ts';
import type { ContentCount } from '../billing/count-part.ts';
import type { Breakage } from '../homes/cool-node.ts';
import type { PartAnswerDoors } from './part-answer.ts';

/** What a part was when it ended: enough to decide counts and charge. */
export interface PartSummary {
  readonly outcome: Outcome;
  readonly finish: FinishReason;
  readonly frameTokens: number;
  /** Of these, tokens of thinking. */
  readonly frameThinkingTokens: number;
  /** Tokens that arrived after the cancel: sent in good faith, neither relayed nor charged. */
  readonly lateTokens: number;
  /** The router's own count of what was relayed. */
  readonly content: ContentCount;
  readonly responseHash: string;
  /** What the home says it came to; null where no receipt follows. */
  readonly work: Work | null;
  readonly ttftMs: number | null;
  readonly durationMs: number;
}

export interface PartDoors extends Pick<PartAnswerDoors, 'hasIds' | 'onTold'> {
  readonly send: (frame: Uint8Array) => void;
  /** Decides and durably keeps the settlement; what the caller is charged comes back. */
  readonly settle: (summary: PartSummary) => Promise<EndRecord>;
  /** The node never ran it: nothing is owed and nothing is kept. The code says whose doing it was. */
  readonly onRefused: (code: OfferRefusal['code']) => void;
  /** The node has answered `head`; the first of its answer has come. For what the hub learns of its homes. */
  readonly onHead: (now: number) => void;
  readonly onFirstToken: (now: number, tokens: number) => void;
  /** The part broke off by the home's own doing: never for bad requests, cancels, an owner's return or a planned stop. */
  readonly onBroken: (code: Breakage, now: number) => void;
  /** The home's model server said that it is busy: it takes nothing for so long, ms. True where no other job of ours is what keeps it so. */
  readonly onHeld: (heldMs: number) => boolean;
  /** The lease ends: the slot is free again. The code where the part broke off. */
  readonly onDone: (code?: FailRecord['code']) => void;
  readonly country: string;
  readonly digest: string;
  /** What the home's model takes in all, as the home offers it. */
  readonly contextTokens: number;
  readonly nodeId: string;
  readonly salt: Uint8Array;
  readonly decision: Decision;
  readonly resumed: ResumeClass | null;
  readonly timings: Timings;
}
