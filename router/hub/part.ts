// One part of a job at its hub, from the offer to the settlement: what the node sent, what was relayed, and how it ended.
// It counts and times, and holds what it relays against the one form that it may have; it never parses it.
import { maxAnswerBytes } from '../../schema/answers.ts';
import { encodeCredit, encodeJsonFrame, INITIAL_CREDIT_BYTES } from '../../schema/frames.ts';
import type { Breakage } from '../homes/cool-node.ts';
import type { NodeEnd, Refusal, Work } from '../../schema/frames-to-hub.ts';
import { FINISH } from '../../schema/receipt.ts';
import type { Outcome } from '../../schema/settlement.ts';
import { sendingMs } from '../../schema/offer.ts';
import type { JobOffer, OfferRefusal } from '../../schema/offer.ts';
import { makeLog } from '../log.ts';
import type { Meter } from './answer-meter.ts';
import { NOTE_EVERY_MS } from './bound-lost.ts';
import { detach } from './check-events.ts';
import { HeardHome } from './heard-home.ts';
import { judgeBreak, tellFinish } from './judge-break.ts';
import { makeMeter } from './meters.ts';
import { PartAnswer } from './part-answer.ts';
import type { PartSaid } from './part-answer.ts';
import type { PartDoors } from './part-doors.ts';
import { readFault, readRefusal } from './read-fault.ts';
import type { PartFault } from './read-fault.ts';
import type { DataPiece, EndRecord, FailRecord, HeadRecord } from '../../schema/records.ts';
import { ResponseDigest } from './response-digest.ts';

const log = makeLog('hub');

/** Why a part fails: whose cost it is, and what speaks against the home; left out: the failure itself, where the cost is the home's. */
interface FailCause {
  readonly now: number;
  readonly isNodeFault: boolean;
  readonly blame?: Breakage | null;
  readonly facts?: Pick<FailRecord, 'reason' | 'promptTokens' | 'contextTokens' | 'retryMs'>;
}

/** The next piece of a long job leaves when the home has read earlier ones: it has so many times as long as for a head. */
const PIECE_WAITS = 4;

type Stage = 'offered' | 'running' | 'closing' | 'settling' | 'done';

export class Part {
  readonly number: number;
  readonly offer: JobOffer;
  readonly answer: Promise<Response | OfferRefusal>;
  readonly #doors: PartDoors;
  readonly #given: PartAnswer;
  readonly #digest: ResponseDigest;
  #stage: Stage = 'offered';
  #resolve: (answer: Response | OfferRefusal) => void = () => undefined;
  readonly #heard: HeardHome;
  readonly #meter: Meter;
  /** It was ended at its limit: what its home has yet to say is what it came to. */
  #isCut = false;
  #lateTokens = 0;
  /** Its job has not left as a whole yet: the home cannot answer. */
  #isSending = false;
  #creditBytes = INITIAL_CREDIT_BYTES;
  #notedAt: number;

