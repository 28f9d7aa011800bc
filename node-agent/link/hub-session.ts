// One connection to a hub, from the challenge to the end: answers frames, tells the hub what this home offers, offers late receipts.
import { ACCEPTANCE_STATUS, makeMessageSigner, NODE_HELLO } from '../../schema/receipt.ts';
import type { Hex } from '../../schema/bytes.ts';
import { Bucket } from '../../schema/bucket.ts';
import {
  decodeFrames,
  encodeFrame,
  encodeJsonFrame,
  FRAME,
  LATE_RECEIPTS,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
} from '../../schema/frames.ts';
import type { Frame, FrameName } from '../../schema/frames.ts';
import { wordToJobId } from '../../schema/ids.ts';
import { encodeReceiptsFrame } from '../../schema/seal.ts';
import type { ReceiptsFrame } from '../../schema/seal.ts';
import { HANDSHAKE_DOMAIN } from '../../schema/typed-data.ts';
import { JobRunner } from '../jobs/job-runner.ts';
import type { AgentShared } from '../jobs/job-runner.ts';
import type { AcceptedFrame, AcceptedOutcome } from '../receipts/receipt-book.ts';
import { describeError } from '../log.ts';
import { signLostPart } from '../receipts/lost-part.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import type { LinkOutcome } from './decide-retry.ts';
import { FrameWriter } from '../jobs/frame-writer.ts';
import { tellOldRouter } from './enrolment.ts';
import { CLOCK_OFF_MS, describeClock, RouterClock } from './router-clock.ts';
import { JobPieces } from './job-pieces.ts';
import { readHubFrame } from './read-hub-frame.ts';
import type { HubMessage } from './read-hub-frame.ts';
import type { HubSocket } from './socket.ts';

type MessageOf<N extends HubMessage['name']> = Extract<HubMessage, { name: N }>;
export type Welcome = MessageOf<'welcome'>['value'];

interface SessionDoors {
  readonly shared: AgentShared;
  readonly key: SessionKey;
  /** The router's that was dialled: the hello names it, so that it is of no use to another. */
  readonly origin: string;
  readonly agent: string;
  readonly platform: string;
  /** Drawn at the agent's start. */
  readonly instance: string;
  readonly onWelcome: (welcome: Welcome, clock: RouterClock) => void;
  /** The connection should end for this reason; the session goes on until the socket has ended. */
  readonly onLeave: (outcome: LinkOutcome) => void;
}

/** A hub that has not finished the handshake by then is not a hub. */
const HANDSHAKE_MS = 10_000;
/** How often to look for receipts without an answer; the book decides which of them to offer again. */
const LATE_CHECK_MS = 2500;
/** Each frame that cannot be read gets an answer, up to this many; one more ends the connection. */
const STRAY_FRAMES_MAX = 100;

export class HubSession {
  readonly #doors: SessionDoors;
  readonly #socket: HubSocket;
  readonly #writer: FrameWriter;
  readonly #handshakeTimer: NodeJS.Timeout;
  #lateTimer: NodeJS.Timeout | undefined;
  #runner: JobRunner | null = null;
  #welcome: Welcome | null = null;
  #clock = new RouterClock(Date.now());
  /** How far the machine's clock was off when the owner was told last, ms. */
  #toldAheadMs = 0;
  readonly #pieces = new JobPieces();
  readonly #lateRoom = new Bucket();
  #strayFrames = 0;
  #isDraining = false;

  constructor(socket: HubSocket, doors: SessionDoors) {
    this.#socket = socket;
    this.#doors = doors;
    this.#writer = new FrameWriter(socket, () => this.#runner?.resume());
    const silence = `The hub did not finish the handshake within ${HANDSHAKE_MS} ms.`;
    this.#handshakeTimer = setTimeout(() => this.#leave({ kind: 'silent', message: silence }), HANDSHAKE_MS);
  }

  /** The jobs of this connection; null before the welcome. */
  get runner(): JobRunner | null {
    return this.#runner;
  }

