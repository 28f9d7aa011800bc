// From an offer to a running part: its ticket, lease, watchdogs and what its hub learns of it. How it goes on stands in part.ts, its money in settlement.ts.
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { JOB_PIECE_BYTES } from '../../schema/frames.ts';
import { withoutInput } from '../../schema/job-request.ts';
import { JOB_TICKET } from '../../schema/receipt.ts';
import { SEAL, toSealedJson } from '../../schema/seal.ts';
import type { Sealed } from '../../schema/seal.ts';
import type { Declined, Granted } from '../homes/grants.ts';
import { hashPrompt } from '../homes/judge-fault.ts';
import { LeaseTimes } from '../homes/lease-times.ts';
import { expectTurnMs } from '../placement/expect-turn.ts';
import { findRelation } from '../auth/make-kin.ts';
import { GuestShare } from './guest-share.ts';
import { HubTurns } from './turns.ts';
import type { OpenedPart as Opened } from './settlement.ts';
import type { HubJobsDoors } from './jobs-doors.ts';
import { makeJobFrame } from './make-job-frame.ts';
import { draftSettlement, makeTicket } from './make-ticket.ts';
import { tellGranted } from './tell-granted.ts';
import { lessWait, tellWait } from './tell-wait.ts';
import { TicketSeals } from './ticket-seals.ts';
import { makeLog } from '../log.ts';
import type { LogFacts } from '../log.ts';
import type { NodeSocket } from './node-socket.ts';
import type { JobOffer, OfferRefusal } from '../../schema/offer.ts';
import { readGivenBack, readRefused } from './read-fault.ts';
import { Part } from './part.ts';
import type { PartDoors, PartSummary } from './part-doors.ts';
import { tellSettled } from '../billing/tell-settled.ts';
import { ToldParts } from './told-parts.ts';
import type { EndRecord, PartTold } from '../../schema/records.ts';

const log = makeLog('hub');

const encoder = new TextEncoder();

const TICK_MS = 250;
/** Which of the times that jobs took lately is reckoned with: to refuse at once only who surely waits too long, and to tell when to come back. */
const LEAST_SHARE = 0.25;
const USUAL_SHARE = 0.5;

/** Who asked: that a part ends when it has left is no home's doing. */
interface Caller {
  hasLeft: boolean;
}

/** A part that a home was given, and how it was chosen. */
interface Started {
  readonly kind: 'taken';
  readonly part: Part;
  readonly caller: Caller;
  readonly granted: Granted;
}

/** What a part is told of its home and its offer, and its way to the home. */
type PartFacts = Omit<PartDoors, 'settle' | `on${string}`>;

/** `offer`: all that is kept of what was asked. */
interface OpeningPart {
  readonly offer: JobOffer;
  readonly asked: JobOffer;
  readonly granted: Granted;
  readonly number: number;
  readonly now: number;
}

interface OpenedPart {
  readonly opened: Opened;
  readonly known: { readonly promptHash?: string };
  readonly granted: Granted;
  readonly caller: Caller;
  readonly number: number;
  readonly now: number;
}

export class HubJobs {
  readonly #doors: HubJobsDoors;
  readonly #live = new Map<Hex, { readonly part: Part; readonly nodeId: string }>();
  readonly #told = new ToldParts();
  readonly #times = new LeaseTimes();
  readonly #guests = new GuestShare();
  readonly #seals: TicketSeals;
  readonly #turns: HubTurns<Started>;
  #ticker: ReturnType<typeof setInterval> | null = null;