  constructor(number: number, offer: JobOffer, doors: PartDoors, now: number) {
    this.number = number;
    this.offer = offer;
    this.#doors = doors;
    this.#heard = new HeardHome(now);
    this.#notedAt = now;
    this.#digest = new ResponseDigest(doors.salt);
    this.#meter = makeMeter(offer);
    this.answer = new Promise((resolve) => void (this.#resolve = resolve));
    const onCredit = (bytes: number): void => {
      this.#creditBytes += bytes;
      if (this.#stage === 'running') doors.send(encodeCredit(number, bytes));
    };
    const { hasIds, onTold } = doors;
    this.#given = new PartAnswer(offer, { hasIds, onTold, onCredit, onCancel: () => this.leave() }, now);
  }

  /** Not all of the job has left with the first write, since it is long; some more of it has. */
  onPiece(now: number): void {
    if (this.#stage !== 'offered') return;
    this.#isSending = true;
    this.#heard.restart(now);
  }

  /** The last of a long job has left: from now on the home may answer. */
  onSent(now: number): void {
    if (!this.#isSending) return;
    this.#isSending = false;
    this.#heard.restart(now);
  }

  /** The node runs the job: the edge gets its response. */
  onHead(now: number): void {
    if (this.#stage !== 'offered') return;
    this.#stage = 'running';
    this.#heard.restart(now);
    this.#doors.onHead(now);
    this.#resolve(this.#given.toResponse(this.#head));
  }

  get #head(): HeadRecord {
    const { nodeId, country, digest, decision, resumed } = this.#doors;
    return { node: nodeId, country, digest, decision, resumed };
  }

  get #said(): PartSaid {
    const { hasText, hasThinking, toldTokens: outputTokens, toldThinkingTokens: thinkingTokens } = this.#meter;
    return { outputTokens, thinkingTokens, hasText, hasThinking };
  }

  /** Complete events of the answer. A node that overruns its credit or sends anything but events of the one form is stopped. */
  onData(sent: DataPiece, now: number): void {
    if (this.#stage === 'offered') {
      this.#cancelNode('fault');
      this.#doors.onBroken('protocol', now);
      return this.#refuse({ code: 'refused', message: 'the home sent data before its head', param: null });
    }
    if (this.#stage !== 'running' && this.#stage !== 'closing') return;
    this.#creditBytes -= sent.events.length;
    const isWithin = this.#creditBytes >= 0;
    const events = detach(sent.events);
    if (this.#stage === 'closing') return isWithin ? this.#takeLate({ ...sent, events }) : undefined;
    const isLong = this.#digest.relayedBytes > maxAnswerBytes(this.offer.request);
    const taken = isWithin && !isLong ? this.#meter.take(events === sent.events ? sent : { ...sent, events }) : null;
    if (!taken || taken.kind === 'broken') return this.#breakOff('protocol', 'the home sent what is not a stream', now);
    if (taken.kind === 'over') return this.#cut(events, now);
    const { piece, isSeen } = taken;
    if (this.#heard.noteOutput(isSeen, now, this.#doors.timings)) this.#doors.onFirstToken(now, piece.tokens);
    this.#digest.add(events, true);
    this.#given.push(piece);
  }

  /** What came after a cancel, or past the limit: relayed to nobody. */
  #takeLate({ events, tokens }: DataPiece): void {
    if (!this.#isCut) this.#lateTokens += tokens;
    this.#digest.add(events, false);
  }

  /** The answer has all the tokens that it may have: it ends here, however much its home goes on. */
  #cut(events: Uint8Array, now: number): void {
    this.#isCut = true;
    this.#stage = 'closing';
    this.#heard.restart(now);
    this.#digest.add(events, false);
    this.#cancelNode('watchdog');
  }

  /** A `data` frame that cannot be read: the answer would have a hole. */
  onUnreadable(now: number): void {
    if (this.#stage === 'running') this.#breakOff('protocol', 'the home sent what is not a stream', now);
  }

  /** Nothing of the answer yet, but its home and its model server are at work: no output, so the caller's limit runs on. */
  onAlive(now: number, moves = false): void {
    if (this.#stage === 'running') this.#heard.noteAlive(now, moves);
  }

  /** Hands on what came together as one write. */
  flush(now: number): void {
    this.#given.stream.flush(now);
  }

  /** Output tokens relayed so far, once every NOTE_EVERY_MS while it runs; null in between, and where nothing has come. */
  takeProgress(now: number): number | null {
    const { toldTokens } = this.#meter;
    if (this.#stage !== 'running' || toldTokens === 0 || now - this.#notedAt < NOTE_EVERY_MS) return null;
    this.#notedAt = now;
    return toldTokens;
  }

  /** The node's last word; its receipt follows. */
  onEnd(end: NodeEnd, now: number): void {
    const { finish } = end.work;
    if (this.#stage === 'closing') return this.#closeEarly(end, now);
    if (this.#stage !== 'running') return;
    const isComplete = finish === FINISH.stop || finish === FINISH.length;
    if (isComplete && !this.#meter.isWhole)
      return this.#breakOff('protocol', 'the home ended its answer before it was whole', now);
    if (isComplete) return this.#close('complete', end, now);
    const isPreempted = finish === FINISH.preempted;
    const [code, message] = isPreempted
      ? (['preempted', 'the home was taken back by its owner'] as const)
      : (['fault', 'the home stopped'] as const);
    this.#fail(code, message, end.work, { now, isNodeFault: !isPreempted });
  }

  /** The node's backend failed, or cannot take the request. */
  onFault(fault: PartFault, now: number): void {
    if (this.#stage === 'closing') return this.#closeEarly(fault.work && { work: fault.work }, now);
    const hasText = this.#heard.hasOutput;
    const read = readFault(fault, { hasText, offeredTokens: this.#doors.contextTokens });
    const { code, blame, isRequests, message, facts, heldMs } = read;
    const isOthers = heldMs !== null && this.#doors.onHeld(heldMs);
    // What is told of the request is asked for by the edge of a part that has begun.
    if (this.#stage === 'offered' && isRequests) this.onHead(now);
    if (this.#stage === 'offered') {
      if (blame) this.#doors.onBroken(blame, now);
      return this.#refuse({ code: code === 'busy' ? code : 'refused', message, param: null });
    }
    if (this.#stage !== 'running') return;
    const told = isOthers && code === 'busy' ? { ...facts, retryMs: heldMs } : facts;
    this.#fail(code, message, fault.work, { now, isNodeFault: hasText || !isRequests, blame, facts: told });
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
    if (this.#stage === 'closing') return this.#closeEarly(null, now);
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
    this.#heard.restart(Date.now());
    this.#cancelNode('caller');
  }

  /** Watchdogs; called a few times a second while parts are running. */
  onTick(now: number): void {
    const silenceMs = this.#heard.silenceMs(now);
    const { timings, decision } = this.#doors;
    if (this.#stage === 'offered' && this.#isSending) return this.#watchSending(now);
    if (this.#stage === 'offered' && silenceMs > timings.headMs) {
      this.#cancelNode('watchdog');
      this.#doors.onBroken('no-head', now);
      return this.#refuse({ code: 'silent', message: 'the home did not answer', param: null });
    }
    if (this.#stage === 'closing' && silenceMs > timings.endMs) return this.#closeEarly(null, now);
    // A line that is written now is no sign that the edge does not read.
    const { isStalled } = this.#given.stream;
    if (this.#stage === 'running' || this.#stage === 'settling') this.#given.stream.breathe(now);
    if (this.#stage !== 'running') return;
    if (now >= this.offer.expiresAt) return this.#expire(now);
    if (isStalled) {
      // The edge is slow, not the home: its silence counts from the moment that all it sent has been read.
      this.#heard.restart(now);
      return;
    }
    const verdict = this.#heard.judge(this.offer, { timings, expectedMs: decision.ttftMs }, now);
    if (verdict === 'lost') return this.onSilent(now);
    if (verdict === 'slow') this.#giveUp(now);
  }

  /** A line that is too slow for a long job is no fault of its home, and whether the home is there its socket finds out. */
  #watchSending(now: number): void {
    const mostMs = this.#doors.timings.headMs + sendingMs(this.offer.requestBytes ?? 0);
    const isStuck = this.#heard.silenceMs(now) > PIECE_WAITS * this.#doors.timings.headMs;
    if (!isStuck && now - this.#heard.startedAt <= mostMs) return;
    this.#cancelNode('watchdog');
    this.#refuse({ code: 'silent', message: 'the home’s line is too slow for a request of this length', param: null });
  }

  /** The home says nothing any more. */
  onSilent(now: number): void {
    if (this.#stage !== 'running') return;
    const { isAliveTold, hasOutput } = this.#heard;
    const code = isAliveTold ? 'lost' : hasOutput ? 'token-timeout' : 'first-token-timeout';
    this.#cancelNode('watchdog');
    this.#fail(code, 'the home fell silent', null, { now, isNodeFault: true });
  }

  /** Nobody is to blame: the home worked, and the caller waits no longer. */
  #giveUp(now: number): void {
    this.#cancelNode('watchdog');
    this.#fail('slow', 'the home took longer than the caller waits', null, { now, isNodeFault: false });
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

  /** The part broke off; `judgeBreak` says what that costs whom. */
  #fail(code: FailRecord['code'], message: string, work: Work | null, cause: FailCause): void {
    const { now, isNodeFault, facts, blame = isNodeFault ? (code as Breakage) : null } = cause;
    const { hasThinking, hasText, hasCalls } = this.#meter;
    const sent = { hasToken: this.#heard.hasOutput, hasThinking, hasText, hasCalls };
    const { outcome, goesOn } = judgeBreak(this.offer, { code, isNodeFault, ...sent });
    const said = outcome === 'failed-before-token' ? NOTHING_SAID : this.#said;
    this.#stage = 'settling';
    if (blame) this.#doors.onBroken(blame, now);
    this.#doors.onDone(code);
    const isCharged = outcome === 'cut-off' ? { isCharged: true } : {};
    const tell = (told: Pick<FailRecord, 'delivered' | 'isCharged'>): void =>
      this.#given.breakOff({ code, message, ...facts, ...told }, said);
    void this.#settle(outcome, work && { work }, now).then(
      ({ promptTokens, outputTokens, thinkingTokens, bill, energy = null }) =>
        tell({ ...isCharged, delivered: goesOn ? { promptTokens, outputTokens, thinkingTokens, bill, energy } : null }),
      () => tell({ delivered: null }),
    );
  }

  /** The caller has left, or has all of it. */
  #closeEarly(end: NodeEnd | null, now: number): void {
    this.#close(this.#isCut ? 'complete' : 'cancelled', end, now);
  }

  #close(outcome: Outcome, said: NodeEnd | null, now: number): void {
    this.#stage = 'settling';
    this.#doors.onDone();
    void this.#settle(outcome, said, now).then(
      (end) => this.#given.end(this.#head, end, this.#said),
      () => this.#given.breakOff(NOT_SETTLED, this.#said),
    );
  }

  async #settle(outcome: Outcome, said: NodeEnd | null, now: number): Promise<EndRecord> {
    try {
      return await this.#doors.settle({
        outcome,
        finish: this.#isCut
          ? 'length'
          : said
            ? tellFinish(said, { hasCalls: this.#meter.hasCalls, isFunctionCall: this.offer.chunk.isFunctionCall })
            : 'stop',
        frameTokens: this.#meter.frameTokens,
        frameThinkingTokens: this.#meter.frameThinkingTokens,
        lateTokens: this.#lateTokens,
        content: this.#meter.measure(),
        responseHash: await this.#digest.finish(),
        work: said?.work ?? null,
        ttftMs: this.#heard.ttftMs,
        durationMs: now - this.#heard.startedAt,
      });
    } finally {
      this.#stage = 'done';
    }
  }
}

const NOT_SETTLED = { code: 'lost', message: 'the answer could not be settled', delivered: null } as const;
/** A refusing node says nothing of its hub; the hub fills this in. */
const NO_CAPACITY = { free: 0, slots: 0, classes: {} };
/** Of a part of which nothing counts. */
const NOTHING_SAID: PartSaid = { outputTokens: 0, thinkingTokens: 0, hasText: false, hasThinking: false };