  /** Takes one binary message. Never throws: what cannot be read is answered with an `error` frame. */
  hear(bytes: Uint8Array): void {
    const frames = decodeFrames(bytes);
    if (!frames.ok) return this.#complain(frames.error.code, frames.error.message, 0);
    for (const one of frames.value) {
      const frame = this.#gather(one);
      if (!frame) continue;
      const message = readHubFrame(frame);
      if (message.ok) this.#obeySafely(message.value);
      else this.#complain(message.error.code, message.error.message, frame.job);
    }
  }

  /** The frame as it is read: of a long job the whole once its end is there. Null for a piece, and for a job that is too long. */
  #gather(frame: Frame): Frame | null {
    const { type, job, payload } = frame;
    if (type === FRAME.piece) {
      if (this.#welcome === null || !this.#pieces.add(job, payload))
        this.#complain('bad-frame', 'too many jobs come in pieces', job);
      return null;
    }
    if (type === FRAME.cancel) this.#pieces.drop(job);
    if (type !== FRAME.job) return frame;
    const whole = this.#pieces.finish(job, payload);
    if (!whole) this.#send('refuse', { code: 'busy', message: 'The job is too long to be taken in now.' }, job);
    return whole && { ...frame, payload: whole };
  }

  /** Offers receipts that no socket has carried yet. */
  offerUnsent(): void {
    this.#offerLate();
  }