  constructor(doors: HubJobsDoors) {
    this.#doors = doors;
    this.#seals = this.#openSeals();
    this.#turns = new HubTurns({
      decide: (offer, waitedMs) => {
        const tried = this.#try(offer, waitedMs);
        return tried.kind === 'taken'
          ? { kind: 'taken', taken: tried }
          : { kind: 'declined', isBusy: tried.refusal.code === 'busy' };
      },
      hasRoom: () => doors.sockets.candidates().some(({ active, slots }) => active < slots),
    });
  }

  /** Signs the tickets that wait for it now. */
  sealTickets(): void {
    this.#seals.flush();
  }

  isLive(ticketHash: Hex): boolean {
    return this.#live.has(ticketHash);
  }

  tell(jobId: string, part: number): PartTold | null {
    // What an earlier life of this hub has decided stands on its disk until the accounts have it.
    const told = this.#told.find(jobId, part, this.#live.values());
    return told ?? tellSettled(this.#doors.rows.dueOf(jobId), part);
  }

  /** One part: a response whose body is what the caller reads, or why no home here takes it. `signal` fires when the edge goes away. */
  async run(offer: JobOffer, signal: AbortSignal | null): Promise<Response | OfferRefusal> {
    // Nobody who comes now gets a slot before those who wait for it.
    this.#turns.serve(Date.now());
    const tried = this.#try(offer, null);
    if (tried.kind === 'declined' && (await this.#doors.sockets.waitForSync())) return this.run(offer, signal);
    const taken = tried.kind === 'declined' ? await this.#await(offer, tried, signal) : tried;
    if (taken.kind === 'declined') {
      if (!taken.isServed) this.#doors.onNone();
      return taken.refusal;
    }
    const { part, caller, granted } = taken;
    const leave = (): void => {
      caller.hasLeft = true;
      part.leave();
    };
    if (signal?.aborted) leave();
    signal?.addEventListener('abort', leave);
    const answer = await part.answer;
    const { ownerAccountId, capacityBefore: capacity } = granted;
    if (!(answer instanceof Response)) return { ...answer, ownerAccountId, capacity };
    const hasVoice = this.#doors.watch.hasVoice(granted.nodeId);
    tellGranted(answer.headers, granted, {
      hasVoice,
      samplers: 'samplers' in offer.request ? offer.request.samplers : undefined,
    });
    return answer;
  }

  /** A home may have a slot free, or has come: who waits for one is decided anew, once what frees it is done. */
  onRoom(): void {
    queueMicrotask(() => this.#turns.serve(Date.now()));
  }

  /** Decides, and starts the part where a home takes it. `waitedMs`: null where the ask has only come. */
  #try(offer: JobOffer, waitedMs: number | null): Started | Declined {
    const { sockets, grants, aside } = this.#doors;
    const isHeldBack = this.#guests.isFull(offer, () => sockets.candidates());
    for (let isAgain = waitedMs !== null; ; isAgain = true) {
      const granted = grants.choose(offer, Date.now(), { isAgain, isHeldBack });
      if (granted.kind === 'declined') return granted;
      // Whatever breaks here is this one home's: it is set aside, and the next best is given the part.
      const started = aside.guard(granted.nodeId, Date.now(), () => this.#start(offer, granted, waitedMs));
      if (started) return started;
    }
  }

  #start(offer: JobOffer, granted: Granted, waitedMs: number | null): Started {
    const socket = this.#doors.sockets.find(granted.nodeId);
    if (!socket) throw new Error('a home was granted that is not here');
    const waited = waitedMs === null ? granted : { ...granted, decision: tellWait(granted.decision, waitedMs) };
    const left = lessWait(offer, waitedMs ?? 0);
    const caller = { hasLeft: false };
    return { kind: 'taken', part: this.#startPart(socket, left, { granted: waited, caller }), caller, granted: waited };
  }

  /** Where every home is full and the edge lets it, the ask waits for its turn, unless that is surely too far off. */
  async #await(offer: JobOffer, declined: Declined, signal: AbortSignal | null): Promise<Started | Declined> {
    const told = this.#withQueue(offer, declined);
    const heldMs = this.#heldMs(declined);
    if (heldMs > 0) return { ...declined, refusal: { ...declined.refusal, retryAfterMs: heldMs } };
    if (told.refusal.code !== 'busy' || offer.waitMs <= 0 || !this.#turns.hasPlace(offer)) return told;
    const leastMs = this.#expectTurnMs(offer, declined, LEAST_SHARE);
    if (leastMs !== null && leastMs > offer.waitMs) return told;
    const taken = await this.#turns.wait(offer, signal);
    // What it is told is what would be told to one who comes now.
    return taken ?? this.#withQueue(offer, declined);
  }

  /** Where nothing but model servers that are busy by themselves is in the way nobody waits in line: when the first may take a job, ms from now; else 0. */
  #heldMs({ refusal, full }: Declined): number {
    if (refusal.code !== 'busy' || refusal.quoteMs !== null || full.length === 0) return 0;
    const now = Date.now();
    const held = full.map((nodeId) => this.#doors.sockets.find(nodeId)?.heldMs(now) ?? 0);
    return Math.ceil(Math.min(...held));
  }

  /** Who comes back must know of those who wait, too. */
  #withQueue(offer: JobOffer, declined: Declined): Declined {
    const { refusal } = declined;
    const turnMs = refusal.code === 'busy' ? this.#expectTurnMs(offer, declined, USUAL_SHARE) : null;
    if (turnMs === null || refusal.quoteMs !== null) return declined;
    return { ...declined, refusal: { ...refusal, retryAfterMs: Math.round(turnMs) } };
  }

  #expectTurnMs(offer: JobOffer, { full }: Declined, share: number): number | null {
    const now = Date.now();
    const homes = full.map((nodeId) => this.#times.read(nodeId, now));
    return expectTurnMs(homes, this.#turns.countAhead(offer), share);
  }

  #startPart(socket: NodeSocket, asked: JobOffer, { granted, caller }: { granted: Granted; caller: Caller }): Part {
    const priced = { ...asked, ...granted.price };
    // A long prompt is its home's: nothing here reads it again, however long the job runs.
    const isLong = (asked.requestBytes ?? 0) > JOB_PIECE_BYTES;
    const offer = isLong ? { ...priced, request: withoutInput(priced.request) } : priced;
    const number = socket.nextJob();
    const now = Date.now();
    let undo: (() => void) | null = null;
    try {
      const opened = this.#openPart(socket, { offer, asked, granted, number, now });
      undo = () => this.#forget(socket, number, opened);
      const known = isLong ? { promptHash: hashPrompt(asked.request) } : {};
      const doors = this.#openDoors(socket, { opened, known, granted, caller, number, now });
      undo = () => {
        doors.onDone();
        doors.onRefused('refused');
      };
      const part = new Part(number, offer, doors, now);
      this.#live.set(opened.ticketHash, { part, nodeId: granted.nodeId });
      this.#doors.sockets.beginPart(socket, part);
      if (socket.jobs.isSending(number)) part.onPiece(now);
      this.#startTicking();
      return part;
    } catch (error) {
      undo?.();
      socket.sendJson('cancel', { reason: 'fault' }, number);
      throw error;
    }
  }

  #about({ requestId, jobId, part }: JobOffer, nodeId: string): LogFacts {
    return { requestId, jobId, part, nodeId, hub: this.#doors.hub };
  }

  /** A part that never ran: nothing of it is kept. */
  #forget(socket: NodeSocket, number: number, { ticketHash }: Opened): void {
    this.#doors.receipts.drop(socket, number);
    this.#doors.rows.forget(ticketHash);
    this.#live.delete(ticketHash);
  }

  #openSeals(): TicketSeals {
    const { hub, services, nextNumber } = this.#doors;
    return new TicketSeals({
      hub,
      seal: services.sealTickets,
      hashSeal: (seal) => services.signer.hash(SEAL, seal),
      nextNumber,
      running: () => this.#live.size,
      now: () => Date.now(),
      later: (ms, run) => void setTimeout(run, ms),
      onError: (error) => log.error('tickets-not-sealed', { hub, error }),
    });
  }

  /** Sends the job; its ticket's seal follows, and with that the part is kept on disk as open. */
  #openPart(socket: NodeSocket, { offer, asked, granted, number, now }: OpeningPart): Opened {
    const { services, rows, receipts, hub, wakeBy } = this.#doors;
    const { epochSeconds } = services;
    const node = { address: socket.facts.address, digest: granted.model.digest };
    const ticket = makeTicket(offer, node, { now, epochSeconds });
    const ticketHash = services.signer.hash(JOB_TICKET, ticket);
    const { decision, resumed } = granted;
    const home = { accountId: socket.facts.ownerAccountId, kin: socket.kin };
    const related = findRelation({ accountId: offer.accountId, kin: offer.kin ?? [] }, home);
    const part = { message: ticket, decision, resumed, related };
    const draft = draftSettlement(offer, { facts: socket.facts, hub, mostW: socket.mostW }, part);
    const opened: Opened = { ticketHash, ticket, offer, draft, ticketProof: null };
    rows.open({ ticketHash, expiresAt: offer.expiresAt + 60_000, draft });
    receipts.begin(socket, number, opened);
    const onSealed = (signature: Hex, sealed: Sealed): void => {
      opened.ticketProof = { signature, sealed };
      opened.draft = { ...draft, ticketSignature: signature, ticketSeal: toSealedJson(sealed) };
      rows.completeDraft(ticketHash, opened.draft);
    };
    const frame = makeJobFrame({ ...offer, request: asked.request }, granted, ticket);
    socket.jobs.send(number, encoder.encode(JSON.stringify(frame)), () => {
      socket.parts.get(number)?.onSent(Date.now());
      // A home takes no seal of a job that it has not got.
      this.#seals.add({ socket, job: number, ticket, ticketHash, onSealed });
    });
    // A hub that loses its memory is woken soon, by what the disk remembers, and settles what it had.
    wakeBy(now + services.timings.holdRenewMs);
    return opened;
  }

  #openDoors(socket: NodeSocket, { opened, known, granted, caller, number, now }: OpenedPart): PartDoors {
    const { sockets, loads, watch } = this.#doors;
    const { offer } = opened;
    const { nodeId } = socket.facts;
    const about = this.#about(offer, nodeId);
    const lease = loads.begin(nodeId, granted.freshTokens, now);
    const held = this.#times.begin(nodeId, now);
    const leaveShare = this.#guests.begin({ ...offer, isGuest: offer.isGuest === true && !granted.isOwn });
    const { model, isOwn } = granted;
    const slots = socket.state?.slots ?? 1;
    const job = watch.begin({ nodeId, model, slots, lease, startedAt: now, isOwn, asked: { ...offer, ...known } });
    let hasText = false;
    return {
      ...this.#tellFacts(socket, opened, granted),
      settle: (summary) =>
        this.#settle(opened, about, summary, ({ outputTokens }) =>
          job.onSettled(summary.outcome, outputTokens, Date.now()),
        ),
      onRefused: (code) => {
        this.#forget(socket, number, opened);
        if (!caller.hasLeft) job.onGivenBack(readRefused(code), Date.now());
      },
      onTold: (told) => this.#told.note(offer, told),
      onHead: (at) => {
        held.take();
        job.onHead(at);
      },
      onFirstToken: (at, tokens) => {
        hasText = true;
        job.onFirstToken(at, tokens);
      },
      onBroken: (reason, at) => {
        const isPlanned = socket.state?.paused === 'draining';
        if (isPlanned && reason === 'lost') log.info('home-stopped', about);
        else log.warn('home-failed', { ...about, reason });
        job.onBroken(reason, { isPlanned, now: at });
      },
      onHeld: (heldMs) => socket.hold(Date.now() + heldMs),
      onDone: (code) => {
        const endedAt = Date.now();
        job.onGivenBack(code ? readGivenBack(code, hasText) : null, endedAt);
        job.onDone(endedAt);
        held.end(endedAt);
        leaveShare();
        sockets.endPart(socket, number);
        this.onRoom();
      },
    };
  }

  #tellFacts(socket: NodeSocket, { offer }: Opened, granted: Granted): PartFacts {
    const { nodeId, place } = socket.facts;
    return {
      send: (bytes) => socket.send(bytes),
      country: place.country,
      digest: granted.model.digest,
      contextTokens: granted.model.contextTokens,
      nodeId,
      salt: fromHex(offer.salt),
      decision: granted.decision,
      resumed: granted.resumed,
      hasIds: granted.model.resume === 'exact',
      timings: this.#doors.services.timings,
    };
  }

  async #settle(
    opened: Opened,
    about: object,
    summary: PartSummary,
    onSettled: (end: EndRecord) => void,
  ): Promise<EndRecord> {
    const { ticketHash } = opened;
    try {
      const end = await this.#doors.settlement.settle(opened, summary);
      onSettled(end);
      return end;
    } catch (error) {
      // The part's row is open still: it is settled as lost, in the home's favour, when it expires.
      log.error('part-not-settled', { ...about, ticketHash, error });
      throw error;
    } finally {
      this.#live.delete(ticketHash);
    }
  }

  #startTicking(): void {
    this.#ticker ??= setInterval(() => {
      const now = Date.now();
      for (const [ticketHash, { part, nodeId }] of this.#live)
        this.#doors.aside.guard(nodeId, now, () => {
          part.onTick(now);
          const tokens = part.takeProgress(now);
          if (tokens !== null) this.#doors.rows.noteProgress({ ticketHash, tokens, at: now });
        });
      this.#doors.rows.write();
      this.#doors.sockets.leaveSilent(now);
      const isLast = this.#live.size === 0;
      this.#doors.onTick(now, isLast);
      if (!isLast || !this.#ticker) return;
      clearInterval(this.#ticker);
      this.#ticker = null;
    }, TICK_MS);
  }
}
