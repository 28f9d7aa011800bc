// One part of a job at its hub, from the offer to the settlement: what the node sent, what was relayed, and how it ended.
// It counts and times; it never parses the events it relays.
import { maxAnswerBytes } from '../../schema/answers.ts';
import { encodeCredit, encodeFrame, encodeJsonFrame, INITIAL_CREDIT_BYTES } from '../../schema/frames.ts';
import type { Breakage } from '../homes/cool-node.ts';
import type { Decision } from '../../schema/placement.ts';
import type { FinishReason } from '../../schema/chunks.ts';
import type { NodeEnd, Refusal, SignedReceipt } from '../../schema/frames-to-hub.ts';
import { FINISH } from '../../schema/receipt.ts';
import type { Outcome, ResumeClass } from '../../schema/settlement.ts';
import type { Timings } from '../../schema/timings.ts';
import type { JobOffer, OfferRefusal } from '../../schema/offer.ts';
import { makeLog } from '../log.ts';
import { detach, isWholeEvents } from './check-events.ts';
import { judgeSilence } from './judge-silence.ts';
import { PartStream } from './part-stream.ts';
import { readFault, readRefusal } from './read-fault.ts';
import type { PartFault } from './read-fault.ts';
import { encodeJsonRecord, RECORD } from '../../schema/records.ts';
import type { DataPiece, EndRecord, FailRecord } from '../../schema/records.ts';
import { ResponseDigest } from './response-digest.ts';

const log = makeLog('hub');

/** What a part was when it ended: enough to decide counts and charge. */
export interface PartSummary {
  readonly outcome: Outcome;
  readonly finish: FinishReason;
  readonly frameTokens: number;
  /** Of these, tokens of thinking. */
  readonly frameThinkingTokens: number;
  /** Tokens that arrived after the cancel: sent in good faith, neither relayed nor charged. */
  readonly lateTokens: number;
  readonly events: Uint8Array | null;
  readonly contentBytes: number;
  readonly responseHash: string;
  readonly signed: SignedReceipt | null;
  readonly ttftMs: number | null;
  readonly durationMs: number;
}

export interface PartDoors {
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

/** An edge that has heard nothing for so long is told that its hub is there. */
const TELL_ALIVE_MS = 1500;

/** Why a part fails: whose cost it is, and what speaks against the home; left out: the failure itself, where the cost is the home's. */
interface FailCause {
  readonly now: number;
  readonly isNodeFault: boolean;
  readonly blame?: Breakage | null;
  readonly facts?: Pick<FailRecord, 'reason' | 'promptTokens' | 'contextTokens'>;
}

type Stage = 'offered' | 'running' | 'closing' | 'settling' | 'done';

export class Part {
  readonly number: number;
  readonly offer: JobOffer;
  readonly answer: Promise<Response | OfferRefusal>;
  readonly #doors: PartDoors;
  readonly #stream: PartStream;
  readonly #digest: ResponseDigest;
  #stage: Stage = 'offered';
  #resolve: (answer: Response | OfferRefusal) => void = () => undefined;
  #startedAt: number;
  /** The home's last word that the caller has something of, or its head. */
  #lastAt: number;
  /** Its last `alive`; null while it has sent none. */
  #aliveAt: number | null = null;
  #toldAt: number;
  #firstDataAt: number | null = null;
  #frameTokens = 0;
  #frameThinkingTokens = 0;
  #hasThinking = false;
  #hasText = false;
  #lateTokens = 0;
  #creditBytes = INITIAL_CREDIT_BYTES;

