// What a hub needs from the other rooms, as plain functions: router/services.ts opens the doors behind them.
import type { Hex } from '../../schema/bytes.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import type { Grant, GrantAsk, HomeState } from '../../schema/placement.ts';
import type { Acceptance, AcceptanceJson, JobTicket, MessageSigner } from '../../schema/receipt.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { UnsignedPart } from '../../schema/unsigned-part.ts';
import type { HubReport } from '../area/area-services.ts';
import type { CountInput, DecidedCounts } from '../relay/count-input.ts';
import type { HubPresenceDoors } from '../homes/presence-writer.ts';
import type { Learning } from '../relay/learning.ts';
import type { CatalogueEntry } from '../homes/make-presence.ts';
import type { NodeFacts } from './node-socket.ts';

/** What a node's account says of a receipt that came late: the signed acceptance, or the reason why there is none. */
export interface LateAnswer {
  readonly acceptance: Acceptance | null;
  readonly signature: Hex | null;
  readonly reason: string | null;
}

/** The same as it travels to the node, with the ticket that it answers. */
export interface ReceiptAnswer {
  readonly ticketHash: Hex;
  readonly acceptance: AcceptanceJson | null;
  readonly signature: Hex | null;
  readonly reason: string | null;
}

/** Which homes were last sent which beginnings of prompts. */
export interface Prefixes {
  readonly note: (nodeId: string, prefixes: readonly string[]) => void;
  /** Tokens of such a prompt that the home is expected to still hold. */
  readonly expectCachedTokens: (nodeId: string, prefixes: readonly string[]) => number;
  readonly forget: (nodeId: string) => void;
}

export interface HubServices {
  /** Which of these homes gets the job, or that none may now. */
  readonly decideGrant: (homes: readonly HomeState[], ask: GrantAsk) => Grant;
  readonly learning: Learning;
  readonly openPrefixes: () => Prefixes;
  /** Hands what is known of a node to the hub that it moves to. */
  readonly handHistory: (hub: string, nodeId: string, json: string) => Promise<void>;
  readonly signer: MessageSigner;
  /** Checks a hello, which comes before the node knows the router's domain. */
  readonly handshake: MessageSigner;
  readonly domain: Domain;
  readonly routerAddress: Hex;
  readonly signTicket: (ticket: JobTicket) => Hex;
  readonly issueNodeToken: (facts: NodeFacts, now: number) => Promise<{ token: string; untilAt: number }>;
  readonly catalogue: () => Promise<readonly CatalogueEntry[]>;
  /** The catalogue changed: the next look reads it anew. */
  readonly forgetCatalogue: () => void;
  readonly writePresence: HubPresenceDoors['write'];
  readonly decideCounts: (input: CountInput) => DecidedCounts;
  /** What a home earns for counts at its ticket's prices, in units: the charge less the fee. */
  readonly earnOf: (ticket: JobTicket, counts: { promptTokens: number; outputTokens: number }) => number;
  /** Hands settlements to their node's account: verified, accepted, completed; null for one that it could not take. Safe to repeat. */
  readonly acceptSettlements: (
    nodeId: string,
    settlements: readonly SettlementJson[],
  ) => Promise<(SettlementJson | null)[]>;
  /** Hands settlements to their caller's account; false for one that it could not take. Safe to repeat. */
  readonly settleCaller: (accountId: string, settlements: readonly SettlementJson[]) => Promise<boolean[]>;
  /** A receipt no hub row knows: the node's account may know it; null to let the node keep it and ask again. */
  readonly acceptLate: (nodeId: string, late: LateReceipt) => Promise<LateAnswer | null>;
  /** Settled parts of a node that delivered something and have no receipt. Rejects when its account cannot be reached. */
  readonly findUnsigned: (nodeId: string) => Promise<readonly UnsignedPart[]>;
  readonly reportToArea: (area: string, report: HubReport) => Promise<void>;
}
