// One server's answer as its events are read: what of it may be handed on, what it counts, and how it has ended. Knows no connection and no clock.

import { estimateChunkTokens } from './estimate-chunk-tokens.ts';
import type { FinishWord } from './judge-end.ts';
import type { BackendEvent, BackendUsage } from './read-backend-event.ts';
import { WholePairs } from './whole-pairs.ts';

/** A piece of the answer: whole characters. */
interface Piece {
  readonly text: string;
  readonly tokens: number;
}

/** The most bytes that one UTF-16 unit takes in UTF-8; no token is shorter than a byte. */
const BYTES_PER_CHAR = 3;

export class AnswerReading {
  readonly #maxTokens: number;
  readonly #pairs = new WholePairs();
  /** Read and not taken yet. */
  #text = '';
  #tokens = 0;
  /** What came after the finish reason: part of the answer only if the server says once more that it ends. */
  #late = '';
  #lateTokens = 0;
  /** Shown tokens and characters so far, those that wait included. */
  #counted = 0;
  #chars = 0;
  #hiddenCounted = 0;
  #usage: BackendUsage | null = null;
  #finish: FinishWord | null = null;
  #isDone = false;
  #errorJson: string | null = null;
  #hasJunk = false;
  #hasChunk = false;

  /** `maxTokens`: what the server was asked for at most. */
  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  /** The finish reason that stands: the first one after any text, unless more text and another one followed. */
  get finish(): FinishWord | null {
    return this.#finish;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** The error that came before any finish reason, as the server's JSON text. */
  get errorJson(): string | null {
    return this.#errorJson;
  }

  /** Events came that are no JSON objects: they say nothing, but may tell why an answer never ended. */
  get hasJunk(): boolean {
    return this.#hasJunk;
  }

  /** Nothing that follows can change how the answer ends. */
  get isOver(): boolean {
    return this.#isDone || this.#errorJson !== null;
  }

  get hasAnswer(): boolean {
    return this.#counted > 0 || this.#hiddenCounted > 0;
  }

  /** Shown tokens so far. */
  get counted(): number {
    return this.#counted;
  }

  get hasThought(): boolean {
    return this.#hiddenTokens() > 0;
  }

  /** As many tokens came as were asked for, by the server's count or by the pieces. */
  get isAtLimit(): boolean {
    return Math.max(this.#counted + this.#hiddenCounted, this.#usage?.outputTokens ?? 0) >= this.#maxTokens;
  }

  /** The server's counts, as far as they can be true. */
  get usage(): { readonly promptTokens: number | null; readonly outputTokens: number | null } {
    const said = this.#usage?.outputTokens;
    const promptTokens = this.#usage?.promptTokens ?? null;
    if (said === undefined || said === null) return { promptTokens, outputTokens: null };
    const outputTokens = Math.max(0, said - this.#hiddenTokens());
    const isTrue = outputTokens <= this.#chars * BYTES_PER_CHAR && (outputTokens > 0 || this.#counted === 0);
    return { promptTokens, outputTokens: isTrue ? outputTokens : null };
  }

  take(event: BackendEvent): void {
    if (event.kind === 'junk') this.#hasJunk = true;
    if (event.kind === 'chunk') this.#hasChunk = true;
    if (event.usage !== null) this.#usage = mergeUsage(this.#usage, event.usage);
    // Usage may come late; everything else that follows the end is nobody's.
    if (this.isOver) return;
    if (event.done || this.#isLastWord(event)) this.#isDone = true;
    else if (event.errorJson !== null) this.#takeError(event.errorJson);
    else this.#takeChunk(event);
  }

  /** A body of one JSON object has ended: what it holds is the whole answer. */
  endWhole(): void {
    this.#isDone ||= this.#hasChunk;
  }

  /** What may be handed on now; null when that is nothing. */
  takeReady(): Piece | null {
    if (this.#text === '') return null;
    const text = this.#pairs.push(this.#text);
    this.#text = '';
    return this.#release(text);
  }

  /** The answer is finished: half a character at its end is shown as one mark. */
  takeRest(): Piece | null {
    return this.#release(this.#pairs.push(this.#text) + this.#pairs.end());
  }

  #release(text: string): Piece | null {
    if (text === '') return null;
    const tokens = this.#tokens;
    this.#tokens = 0;
    return { text, tokens };
  }

  /** Usage without a choice comes last of all: a server that has said it and its finish reason need not be waited for. */
  #isLastWord({ kind, usage }: BackendEvent): boolean {
    return this.#finish !== null && kind === 'other' && usage !== null;
  }

  #takeError(json: string): void {
    if (this.#finish === null) this.#errorJson = json;
  }

  #takeChunk({ text, hidden, finish, usage }: BackendEvent): void {
    const isAfterFinish = this.#finish !== null && this.#chars > 0;
    // A finish reason before any text, or with a thought, ends nothing that follows.
    if (this.#finish !== null && !isAfterFinish && (text !== '' || hidden)) this.#finish = null;
    if (text !== '') this.#takeText(text, usage, isAfterFinish);
    else if (hidden && !isAfterFinish) this.#hiddenCounted += 1;
    if (finish !== null) this.#takeFinish(finish);
  }

  #takeText(text: string, usage: BackendUsage | null, isAfterFinish: boolean): void {
    const tokens = this.#countTokens(text, usage);
    if (isAfterFinish) {
      this.#late += text;
      this.#lateTokens += tokens;
    } else this.#show(text, tokens);
  }

  #show(text: string, tokens: number): void {
    this.#text += text;
    this.#tokens += tokens;
    this.#counted += tokens;
    this.#chars += text.length;
  }

  #takeFinish(finish: FinishWord): void {
    if (this.#finish === null) this.#finish = finish;
    else if (this.#late !== '' && finish !== 'failed') {
      this.#finish = finish;
      this.#show(this.#late, this.#lateTokens);
      this.#late = '';
      this.#lateTokens = 0;
    }
  }

  /** A server that keeps a running count in its chunks is believed, as far as the text can hold it. */
  #countTokens(text: string, usage: BackendUsage | null): number {
    const before = this.#counted + this.#lateTokens + this.#hiddenTokens();
    const running = usage?.outputTokens ? usage.outputTokens - before : 0;
    return running > 0 ? Math.min(running, Buffer.byteLength(text)) : estimateChunkTokens(text);
  }

  #hiddenTokens(): number {
    return this.#usage?.hiddenTokens ?? this.#hiddenCounted;
  }
}

/** What was said last stands, where anything was said. */
function mergeUsage(before: BackendUsage | null, now: BackendUsage): BackendUsage {
  return {
    promptTokens: now.promptTokens ?? before?.promptTokens ?? null,
    outputTokens: now.outputTokens || (before?.outputTokens ?? now.outputTokens),
    hiddenTokens: now.hiddenTokens ?? before?.hiddenTokens ?? null,
  };
}