  /** Tells the hub what this home offers now. */
  sendState(): void {
    if (!this.#runner) return;
    const { shelf, slots, pause, meter } = this.#doors.shared;
    const paused = pause.reason ?? (this.#isDraining ? 'draining' : null);
    const power = meter?.facts() ?? undefined;
    this.#send('state', { models: shelf.offered, slots: slots.limit, paused, power });
  }

  /** Sends what waits and says goodbye. */
  leave(): void {
    this.#writer.flush();
    this.#socket.close(1000, 'leaving');
  }

  /** The socket has ended: jobs stop, their receipts wait for the next connection. */
  end(): void {
    clearTimeout(this.#handshakeTimer);
    clearInterval(this.#lateTimer);
    this.#writer.close();
    this.#runner?.cutAll();
  }

  /** A frame that fits its schema and still cannot be used (a domain that nothing can be signed for) must not end the agent. */
  #obeySafely(message: HubMessage): void {
    try {
      this.#obey(message);
    } catch (error) {
      this.#doors.shared.log.warn('a frame could not be used', { frame: message.name, reason: describeError(error) });
      this.#complain('unusable', `'${message.name}' could not be used`, message.job);
    }
  }

  #obey(message: HubMessage): void {
    if (message.name === 'challenge') return this.#answerChallenge(message.value);
    if (message.name === 'welcome') return this.#enter(message.value);
    if (message.name === 'error') return this.#hearError(message.value);
    if (message.name === 'moved') return this.#drain({ kind: 'moved' });
    const runner = this.#runner;
    if (!runner) return this.#complain('early', `'${message.name}' came before 'welcome'`, message.job);
    this.#obeyAtWork(message, runner);
  }

  #obeyAtWork(
    message: Exclude<HubMessage, { name: 'challenge' | 'welcome' | 'error' | 'moved' }>,
    runner: JobRunner,
  ): void {
    switch (message.name) {
      case 'job':
        return runner.start(message.job, message.value, this.#isDraining);
      case 'strange-job':
        return runner.refuseKind(message.job, message.kind);
      case 'tickets':
        return runner.takeTickets(message.value);
      case 'credit':
        return runner.grant(message.job, message.bytes);
      case 'cancel':
        return runner.cancel(message.job, message.value.reason === 'unknown-job');
      case 'accepted':
        return this.#takeAcceptances(message.value);
      case 'sync':
        return this.#send('running', { jobs: runner.listRunning() });
      case 'unsigned':
        return this.#welcome ? void this.#signFor(message.value, this.#welcome) : undefined;
      case 'prefetch':
        // A hint may be ignored, and is while this connection is being left.
        return this.#isDraining ? undefined : this.#doors.shared.onPrefetch(message.value.model);
      case 'drain':
        return this.#drain({ kind: 'closed', closeCode: 1000, reason: 'the hub is draining' });
      default:
        return message satisfies never;
    }
  }

  #answerChallenge(challenge: MessageOf<'challenge'>['value']): void {
    if (challenge.protocol < MIN_PROTOCOL_VERSION) {
      const code = 'protocol-version';
      return this.#leave({
        kind: 'error-frame',
        code,
        message: tellOldRouter(challenge.protocol),
        retryMs: null,
        isFinal: true,
      });
    }
    this.#clock = new RouterClock(challenge.serverTimeAt);
    const { key, origin, agent, platform, instance } = this.#doors;
    const protocol = PROTOCOL_VERSION;
    const hello = { nonce: challenge.nonce, node: key.address, protocol, origin };
    const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_HELLO, hello, key.privateKey);
    this.#send('hello', { protocol, address: key.address, signature, origin, agent, platform, instance });
  }

  #enter(welcome: Welcome): void {
    if (this.#welcome) return;
    clearTimeout(this.#handshakeTimer);
    this.#welcome = welcome;
    const { shared, onWelcome } = this.#doors;
    shared.book.learnRouter(welcome.router, welcome.domain, welcome.handovers ?? []);
    this.#runner = new JobRunner(shared, {
      router: welcome.router,
      domain: welcome.domain,
      signer: shared.book.signerOf(welcome.domain),
      writer: this.#writer,
      socket: { sendReceipts: (frame) => this.#sendReceipts(frame) },
      routerNow: () => this.#clock.now(),
    });
    this.#goOnFrom(welcome);
    this.sendState();
    shared.book.forgetOffers();
    this.#offerLate();
    this.#compareClocks();
    this.#lateTimer = setInterval(() => {
      this.#offerLate();
      shared.onReceipts();
      this.#compareClocks();
    }, LATE_CHECK_MS);
    onWelcome(welcome, this.#clock);
  }

  /** Where the state folder is older than what this home has signed, its receipts go on behind the router's newest. */
  #goOnFrom({ lastReceipt, domain }: Welcome): void {
    const { book, log } = this.#doors.shared;
    const restored = lastReceipt && book.goOnFrom(lastReceipt, domain);
    if (!restored) return;
    log.warn(
      'the receipts here end before the newest that the router has of this home: the state folder is an older copy, or lost its chain. They go on behind that one; there is nothing to do',
      { here: String(restored.here), router: String(restored.router), next: String(restored.next) },
    );
    this.#doors.shared.onReceipts();
  }

  /** Tells the owner of a clock that is off, or that was set; no job goes by it. */
  #compareClocks(): void {
    const { aheadMs } = this.#clock;
    if (Math.abs(aheadMs - this.#toldAheadMs) < CLOCK_OFF_MS) return;
    this.#toldAheadMs = aheadMs;
    const clock = describeClock(aheadMs) ?? 'right again';
    this.#doors.shared.log.warn('the clock of this machine and the router’s differ; jobs go by the router’s', {
      clock,
    });
  }

  #hearError(error: MessageOf<'error'>['value']): void {
    const { code, message, retryMs, isFinal } = error;
    const mustLeave = this.#welcome === null || isFinal === true || retryMs !== undefined;
    if (mustLeave)
      return this.#leave({ kind: 'error-frame', code, message, retryMs: retryMs ?? null, isFinal: isFinal ?? false });
    this.#doors.shared.log.warn('the hub could not use a frame', { code, message });
  }

  /** Takes nothing new on this connection, and leaves it when its last job has ended. */
  #drain(outcome: LinkOutcome): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const idle = this.#runner?.whenIdle() ?? Promise.resolve();
    void idle.then(() => this.#leave(outcome));
  }

  /** Checked when nothing more urgent waits: one seal covers all answers of a frame. */
  #takeAcceptances(frame: AcceptedFrame): void {
    const { shared } = this.#doors;
    const taken = shared.signatures.runLater(() => {
      const outcomes = shared.book.accept(frame);
      frame.answers.forEach((answer, i) => this.#logAnswer(outcomes[i], answer));
      shared.onReceipts();
    });
    taken.catch((error: unknown) =>
      shared.log.warn('a frame could not be used', { frame: 'accepted', reason: describeError(error) }),
    );
  }

  #logAnswer(outcome: AcceptedOutcome | undefined, answer: AcceptedFrame['answers'][number]): void {
    const { log } = this.#doors.shared;
    const { ticketHash: ticket, reason, acceptance } = answer;
    if (outcome === 'refused') log.warn('the router refused a receipt for good', { ticket, reason });
    if (outcome === 'taken' && acceptance?.status === ACCEPTANCE_STATUS.unpaid) this.#warnUnpaid(ticket);
    if (outcome === 'bad-signature')
      log.warn('an acceptance is not signed by the router: the receipt is kept', { ticket });
  }

  /** The first, the second, the fourth and so on: a home that is not paid at all must not fill its log. */
  #warnUnpaid(ticket: Hex): void {
    const { log, book } = this.#doors.shared;
    const { unpaid, inARow } = book.unpaid;
    if (Number.isInteger(Math.log2(unpaid)))
      log.warn('the router pays nothing for a receipt', { ticket, unpaid, inARow });
  }

  /** Signs for a part that this home delivered and lost; the receipt then goes the way of every late one. */
  async #signFor(part: MessageOf<'unsigned'>['value'], welcome: Welcome): Promise<void> {
    const { shared } = this.#doors;
    const { log } = shared;
    try {
      const verdict = await signLostPart(part, { router: welcome.router, domain: welcome.domain, shared });
      if (verdict === 'foreign') log.warn('a hub asks for a receipt under a ticket that is not this home’s');
      if (verdict !== 'signed') return;
      const { jobId } = part.ticket;
      log.info('signed for a part that was lost', { job: wordToJobId(jobId), outputTokens: part.outputTokens });
      shared.onReceipts();
      this.#offerLate();
    } catch (error) {
      shared.onLostReceipt();
      log.error('a receipt could not be stored: is the disk full?', {
        job: wordToJobId(part.ticket.jobId),
        reason: describeError(error),
      });
    }
  }

  /** After days offline thousands may wait: they go out at the pace that a hub takes them at. */
  #offerLate(): void {
    const welcome = this.#welcome;
    if (!welcome) return;
    const now = Date.now();
    const most = this.#lateRoom.takeSome(LATE_RECEIPTS.brim, LATE_RECEIPTS, now);
    if (most === 0) return;
    const late = this.#doors.shared.book.takeLate(welcome.router, most);
    this.#lateRoom.add(most - late.length, LATE_RECEIPTS, now);
    if (late.length > 0) this.#doors.shared.log.info('receipts offered again', { count: late.length });
    for (const receipt of late) this.#send('receipt', receipt);
  }

  /** False when the socket is gone: then they are offered on the next one. */
  #sendReceipts(frame: ReceiptsFrame): boolean {
    if (this.#writer.isClosed) return false;
    this.#writer.push(encodeFrame('receipts', { payload: encodeReceiptsFrame(frame) }));
    return true;
  }

  #complain(code: string, message: string, job: number): void {
    this.#strayFrames += 1;
    if (this.#strayFrames > STRAY_FRAMES_MAX)
      return this.#leave({ kind: 'silent', message: 'The hub sends frames that this agent cannot read.' });
    this.#writer.push(encodeJsonFrame('error', { code, message }, job));
  }

  #leave(outcome: LinkOutcome): void {
    this.#writer.flush();
    this.#doors.onLeave(outcome);
  }

  #send(name: FrameName, value: object, job = 0): void {
    this.#writer.push(encodeJsonFrame(name, value, job));
  }
}
