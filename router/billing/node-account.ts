// The Durable Object of one node: its receipts, its standing, and what its events still have to tell the book.
import type { EvidenceJson } from '../../schema/evidence.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import type { SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { UnsignedPart } from '../../schema/unsigned-part.ts';
import type { NodeStanding } from '../auth/nodes.ts';
import type { Completion, LateAnswer } from './answer-receipt.ts';
import type { Ledger } from './ledger.ts';
import { KeptObject } from './kept-object.ts';
import type { StillOpen } from './kept-object.ts';
import { NodeBook } from './node-book.ts';
import type { NodeTotals } from './node-book.ts';
import { NodeClaims } from './node-claims.ts';
import type { ClaimPage, NotedClaim } from './node-claims.ts';
import { NodeChain } from './node-chain.ts';
import type { ChainEnd } from './node-chain.ts';
import { NodeEarnings } from './node-earnings.ts';
import type { EarnedPage, NodeEarned } from './node-earnings.ts';
import { NodeEpochs } from './node-epochs.ts';
import type { AcceptanceProof, FrozenEpoch, NodeNow, NodePurse, ProofFault } from './node-epochs.ts';
import { NodeSpending } from './node-spending.ts';
import type { CarriedOrder, SignedOrder, SpendAnswer, SpendState } from './node-spending.ts';
import { NodeReceipts } from './node-receipts.ts';
import type { NodeReceiptsDoors } from './node-receipts.ts';
import { lockEarned } from './lock-earned.ts';
import { NodeStandings } from './node-standing.ts';
import type { VersionedStanding } from './node-standing.ts';
import { NodeSeat } from './node-seat.ts';
import { OlderEarnings } from './older-earnings.ts';
import { Outbox } from './outbox.ts';
import { TransferPost } from './transfer-post.ts';
import { Transfers } from './transfers.ts';
import type { SendTransfer } from './transfers.ts';
import { within } from './within.ts';

/** What a hub has to know of a node that has proved who it is. */
export interface ShownNode {
  readonly standing: VersionedStanding;
  readonly lastReceipt: ChainEnd | null;
  /** Another agent with its key is at another hub. */
  readonly isElsewhere: boolean;
}

export interface NodeAccountDoors extends NodeReceiptsDoors {
  /** What the books say of a node; null: they do not know it. Rejects when they cannot be asked. */
  readonly readStanding: (nodeId: string) => Promise<NodeStanding | null>;
  /** Length of an epoch. */
  readonly epochSeconds: number;
  /** Whether the network pays on a chain: then what stands in a frozen epoch is claimed there and nowhere else. */
  readonly hasChain: boolean;
  /** What the book says that a node has earned in all, units. Rejects when it cannot be asked. */
  readonly ledger: NodeReceiptsDoors['ledger'] & Pick<Ledger, 'earnedBy'>;
  /** Hands credit to the object of an account. */
  readonly sendTransfer: SendTransfer;
  /** Whether a hub holds another agent of the node than this instance, which answers. */
  readonly holdsOther: (hub: string, nodeId: string, instance: string) => Promise<boolean>;
}

/** How long another hub may take to say so. */
const OTHER_HUB_MS = 3000;

export class NodeAccount extends KeptObject {
  readonly #domain: Domain;
  readonly #seat: NodeSeat;
  readonly #holdsOther: NodeAccountDoors['holdsOther'];
  readonly #outbox: Outbox;
  readonly #book: NodeBook;
  readonly #chain: NodeChain;
  readonly #receipts: NodeReceipts;
  readonly #epochs: NodeEpochs;
  readonly #earnings: NodeEarnings;
  readonly #standings: NodeStandings;
  readonly #spending: NodeSpending;
  readonly #claims: NodeClaims;
  readonly #purse: NodePurse;
  readonly #transfers: Transfers;
  readonly #post: TransferPost;
  readonly #older: OlderEarnings;
  readonly #earnedBy: () => Promise<number>;
  readonly #hasChain: boolean;

