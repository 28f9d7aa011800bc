// The answer of one job on its way out: events wait here for their time, for credit and, past what
// may leave unproven, for the ticket's seal; then they leave as `data` frames.
import { createHash } from 'node:crypto';
import type { Hex } from '../../schema/bytes.ts';
import type { ChunkWriter } from '../../schema/chunks.ts';
import type { TokenLogprob } from '../../schema/logprobs.ts';
import type { Delta } from '../backends/backend.ts';
import type { FrameWriter } from './frame-writer.ts';
import { decideDueAt } from './coalesce.ts';
import type { CoalesceRule } from './coalesce.ts';
import { Credit } from './credit.ts';
import { encodeDataText } from './encode-data.ts';
import type { Said } from './encode-data.ts';
import type { Flushable, FlushClock } from './flush-clock.ts';
import { cutEvenly, splitText } from './split-text.ts';
import type { SendLeave } from './unsealed-jobs.ts';

interface DataStreamDoors {
  /** The job's number on its socket. */
  readonly job: number;
  /** Writes pieces of the answer as complete events. */
  readonly events: ChunkWriter;
  readonly creditBytes: number;
  /** The ticket's salt, 32 bytes: the response hash starts with it. */
  readonly salt: Uint8Array;
  readonly rule: CoalesceRule;
  /** What may leave before `open`. */
  readonly leave: Pick<SendLeave, 'allows' | 'note'>;
  readonly writer: FrameWriter;
  readonly clock: FlushClock;
}

/** One event with the tokens that made it. */
interface PendingEvent {
  /** As it leaves; of one that is open, what it says: more may join it. */
  text: string;
  isOpen: boolean;
  tokens: number;
  tokenIds: number[] | undefined;
  /** Each kind leaves in frames of its own. */
  readonly said: Said;
  /** Of a call: which. */
  readonly call: Delta['call'];
  readonly logprobs: Delta['logprobs'];
}

/** Tokens that gave no text yet. */
interface Textless {
  readonly tokens: number;
  readonly ids: readonly number[];
  readonly logprobs: readonly TokenLogprob[];
}

/** What a frame tells. */
interface Sent {
  /** Its events, and how many bytes they are. */
  readonly text: string;
  readonly bytes: number;
  readonly tokens: number;
  readonly tokenIds: readonly number[] | undefined;
  readonly said: Said;
}

/** A promise that several may wait for, with its resolver. */
interface Pause {
  readonly promise: Promise<void>;
  readonly end: () => void;
}

/** A frame at most: well below the protocol's limit, so that streams take turns on the socket. */
const FRAME_BYTES = 64 * 1024;
const FRAME_CHARS = 32 * 1024;
const FRAME_TOKENS = 0xffff;
/** Text of one event at most: even fully escaped it fits FRAME_BYTES. */
const EVENT_CHARS = 8 * 1024;
/** Tokens of one event whose likelihood is told, at most: with the likeliest others they fit FRAME_BYTES. */
const LIKELY_TOKENS = 16;
/** Thinking is written twice. */
const THOUGHT_CHARS = EVENT_CHARS / 2;
/** When more than this waits to leave, the backend waits too. */
const PAUSE_CHARS = 48 * 1024;
const HASH_CHARS = 16 * 1024;

const NO_TOKENS: Textless = { tokens: 0, ids: [], logprobs: [] };

export class DataStream implements Flushable {
  dueAt = 0;
  readonly #doors: DataStreamDoors;
  readonly #credit: Credit;
  readonly #hash = createHash('sha256');
  readonly #startedAt = performance.now();
  #unhashed = '';
  #pending: PendingEvent[] = [];
  #pendingChars = 0;
  #pendingTokens = 0;
  /** Tokens that gave no text yet (half a character): they count with the next event. */
  #textless = NO_TOKENS;
  #lastSentAt = this.#startedAt;
  #sentTokens = 0;
  #sentBytes = 0;
  #hasDropped = false;
  #ttftMs: number | null = null;
  #isOpen = false;
  #isStopped = false;
  #backendPause: Pause | null = null;
  #drainPause: Pause | null = null;

