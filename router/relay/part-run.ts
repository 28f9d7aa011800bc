// One part at its edge, from the home that took it to how it ended: passes its body on, watches that its hub lives, and finds out what became of it.
import { ANSWERS } from '../../schema/answers.ts';
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { COMMENT_LINE } from '../../schema/chunks.ts';
import type { ChunkHead } from '../../schema/chunks.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import type { EndRecord, FailRecord, HeadRecord, OutputCounts, PartTold } from '../../schema/records.ts';
import { TOLD_TYPE } from '../../schema/offer.ts';
import { sha256 } from '../auth/digest.ts';
import { makeLog } from '../log.ts';
import { leastTokens, weighText } from '../billing/weigh-characters.ts';
import type { PartDelivered } from './answer-so-far.ts';
import type { CallClock } from './call-clock.ts';
import type { TakenPart } from './hub-asks.ts';
import type { SettledPart } from './delivered-parts.ts';
import { LOST_WITH_HUB } from './may-return.ts';
import type { PartBody, PartRest } from './part-body.ts';
import { PartCopy } from './part-copy.ts';
import { readFacts, readSaid } from './read-said.ts';
import type { PartSaid } from './read-said.ts';
import { ToldBody } from './told-body.ts';
import { WholePart } from './whole-part.ts';

const log = makeLog('relay');

/** The edge looks into its copy so often. */
const LOOK_MS = 1000;
/** A part that is not read along any more is asked for so many looks apart. */
const ASK_EVERY_LOOKS = 10;

export interface PartRunDoors {
  readonly taken: TakenPart;
  readonly clock: CallClock;
  /** Its number in the job. */
  readonly number: number;
  readonly kind: JobKind;
  readonly chunk: ChunkHead;
  readonly isWhole: boolean;
  /** A hub that lives is never silent for so long, ms. */
  readonly hubGraceMs: number;
  /** The answer goes on elsewhere where this part breaks off after tokens. */
  readonly isResumable: boolean;
  readonly about: { readonly requestId: string | undefined; readonly jobId: string };
  /** How the part broke off, by its hub; null where it does not know. */
  readonly tellPart: (hub: string, part: number) => Promise<PartTold | null>;
  /** False where a whole answer of so many characters is too long. */
  readonly keep: (chars: number) => boolean;
}

/** `isTorn`: in the middle of a character, or of its last events: nobody can go on from there. */
export interface BrokenPart {
  readonly kind: 'broke';
  readonly fail: FailRecord;
  readonly delivered: PartDelivered;
  readonly isTorn: boolean;
  /** It was complete and is charged, though the caller may lack some of it. */
  readonly settled?: SettledPart;
}

export type PartOutcome =
  /** The caller has all of it, its last events too; null where nobody knows how long it was. */
  | { readonly kind: 'ended'; readonly outputTokens: number | null }
  /** It ended well; its last events are the edge's to write. */
  | { readonly kind: 'unsaid'; readonly end: EndRecord; readonly delivered: PartDelivered }
  | BrokenPart
  | { readonly kind: 'too-long' };

export class PartRun {
  readonly #doors: PartRunDoors;
  readonly #body: PartBody | null;
  readonly #whole: WholePart | null;
  /** Of a stream. */
  readonly #pipeStop: AbortController | null;
  #stopLooking: (() => void) | null;
  #looks = 0;
  #outcome: Promise<PartOutcome> | null = null;
  #rest: PartRest = { missing: NOTHING, isSilent: false };

  constructor(doors: PartRunDoors) {
    const { taken, clock, kind, isWhole, keep } = doors;
    this.#doors = doors;
    this.#whole = isWhole ? new WholePart(taken.body, { format: ANSWERS[kind], keep }) : null;
    this.#body = isWhole ? null : taken.type === TOLD_TYPE ? new ToldBody(taken.body) : new PartCopy(taken.body);
    this.#pipeStop = isWhole ? null : new AbortController();
    this.#stopLooking = clock.every(LOOK_MS, () => this.look());
  }

  get taken(): TakenPart {
    return this.#doors.taken;
  }

  get head(): HeadRecord {
    return this.#doors.taken.head;
  }

  get isResumable(): boolean {
    return this.#doors.isResumable;
  }