  constructor(ctx: DurableObjectState, env: object, doors: NodeAccountDoors) {
    super(ctx, env);
    const { ledger, domain } = doors;
    this.#domain = domain;
    this.#seat = new NodeSeat(ctx.storage.sql);
    this.#holdsOther = doors.holdsOther;
    const nodeId = ctx.id.name;
    this.#standings = new NodeStandings(ctx.storage.sql, {
      nodeId: nodeId ?? '',
      read: doors.readStanding,
      now: () => Date.now(),
    });
    this.#outbox = new Outbox(ctx.storage, (entries) => ledger.apply(entries), { nodeId });
    this.#book = new NodeBook(ctx.storage);
    const newest = this.#book.newest();
    const end = newest && { receipt: newest.receipt, signature: newest.receiptSignature, sealed: newest.receiptSeal };
    this.#chain = new NodeChain(ctx.storage.sql, end);
    const { sql } = ctx.storage;
    this.#transfers = new Transfers(sql);
    const transfers = this.#transfers;
    this.#spending = new NodeSpending(ctx.storage, { nodeId: nodeId ?? '', outbox: this.#outbox, transfers });
    this.#claims = new NodeClaims(ctx.storage, this.#outbox);
    // Nothing is held back yet.
    this.#purse = { spent: () => this.#spending.spent, withheld: () => 0, claimed: () => this.#claims.total };
    const noteAnswer = ({ id }: { readonly id: string }): void => transfers.remove(id);
    this.#post = new TransferPost({ transfers, send: doors.sendTransfer, noteAnswer, owner: { nodeId } });
    this.#older = new OlderEarnings(sql, this.#book.head.cumulative);
    this.#earnedBy = async () => ledger.earnedBy(nodeId ?? '');
    this.#hasChain = doors.hasChain;
    const { epochSeconds: seconds, hasChain } = doors;
    this.#epochs = new NodeEpochs({ sql, seconds, hasChain, purse: this.#purse, book: this.#book });
    this.#earnings = new NodeEarnings({ book: this.#book, epochs: this.#epochs, purse: this.#purse });
    const [outbox, book, chain, epochs] = [this.#outbox, this.#book, this.#chain, this.#epochs];
    this.#receipts = new NodeReceipts({ nodeId, storage: ctx.storage, outbox, book, chain, epochs }, doors);
    this.#ring(Date.now());
  }

  /** As NodeReceipts does. */
  accept(settlement: SettlementJson): SettlementJson {
    this.pause.refuseClosed(Date.now());
    return this.#receipts.accept(settlement);
  }

  /** As NodeReceipts does. */
  acceptAll(batch: Pick<SettlementBatch, 'settlements'>): (Completion | null)[] {
    this.pause.refuseClosed(Date.now());
    return this.#receipts.acceptAll(batch);
  }

  /** As NodeReceipts does. */
  async acceptLate(late: LateReceipt, hub?: string): Promise<LateAnswer | null> {
    // Its home keeps it and offers it again.
    if (this.#isClosed) return null;
    return this.#receipts.acceptLate(late, hub);
  }

  /** As NodeReceipts does. */
  unsigned(): Promise<UnsignedPart[]> {
    return this.#receipts.unsigned();
  }

  get #isClosed(): boolean {
    return this.pause.level(Date.now()) === 'closed';
  }

  /** What the node has signed that contradicts itself: documents that anyone can check. */
  evidence(): EvidenceJson[] {
    return this.#book.listEvidence(this.#domain);
  }

  totals(): NodeTotals {
    return this.#book.totals();
  }

  /**
   * The node has proved who it is at a hub: what it lends itself to and whether it may be there. From now on that hub is told of changes. Null
   * for a node that the books do not know. While the books are away what they said last holds, since every change comes through `recheck`;
   * rejects where they have never been asked. `instance`: of the agent that came; another one with its key that is at another hub and answers
   * keeps the node.
   */
  async show(hub: string, instance: string | null = null): Promise<ShownNode | null> {
    const standing = await this.#standings.show(hub);
    if (!standing) return null;
    const isElsewhere = await this.#isElsewhere(hub, instance);
    if (!isElsewhere) this.#seat.take(hub);
    return { standing, lastReceipt: this.#chain.end, isElsewhere };
  }

  async #isElsewhere(hub: string, instance: string | null): Promise<boolean> {
    const last = this.#seat.hub;
    if (instance === null || last === null || last === hub) return false;
    try {
      return await within(this.#holdsOther(last, this.ctx.id.name ?? '', instance), OTHER_HUB_MS);
    } catch {
      // A hub that cannot be asked holds nobody.
      return false;
    }
  }

  /** The books have changed: what they say now, and the hubs that have to be told. Rejects when they cannot be asked; safe to repeat. */
  recheck(): Promise<{ readonly standing: VersionedStanding | null; readonly hubs: string[] }> {
    return this.#standings.recheck();
  }

  /** As NodeEpochs does: after it no acceptance enters that epoch. */
  freeze(epoch: number): FrozenEpoch {
    return this.ctx.storage.transactionSync(() => this.#epochs.freeze(epoch));
  }

  /** What it has accepted by now, held against what the book had of it just before (units, from `earnedBy`). */
  holdAgainst(booked: number): NodeNow {
    const total = this.#book.head.cumulative;
    return { total, book: this.#older.add(booked, total), onWay: this.#outbox.waitingEarnings() };
  }

  /** As NodeEpochs does. */
  proveAcceptance(count: number, epoch: number): AcceptanceProof | ProofFault {
    return this.#epochs.prove(count, epoch);
  }

  /** What the node has earned in all, and what of it still waits. */
  earned(): NodeEarned {
    return this.#earnings.sum();
  }

  /** Parts that were accepted in the last week, the newest first; `before`: where an earlier page said to go on. */
  listEarned(before: number | null): EarnedPage {
    return this.#earnings.list(before);
  }

  /** The accounts that called a job of which a part was accepted here in the last week. */
  payersOf(jobId: string): string[] {
    return this.#book.findPayers(jobId);
  }

  /** What can be turned into credit now. Rejects when the book cannot be asked. */
  async spendable(): Promise<SpendState> {
    return this.#spending.state(this.#earned(await this.#earnedBy()));
  }

  /** As NodeSpending does. Rejects when the book cannot be asked; safe to repeat. */
  async spend(order: SignedOrder): Promise<SpendAnswer> {
    const booked = await this.#earnedBy();
    const now = Date.now();
    if (this.pause.level(now) !== null) throw new Error('the books stand still while they are copied');
    const answer = this.#spending.spend(order, this.#earned(booked), now);
    this.#outbox.ring(now);
    return answer;
  }

  /** The chain has paid some of its earnings, for good. Safe to repeat: its id makes it once. */
  noteClaim(claim: NotedClaim): void {
    this.pause.refuseClosed(Date.now());
    if (this.#claims.note(claim)) this.#outbox.ring(Date.now());
  }

  /** What was claimed on the chain, the newest first; `before`: where an earlier page said to go on. */
  listClaims(before: number | null): ClaimPage {
    return this.#claims.list(before);
  }

  /** What was turned into credit since a time, the newest first: the last thousand orders are known one by one. */
  listOrders(since: number): CarriedOrder[] {
    return this.#spending.list(since);
  }

  #earned(booked: number): { accepted: number; booked: number; withheld: number; locked: number } {
    const { total: accepted, book } = this.holdAgainst(booked);
    const locked = this.#hasChain ? lockEarned(this.#epochs.lastFrozen) : 0;
    return { accepted, booked: book, withheld: this.#purse.withheld(), locked };
  }

  /** Entries on their way to the book, and how many of them the fees could not pay yet. */
  booked(): { waiting: number; unpayable: number } {
    return { waiting: this.#outbox.waiting().events, unpayable: this.#outbox.unpayable };
  }

  protected override stillOpen(): StillOpen {
    const { waiting, unpayable } = this.booked();
    if (waiting > unpayable) this.#outbox.ring(Date.now());
    return { jobs: 0, entries: waiting - unpayable + this.#transfers.count };
  }

  override async alarm(): Promise<void> {
    if (!this.#isClosed) await this.#receipts.decideSigned();
    await Promise.all([this.#outbox.drainOnAlarm(), this.#post.run()]);
    this.#ring(Date.now());
  }

  #ring(now: number): void {
    this.#receipts.ringForSigned(now);
    const at = this.#post.nextAt(now);
    if (at !== null) this.#outbox.ensureAlarm(at);
  }
}
