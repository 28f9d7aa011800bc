// What a hub needs from the other rooms, as plain functions: router/services/hub.ts opens the doors behind them.
import type { Hex } from '../../schema/bytes.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import type { HandoverJson } from '../../schema/handover.ts';
import type { AcceptanceJson, MadeSeal, MessageSigner } from '../../schema/receipt.ts';
import type { Seal, SealedJson } from '../../schema/seal.ts';
import type { SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import type { Timings } from '../../schema/timings.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { UnsignedPart } from '../../schema/unsigned-part.ts';
import type { LateAnswer } from '../billing/answer-receipt.ts';
import type { ShownNode } from '../billing/node-account.ts';
import type { HubPresenceDoors } from '../homes/presence-writer.ts';

import type { CatalogueEntry } from '../homes/make-presence.ts';
import type { NodeFacts } from './node-facts.ts';

/** The same as it travels to the node, with the ticket that it answers. */
export interface ReceiptAnswer {
  readonly ticketHash: Hex;
  readonly acceptance: AcceptanceJson | null;
  readonly signature: Hex | null;
  /** Null where the acceptance was signed for itself, or there is none. */
  readonly sealed: SealedJson | null;
  readonly reason: string | null;
}

export interface PlacedNode {
  readonly nodeId: string;
  readonly lat: number;
  readonly lon: number;
}

/** What a hub tells of one connected home. */
export interface HomeReport extends PlacedNode {
  readonly slots: number;
}

/** What a hub tells its area when nodes come, go or change. */
export interface HubReport {
  readonly hub: string;
  readonly homes: readonly HomeReport[];
  /** Centre of its homes. */
  readonly lat: number;
  readonly lon: number;
}

export interface HubServices {
  readonly timings: Timings;
  /** Length of an epoch, which tickets name. */
  readonly epochSeconds: number;
  /** True on a local network, where a test may end this life of the hub. */
  readonly mayAbort: boolean;
  /** Hands what is known of a node to the hub that it moves to. */
  readonly handHistory: (hub: string, nodeId: string, json: string) => Promise<void>;
  readonly signer: MessageSigner;
  /** Checks a hello, which comes before the node knows the router's domain. */
  readonly handshake: MessageSigner;
  readonly domain: Domain;
  readonly routerAddress: Hex;
  /** How the router's keys before handed over to it. */
  readonly handovers: readonly HandoverJson[];
  /** Signs one seal over tickets' digests with the router's key. */
  readonly sealTickets: (facts: Omit<Seal, 'count' | 'root'>, digests: readonly Hex[]) => MadeSeal;
  /** Asks a node's own object what the books say of it, and has it tell this hub of every change; null for a node that they do not know. */
  readonly showNode: (nodeId: string, hub: string, instance: string | null) => Promise<ShownNode | null>;
  readonly issueNodeToken: (facts: NodeFacts, now: number) => Promise<{ token: string; untilAt: number }>;
  readonly catalogue: () => Promise<readonly CatalogueEntry[]>;
  /** The catalogue changed: the next look reads it anew. */
  readonly forgetCatalogue: () => void;
  readonly writePresence: HubPresenceDoors['write'];
  /** Hands settlements to their node's account: verified, accepted, completed; null for one that it could not take. Safe to repeat. */
  readonly acceptSettlements: (nodeId: string, batch: SettlementBatch) => Promise<readonly (SettlementJson | null)[]>;
  /** Hands settlements to their caller's account; false for one that it could not take. Safe to repeat. */
  readonly settleCaller: (accountId: string, batch: SettlementBatch) => Promise<readonly boolean[]>;
  /** Tells a caller's account that jobs of it live. */
  readonly renewHolds: (accountId: string, jobIds: readonly string[]) => Promise<void>;
  /** A receipt no hub row knows: the node's account may know it; null to let the node keep it and ask again. */
  readonly acceptLate: (nodeId: string, late: LateReceipt, hub: string) => Promise<LateAnswer | null>;
  /** Settled parts of a node that delivered something and have no receipt. Rejects when its account cannot be reached. */
  readonly findUnsigned: (nodeId: string) => Promise<readonly UnsignedPart[]>;
  /** True where the area did not know the hub: what changed in the catalogue before has not reached it. */
  readonly reportToArea: (area: string, report: HubReport) => Promise<boolean>;
}