  /** Waits for the first bytes of a stream; true where they are there for the caller. */
  async begin(): Promise<boolean> {
    if (!this.#body) return false;
    await this.#body.begin();
    return this.#body.hasBegun;
  }

  /** Something of the answer has come, as far as the edge has looked. */
  get hasEvent(): boolean {
    return this.#body !== null && hasEvent(this.#body.kept);
  }

  /** The body begins with an event, and no comment. */
  get beginsWithEvent(): boolean {
    return this.#body?.kept[0] === DATA;
  }

  /** Gives the caller's stream all of it, and finds out how it ended. */
  async pipe(to: WritableStream<Uint8Array>): Promise<PartRest> {
    const how = { preventClose: true, preventAbort: true, ...(this.#pipeStop && { signal: this.#pipeStop.signal }) };
    // How the part ended is read from the copy.
    await this.#body?.stream.pipeTo(to, how).catch(() => undefined);
    await this.conclude();
    return this.#rest;
  }

  /** How it ended; of a stream once all of it was piped. */
  conclude(): Promise<PartOutcome> {
    this.#outcome ??= this.#conclude();
    return this.#outcome;
  }

  async #conclude(): Promise<PartOutcome> {
    try {
      return await (this.#whole ? this.#concludeWhole(this.#whole) : this.#concludeStream());
    } finally {
      this.stop();
    }
  }

  /** Nothing more of it is waited for: the home is stopped. */
  cancel(): void {
    this.stop();
    this.#whole?.cancel();
    this.#body?.cancel();
    this.#pipeStop?.abort();
    this.#doors.taken.cancel();
  }

  /** It is watched no longer. */
  stop(): void {
    this.#stopLooking?.();
    this.#stopLooking = null;
  }

  look(): void {
    const reading = this.#whole ?? this.#body;
    const since = reading?.waitingSinceAt ?? null;
    if (since !== null && Date.now() - since >= this.#doors.hubGraceMs) return this.cancel();
    this.#looks++;
    if (this.#body?.isTooLong && this.#looks % ASK_EVERY_LOOKS === 0) void this.#askWhetherLives();
    else this.#body?.look();
  }

  /** Of a body that is not read along nothing tells whether its hub is there. */
  async #askWhetherLives(): Promise<void> {
    const told = await this.#askHub();
    if ((told === null || told.kind === 'settled') && this.#stopLooking) this.cancel();
  }

  async #askHub(): Promise<PartTold | null> {
    const { tellPart, taken, number, hubGraceMs, about } = this.#doors;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const late = new Promise<null>((resolve) => void (timer = setTimeout(() => resolve(null), hubGraceMs)));
    try {
      return await Promise.race([tellPart(taken.hub, number), late]);
    } catch (error) {
      log.warn('hub-away', { ...about, part: number, hub: taken.hub, error });
      return null;
    } finally {
      if (timer) clearTimeout(timer);
    }
  }

  async #concludeWhole(whole: WholePart): Promise<PartOutcome> {
    const said = await whole.read();
    if (!said) return { kind: 'too-long' };
    const { told, text, thinking, calls, logprobs } = said;
    const more = logprobs ? { logprobs } : {};
    if (told?.kind === 'end')
      return { kind: 'unsaid', end: told.end, delivered: { ...deliverNothing, text, thinking, calls, ...more } };
    const { isAllOrNothing = false } = ANSWERS[this.#doors.kind];
    if (told?.kind === 'fail' && isAllOrNothing)
      return { kind: 'broke', fail: told.fail, delivered: deliverNothing, isTorn: false };
    // Where its hub died nobody knows what it counted, and nobody has read any of it: the next home begins it anew.
    if (told?.kind !== 'fail') return { kind: 'broke', fail: LOST_WITH_HUB, delivered: deliverNothing, isTorn: false };
    const { fail, outputTokens, thinkingTokens, hasText, hasThinking, tokenIds = null } = told;
    const counts = { outputTokens, thinkingTokens, hasText, hasThinking, tokenIds };
    // Where its hub counts none of it, as of a call that broke off, the next home begins anew where this one did.
    if (!hasText && !hasThinking) return { kind: 'broke', fail, delivered: deliverNothing, isTorn: false };
    return {
      kind: 'broke',
      fail,
      delivered: { text, thinking, calls: [], ...more, ...counts, isTooLong: false },
      isTorn: false,
    };
  }

  async #concludeStream(): Promise<PartOutcome> {
    const body = this.#body;
    if (!body) throw new Error('a part without a body');
    await body.finish();
    const { isTooLong } = body;
    const facts = isTooLong ? null : readFacts(body.kept);
    if (facts) return { kind: 'ended', outputTokens: facts.output_tokens };
    const told = await this.#askHub();
    if (told?.kind === 'running') this.cancel();
    if (isTooLong) return concludeLong(told);
    const said = readSaid(body.kept, this.#doors);
    const { missing, isSilent } = said;
    this.#rest = { missing: missing ?? END_OF_EVENT, isSilent };
    if (said.facts && missing) return { kind: 'ended', outputTokens: said.facts.output_tokens };
    const delivered = { ...deliver(said, body.tokenIds), ...(told?.kind === 'fail' && countTold(told)) };
    if (told?.kind === 'end' && missing && !said.facts) return { kind: 'unsaid', end: told.end, delivered };
    // Its hub is gone, and its last words: where all of it is here they are written here.
    if (told?.kind === 'settled' && !said.facts && isAll(told, body.kept))
      return { kind: 'unsaid', end: nameEnd(told.end, delivered), delivered };
    return {
      kind: 'broke',
      fail: told?.kind === 'fail' ? told.fail : LOST_WITH_HUB,
      delivered,
      isTorn: missing === null,
      ...(told?.kind === 'settled' && { settled: { counts: told.end, charge: told.charge } }),
    };
  }
}

const DATA = 'd'.charCodeAt(0);
const NOTHING = new Uint8Array(0);
const END_OF_EVENT = new TextEncoder().encode('\n\n');

const deliverNothing: PartDelivered = {
  text: '',
  thinking: '',
  calls: [],
  outputTokens: 0,
  thinkingTokens: 0,
  hasText: false,
  hasThinking: false,
  tokenIds: null,
  isTooLong: false,
};

/** Of a part that nobody has read along: only its hub knows. */
function concludeLong(told: PartTold | null): PartOutcome {
  if (told?.kind === 'end') return { kind: 'ended', outputTokens: null };
  const known =
    told?.kind === 'fail' ? told : { hasText: true, hasThinking: false, outputTokens: 0, thinkingTokens: 0 };
  const { hasText, hasThinking, outputTokens, thinkingTokens } = known;
  const counts = { outputTokens, thinkingTokens, hasText, hasThinking };
  const fail = told?.kind === 'fail' ? told.fail : LOST_WITH_HUB;
  return { kind: 'broke', fail, delivered: { ...deliverNothing, ...counts, isTooLong: true }, isTorn: false };
}

/** What it said, its tokens by their ids. Where its home tells none and its hub died: about one an event, and not fewer than its text surely comes to. */
function deliver({ text, thinking, calls, ...said }: PartSaid, tokenIds: PartDelivered['tokenIds']): PartDelivered {
  const texts = tokenIds?.length ?? Math.max(said.textEvents, leastTokens(weighText(text)));
  return {
    text,
    thinking,
    calls,
    outputTokens: texts + said.thinkingEvents,
    thinkingTokens: said.thinkingEvents,
    hasText: text !== '' || calls.length > 0,
    hasThinking: thinking !== '',
    tokenIds,
    isTooLong: false,
  };
}

/** Every byte of an answer that was complete: silence, which the hub fills with comments, is none of it. */
function isAll({ digest }: Extract<PartTold, { kind: 'settled' }>, kept: Uint8Array): boolean {
  if (digest === null) return false;
  const events = withoutComments(kept);
  return toHex(sha256(fromHex(digest.salt as Hex), events)) === digest.hash;
}

function withoutComments(kept: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(kept);
  const comment = new TextDecoder().decode(COMMENT_LINE);
  return text.includes(comment) ? new TextEncoder().encode(text.replaceAll(comment, '')) : kept;
}

/** Nobody wrote down why it ended; calls are the one end that can be told from what it said. */
function nameEnd(end: EndRecord, { calls }: PartDelivered): EndRecord {
  return calls.length > 0 ? { ...end, finish: 'tool_calls' } : end;
}

function countTold({ outputTokens, thinkingTokens }: OutputCounts): OutputCounts {
  return { outputTokens, thinkingTokens };
}

function hasEvent(kept: Uint8Array): boolean {
  return kept[0] === DATA || new TextDecoder().decode(kept).includes('data: ');
}