  constructor(number: number, offer: JobOffer, doors: PartDoors, now: number) {
    this.number = number;
    this.offer = offer;
    this.#doors = doors;
    this.#startedAt = now;
    this.#lastAt = now;
    this.#toldAt = now;
    this.#digest = new ResponseDigest(doors.salt);
    this.answer = new Promise((resolve) => void (this.#resolve = resolve));
    this.#stream = new PartStream({
      onCredit: (bytes) => {
        this.#creditBytes += bytes;
        if (this.#stage === 'running') doors.send(encodeCredit(number, bytes));
      },
      onCancel: () => this.leave(),
    });
  }

  /** The node runs the job: the edge gets its response. */
  onHead(now: number): void {
    if (this.#stage !== 'offered') return;
    this.#stage = 'running';
    this.#lastAt = now;
    const { nodeId, country, digest, decision, resumed } = this.#doors;
    this.#doors.onHead(now);
    this.#stream.pushRecord(encodeJsonRecord(RECORD.head, { node: nodeId, country, digest, decision, resumed }));
    this.#resolve(new Response(this.#stream.body, { headers: { 'content-type': 'application/x-irori-records' } }));
  }

  /** Complete events of the answer. A node that overruns its credit or sends anything but events is stopped. */
  onData(piece: DataPiece, now: number): void {
    const { events, tokens } = piece;
    if (this.#stage === 'closing') {
      this.#lateTokens += tokens;
      this.#digest.add(detach(events), false);
      return;
    }
    if (this.#stage === 'offered') {
      this.#cancelNode('fault');
      this.#doors.onBroken('protocol', now);
      return this.#refuse({ code: 'refused', message: 'the home sent data before its head', param: null });
    }
    if (this.#stage !== 'running') return;
    this.#creditBytes -= events.length;
    if (
      this.#creditBytes < 0 ||
      this.#digest.relayedBytes > maxAnswerBytes(this.offer.request) ||
      !isWholeEvents(events)
    )
      return this.#breakOff('protocol', 'the home sent what is not a stream', now);
    this.#lastAt = now;
    this.#toldAt = now;
    if (this.#firstDataAt === null) {
      this.#firstDataAt = now;
      this.#doors.onFirstToken(now, tokens);
    }
    this.#frameTokens += tokens;
    if (piece.isThinking) {
      this.#hasThinking = true;
      this.#frameThinkingTokens += tokens;
    } else this.#hasText = true;
    const kept = detach(events);
    this.#digest.add(kept, true);
    this.#stream.push(kept === events ? piece : { ...piece, events: kept });
  }

  /** A `data` frame that cannot be read: the answer would have a hole. */
  onUnreadable(now: number): void {
    if (this.#stage === 'running') this.#breakOff('protocol', 'the home sent what is not a stream', now);
  }

  /** Nothing of the answer yet, but its home and its model server are at work: no output, so the caller's limit runs on. */
  onAlive(now: number): void {
    if (this.#stage === 'running') this.#aliveAt = now;
  }

  /** Writes what came together as one record. */
  flush(): void {
    this.#stream.flush();
  }

  /** The node's last word, with its receipt. */
  onEnd(signed: NodeEnd, now: number): void {
    const { finish } = signed.receipt;
    if (this.#stage === 'closing') return this.#close('cancelled', signed, now);
    if (this.#stage !== 'running') return;
    if (finish === FINISH.stop || finish === FINISH.length) return this.#close('complete', signed, now);
    const isPreempted = finish === FINISH.preempted;
    const [code, message] = isPreempted
      ? (['preempted', 'the home was taken back by its owner'] as const)
      : (['fault', 'the home stopped'] as const);
    this.#fail(code, message, signed, { now, isNodeFault: !isPreempted });
  }

  /** The node's backend failed, or cannot take the request. */
  onFault(fault: PartFault, now: number): void {
    if (this.#stage === 'closing') return this.#close('cancelled', fault.receipt, now);
    const hasText = this.#firstDataAt !== null;
    const read = readFault(fault, { hasText, offeredTokens: this.#doors.contextTokens });
    const { code, blame, isRequests, message, facts } = read;
    // What is told of the request travels in records, which begin with a head.
    if (this.#stage === 'offered' && isRequests) this.onHead(now);
    if (this.#stage === 'offered') {
      if (blame) this.#doors.onBroken(blame, now);
      return this.#refuse({ code: code === 'busy' ? code : 'refused', message, param: null });
    }
    if (this.#stage !== 'running') return;
    this.#fail(code, message, fault.receipt, { now, isNodeFault: hasText || !isRequests, blame, facts });
  }

  /** The node will not run the job. */
  onRefuse(refusal: Refusal): void {
    if (this.#stage !== 'offered') return;
    const { requestId, jobId, part } = this.offer;
    // The code only: the message is the home's own, and it has read the prompt.
    log.info('home-refused', { requestId, jobId, part, nodeId: this.#doors.nodeId, reason: refusal.code });
    this.#refuse(readRefusal(refusal));
  }

  /** The socket is gone. */
  onLost(now: number): void {
    if (this.#stage === 'offered') {
      this.#doors.onBroken('lost', now);
      return this.#refuse({ code: 'silent', message: 'the home went away', param: null });
    }
    if (this.#stage === 'closing') return this.#close('cancelled', null, now);
    if (this.#stage === 'running') this.#fail('lost', 'the home went away', null, { now, isNodeFault: true });
  }

  /** The caller left: the home stops now, and what was relayed until now counts. */
  leave(): void {
    if (this.#stage === 'offered') {
      this.#cancelNode('caller');
      return this.#refuse({ code: 'refused', message: 'the caller left', param: null });
    }
    if (this.#stage !== 'running') return;
    this.#stage = 'closing';
    this.#lastAt = Date.now();
    this.#cancelNode('caller');
  }

  /** Watchdogs; called a few times a second while parts are running. */
  onTick(now: number): void {
    const silenceMs = now - this.#lastAt;
    const { headMs, endMs } = this.#doors.timings;
    if (this.#stage === 'offered' && silenceMs > headMs) {
      this.#cancelNode('watchdog');
      this.#doors.onBroken('no-head', now);
      return this.#refuse({ code: 'silent', message: 'the home did not answer', param: null });
    }
    if (this.#stage === 'closing' && silenceMs > endMs) return this.#close('cancelled', null, now);
    if (this.#stage === 'running' || this.#stage === 'settling') this.#tellEdge(now);
    if (this.#stage !== 'running') return;
    if (now >= this.offer.expiresAt) return this.#expire(now);
    if (this.#stream.queuedBytes > 0) {
      // The edge is slow, not the home: its silence counts from the moment that all it sent has been read.
      this.#lastAt = now;
      return;
    }
    const verdict = this.#judgeSilence(now);
    if (verdict === 'lost') return this.onSilent(now);
    if (verdict === 'slow') this.#giveUp(now);
  }

  #judgeSilence(now: number): ReturnType<typeof judgeSilence> {
    const { timings, decision } = this.#doors;
    const heard = {
      startedAt: this.#startedAt,
      lastAt: this.#lastAt,
      aliveAt: this.#aliveAt,
      hasToken: this.#firstDataAt !== null,
    };
    return judgeSilence(heard, { offer: this.offer, timings, expectedMs: decision.ttftMs }, now);
  }

  /** The home says nothing any more. */
  onSilent(now: number): void {
    if (this.#stage !== 'running') return;
    const code = this.#aliveAt !== null ? 'lost' : this.#firstDataAt === null ? 'first-token-timeout' : 'token-timeout';
    this.#cancelNode('watchdog');
    this.#fail(code, 'the home fell silent', null, { now, isNodeFault: true });
  }

  /** Nobody is to blame: the home worked, and the caller waits no longer. */
  #giveUp(now: number): void {
    this.#cancelNode('watchdog');
    this.#fail('slow', 'the home took longer than the caller waits', null, { now, isNodeFault: false });
  }

  #tellEdge(now: number): void {
    if (now - this.#toldAt < TELL_ALIVE_MS) return;
    this.#toldAt = now;
    this.#stream.tellAlive();
  }

  #cancelNode(reason: 'caller' | 'watchdog' | 'fault'): void {
    this.#doors.send(encodeJsonFrame('cancel', { reason }, this.number));
  }

  #refuse(refusal: Pick<OfferRefusal, 'code' | 'message' | 'param'>): void {
    this.#stage = 'done';
    this.#doors.onDone();
    this.#doors.onRefused(refusal.code);
    this.#resolve({
      ...refusal,
      nodeId: this.#doors.nodeId,
      capacity: NO_CAPACITY,
      quoteMs: null,
      retryAfterMs: null,
      emptiedBy: null,
      contextTokens: null,
    });
  }

  #breakOff(code: FailRecord['code'], message: string, now: number): void {
    this.#cancelNode('fault');
    this.#fail(code, message, null, { now, isNodeFault: true });
  }

  /** The job's time is over: its hold and its ticket end with it. */
  #expire(now: number): void {
    this.#cancelNode('watchdog');
    this.#fail('expired', 'the answer took longer than a job may', null, { now, isNodeFault: false });
  }

  /**
   * The part broke off. Before the first token nothing is owed and another home may be asked. After it the part is settled: as
   * interrupted while the edge would go on elsewhere, as failed where nobody can: as with a text whose thoughts no other home has.
   */
  #fail(code: FailRecord['code'], message: string, signed: SignedReceipt | null, cause: FailCause): void {
    const beforeToken = this.#firstDataAt === null;
    const isThoughtOver = this.#hasThinking && (this.#hasText || this.offer.resume !== null);
    const goesOn = this.offer.isResumable && code !== 'expired' && code !== 'slow' && !beforeToken && !isThoughtOver;
    this.#stage = 'settling';
    const { blame = cause.isNodeFault ? (code as Breakage) : null } = cause;
    if (blame) this.#doors.onBroken(blame, cause.now);
    this.#doors.onDone(code);
    const outcome = beforeToken
      ? 'failed-before-token'
      : (`${goesOn ? 'interrupted' : 'failed'}-by-${cause.isNodeFault ? 'node' : 'network'}` as const);
    const tell = (delivered: FailRecord['delivered']): void =>
      this.#stream.end(encodeJsonRecord(RECORD.fail, { code, message, ...cause.facts, delivered }));
    void this.#settle(outcome, signed, cause.now).then(
      ({ promptTokens, outputTokens, thinkingTokens, bill }) =>
        tell(goesOn ? { promptTokens, outputTokens, thinkingTokens, bill } : null),
      () => tell(null),
    );
  }

  #close(outcome: Outcome, signed: NodeEnd | null, now: number): void {
    this.#stage = 'settling';
    this.#doors.onDone();
    void this.#settle(outcome, signed, now).then(
      (end) => this.#stream.end(encodeJsonRecord(RECORD.end, end)),
      () =>
        this.#stream.end(
          encodeJsonRecord(RECORD.fail, {
            code: 'lost',
            message: 'the answer could not be settled',
            delivered: null,
          }),
        ),
    );
  }

  async #settle(outcome: Outcome, signed: NodeEnd | null, now: number): Promise<EndRecord> {
    try {
      return await this.#doors.settle({
        outcome,
        finish: signed ? tellFinish(signed) : 'stop',
        frameTokens: this.#frameTokens,
        frameThinkingTokens: this.#frameThinkingTokens,
        lateTokens: this.#lateTokens,
        events: this.#digest.relayedEvents(),
        contentBytes: this.#digest.relayedBytes,
        responseHash: await this.#digest.finish(),
        signed,
        ttftMs: this.#firstDataAt === null ? null : this.#firstDataAt - this.#startedAt,
        durationMs: now - this.#startedAt,
      });
    } finally {
      this.#stage = 'done';
    }
  }
}

/** A receipt's `stop` may have been a filter's, as the home says beside it. */
function tellFinish({ receipt, finish }: NodeEnd): FinishReason {
  if (receipt.finish === FINISH.length) return 'length';
  return finish ?? 'stop';
}

/** A refusing node says nothing of its hub; the hub fills this in. */
const NO_CAPACITY = { free: 0, slots: 0, classes: {} };

/** The raw `ticket` frame that follows a job: the signature's 65 bytes. */
export function encodeTicketFrame(job: number, signature: Uint8Array): Uint8Array {
  return encodeFrame('ticket', { job, payload: signature });
}