  constructor(doors: DataStreamDoors) {
    this.#doors = doors;
    this.#credit = new Credit(doors.creditBytes);
    this.#hash.update(doors.salt);
  }

  /** Output tokens whose events left for the hub. */
  get sentTokens(): number {
    return this.#sentTokens;
  }

  /** True when something was taken from the backend and never sent, because the stream was stopped. */
  get hasDropped(): boolean {
    return this.#hasDropped;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** When the last of the answer left, by `performance.now()`; the job's arrival before that. */
  get lastSentAt(): number {
    return this.#lastSentAt;
  }

  /** From the job's arrival to its first frame; null before it. */
  get ttftMs(): number | null {
    return this.#ttftMs;
  }

  /** Takes a piece of the answer. A promise means: give nothing more until it resolves. */
  push(delta: Delta): void | Promise<void> {
    if (this.#isStopped) return;
    if (delta.text.length <= mostChars(delta)) this.#append(delta);
    else this.#appendPieces(delta);
    this.#schedule();
    if (this.#pendingChars < PAUSE_CHARS) return;
    this.#backendPause ??= makePause();
    return this.#backendPause.promise;
  }

  /** The ticket is proven: all that waits may leave. */
  open(): void {
    this.#isOpen = true;
    this.#schedule();
  }

  /** The hub allows more bytes. */
  grant(bytes: number): void {
    this.#credit.grant(bytes);
    this.#schedule();
  }

  /** Sends all that waits, as fast as credit allows; resolves when nothing waits any more or the stream was stopped. */
  async drain(): Promise<void> {
    this.flush();
    if (this.#pending.length === 0 || this.#isStopped) return;
    this.#drainPause ??= makePause();
    await this.#drainPause.promise;
  }

  /** Nothing more leaves; what waits is dropped and whoever waits goes on. */
  stop(): void {
    this.#isStopped = true;
    if (this.#pending.length > 0) this.#hasDropped = true;
    this.#pending = [];
    this.#pendingChars = 0;
    this.#pendingTokens = 0;
    this.#doors.clock.forget(this);
    this.#endPauses();
  }

  /** The salted hash of every event byte sent. Call once, at the end. */
  finishHash(): Hex {
    return `0x${this.#hash.update(this.#unhashed, 'utf8').digest('hex')}`;
  }

  /** Sends what waits now, as far as ticket, credit and socket allow. */
  flush(): void {
    if (this.#isStopped) return;
    while (this.#pending.length > 0 && !this.#doors.writer.isFull) if (!this.#sendFrame()) break;
    this.#endPauses();
  }

  #schedule(): void {
    if (this.#pendingChars === 0 || !this.#mayLeave(1)) return;
    const { rule, clock } = this.#doors;
    const hasSent = this.#sentBytes > 0;
    if (rule.windowMs === 0 || this.#drainPause || (rule.isFirstAtOnce && !hasSent)) return this.flush();
    this.dueAt = decideDueAt(rule, {
      hasSent,
      lastSentAt: this.#lastSentAt,
      tokens: this.#pendingTokens,
      bytes: this.#pendingChars,
    });
    clock.request(this);
  }

  #mayLeave(tokens: number): boolean {
    return this.#isOpen || this.#doors.leave.allows(tokens);
  }

  #append(delta: Delta): void {
    const { text, tokens, tokenIds, call, logprobs } = delta;
    // A model may well make more calls than the form has room for.
    if (call && call.index >= this.#doors.events.mostCalls) return;
    const isSilent = text === '' && !call?.begun;
    if (isSilent || this.#textless.tokens > 0) return this.#appendAfterTextless(delta, isSilent);
    if (logprobs && logprobs.length > LIKELY_TOKENS) return this.#appendLikely(delta, logprobs);
    const { isMerged } = this.#doors.rule;
    const said = kindOf(delta);
    const written = isMerged ? text : this.#write({ text, said, call, logprobs });
    this.#pendingChars += written.length;
    this.#pendingTokens += tokens;
    const last = this.#pending.at(-1);
    const isJoined = last?.isOpen === true && last.said === said && isSameCall(last.call, call);
    // How likely its tokens were stands beside a text: each such piece is an event of its own.
    const isAlone = logprobs !== undefined || last?.logprobs !== undefined;
    if (isJoined && !isAlone && last.text.length + text.length <= mostChars(delta)) return join(last, delta);
    const ids = tokenIds && [...tokenIds];
    this.#pending.push({ text: written, isOpen: isMerged, tokens, tokenIds: ids, said, call, logprobs });
  }

  #write({ text, said, call, logprobs }: Pick<PendingEvent, 'text' | 'said' | 'call' | 'logprobs'>): string {
    const { events } = this.#doors;
    if (call) return events.call({ ...call, arguments: text });
    return said === 'thinking' ? events.thinking(text) : events.content(text, logprobs);
  }

  /** Pieces that came together are told as events of some of their tokens each, with about as much of the text. */
  #appendLikely(delta: Delta, logprobs: readonly TokenLogprob[]): void {
    const count = Math.ceil(logprobs.length / LIKELY_TOKENS);
    const { tokenIds: _, ...rest } = delta;
    cutEvenly(delta.text, count).forEach((text, i, texts) => {
      const tokens = share(delta.tokens, i, texts.length);
      this.#append({ ...rest, text, tokens, logprobs: logprobs.slice(i * LIKELY_TOKENS, (i + 1) * LIKELY_TOKENS) });
    });
  }

  #appendAfterTextless(delta: Delta, isSilent: boolean): void {
    const { tokens, tokenIds = [], logprobs = [] } = delta;
    const { tokens: before, ids, logprobs: likely } = this.#textless;
    const all = { tokens: before + tokens, ids: [...ids, ...tokenIds], logprobs: [...likely, ...logprobs] };
    this.#textless = isSilent ? all : NO_TOKENS;
    const told = all.logprobs.length > 0 ? { logprobs: all.logprobs } : {};
    if (!isSilent) this.#append({ ...delta, tokens: all.tokens, tokenIds: all.ids, ...told });
  }

  #appendPieces(delta: Delta): void {
    splitText(delta.text, mostChars(delta)).forEach((text, i) => {
      if (i === 0) this.#append({ ...delta, text });
      else this.#append({ ...goOn(delta), text, tokens: 0, ...(delta.tokenIds && { tokenIds: [] }) });
    });
  }

  /** Sends as many whole events of one kind as fit a frame and the credit; false when not even one does. */
  #sendFrame(): boolean {
    for (let count = this.#countForFrame(); count >= 1; count = Math.floor(count / 2)) {
      const taken = count === this.#pending.length ? this.#pending : this.#pending.slice(0, count);
      const text = this.#render(taken);
      const bytes = Buffer.byteLength(text, 'utf8');
      if (bytes > FRAME_BYTES && count > 1) continue;
      const tokens = sumTokens(taken);
      if (!this.#mayLeave(tokens) || !this.#credit.take(bytes)) continue;
      const tokenIds = joinTokenIds(taken);
      this.#pending = taken === this.#pending ? [] : this.#pending.slice(count);
      this.#send({ text, bytes, tokens, tokenIds, said: taken[0]?.said ?? 'text' });
      return true;
    }
    return false;
  }

  /** Each event is written once, in its turn: the first tells the role. */
  #render(taken: readonly PendingEvent[]): string {
    for (const event of taken) {
      if (!event.isOpen) continue;
      this.#pendingChars -= event.text.length;
      event.text = this.#write(event);
      event.isOpen = false;
      this.#pendingChars += event.text.length;
    }
    const only = taken.length === 1 ? taken[0] : undefined;
    return only ? only.text : taken.map(({ text }) => text).join('');
  }

  #countForFrame(): number {
    let chars = 0;
    let tokens = 0;
    let count = 0;
    for (const event of this.#pending) {
      if (event.said !== this.#pending[0]?.said) break;
      chars += event.text.length;
      tokens += event.tokens;
      if (count > 0 && (chars > FRAME_CHARS || tokens > FRAME_TOKENS)) break;
      count += 1;
    }
    return count;
  }

  #send(sent: Sent): void {
    const { job, writer } = this.#doors;
    const { text, bytes } = sent;
    const tokens = Math.min(sent.tokens, FRAME_TOKENS);
    const frame = encodeDataText(job, { ...sent, tokens });
    const isFirst = this.#sentBytes === 0;
    this.#pendingChars -= text.length;
    this.#pendingTokens -= sent.tokens;
    this.#sentTokens += tokens;
    if (!this.#isOpen) this.#doors.leave.note(sent.tokens);
    this.#sentBytes += bytes;
    this.#unhashed += text;
    if (this.#unhashed.length >= HASH_CHARS) {
      this.#hash.update(this.#unhashed, 'utf8');
      this.#unhashed = '';
    }
    this.#lastSentAt = performance.now();
    if (isFirst) this.#ttftMs = this.#lastSentAt - this.#startedAt;
    if (isFirst && this.#doors.rule.isFirstAtOnce) writer.pushNow(frame);
    // A whole answer shares its message with its `end`.
    else writer.push(frame);
  }

  #endPauses(): void {
    if (this.#backendPause && this.#pendingChars < PAUSE_CHARS / 2) {
      this.#backendPause.end();
      this.#backendPause = null;
    }
    if (this.#drainPause && this.#pending.length === 0) {
      this.#drainPause.end();
      this.#drainPause = null;
    }
  }
}

function makePause(): Pause {
  let end = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { promise, end };
}

function mostChars({ thinking }: Delta): number {
  return thinking ? THOUGHT_CHARS : EVENT_CHARS;
}

function kindOf({ thinking, call }: Delta): Said {
  return call ? 'calls' : thinking ? 'thinking' : 'text';
}

/** A call that begins has an event of its own beginning. */
function isSameCall(one: Delta['call'], next: Delta['call']): boolean {
  return one?.index === next?.index && !next?.begun;
}

/** The rest of a piece whose beginning has been told. */
function goOn(whole: Delta): Delta {
  const { call, logprobs: _, ...delta } = whole;
  return call ? { ...delta, call: { index: call.index } } : delta;
}

/** Adds a piece to an event that has not left. Ids count only where all of its pieces have them. */
function join(event: PendingEvent, { text, tokens, tokenIds }: Delta): void {
  const isKnown = event.tokenIds?.length === event.tokens && tokenIds?.length === tokens;
  event.text += text;
  event.tokens += tokens;
  if (isKnown && tokenIds) event.tokenIds?.push(...tokenIds);
  else event.tokenIds = undefined;
}

/** The i-th of so many about equal shares of a count. */
function share(count: number, i: number, of: number): number {
  return Math.floor((count * (i + 1)) / of) - Math.floor((count * i) / of);
}

function sumTokens(events: readonly PendingEvent[]): number {
  let tokens = 0;
  for (const event of events) tokens += event.tokens;
  return tokens;
}

/** The ids of a frame, when the backend gave one for every token in it. */
function joinTokenIds(events: readonly PendingEvent[]): readonly number[] | undefined {
  const only = events.length === 1 ? events[0] : undefined;
  if (only) return only.tokenIds?.length === only.tokens ? only.tokenIds : undefined;
  const ids: number[] = [];
  for (const event of events) {
    if (event.tokenIds?.length !== event.tokens) return undefined;
    ids.push(...event.tokenIds);
  }
  return ids;
}
