// One server's answer as its events are read: what of it may be handed on, what it counts, and how it has ended. Knows no connection and no clock.

import { randomBytes } from 'node:crypto';
import type { TokenLogprob } from '../../schema/logprobs.ts';
import type { Delta } from './backend.ts';
import { CallReading, MOST_CALLS } from './call-reading.ts';
import type { CallPiece, RawCall } from './call-reading.ts';
import { estimateChunkTokens } from './estimate-chunk-tokens.ts';
import type { FinishWord } from './judge-end.ts';
import type { BackendEvent, BackendUsage } from './read-backend-event.ts';
import { cutTops } from './read-logprobs.ts';
import { WholePairs } from './whole-pairs.ts';

/** What is read of an answer: its text, the thinking beside it, and the calls of tools. */
type Channel = 'text' | 'thinking' | 'calls';

/** Read and not taken yet. */
interface Run {
  readonly channel: Channel;
  readonly text: string;
  readonly tokens: number;
  /** Of a call: which, and its name where it begins. Each piece is a run of its own call. */
  readonly call?: CallPiece;
  readonly logprobs?: readonly TokenLogprob[];
}

/** What is asked of an answer. */
export interface ReadingTerms {
  /** What the server was asked for at most. */
  readonly maxTokens: number;
  /** Tokens that are told at each place; null where nobody asked how likely they were. */
  readonly topLogprobs?: number | null;
  /** Calls that are wanted. */
  readonly mostCalls?: number;
}

const NO_LOGPROBS: readonly TokenLogprob[] = [];

/** The most bytes that one UTF-16 unit takes in UTF-8; no token is shorter than a byte. */
const BYTES_PER_CHAR = 3;

export class AnswerReading {
  readonly #maxTokens: number;
  readonly #topLogprobs: number | null;
  readonly #pairs = { text: new WholePairs(), thinking: new WholePairs(), calls: new WholePairs() };
  readonly #calls: CallReading;
  #runs: Run[] = [];
  /** Tokens whose text waits for its other half. */
  readonly #owed = { text: 0, thinking: 0, calls: 0 };
  /** Of tokens whose text waits. */
  #owedLogprobs = NO_LOGPROBS;
  /** What came after the finish reason: part of the answer only if the server says once more that it ends. */
  #late = '';
  #lateTokens = 0;
  /** Tokens and characters so far, those that wait and thinking included. */
  #counted = 0;
  #chars = 0;
  #thinkingCounted = 0;
  #hasText = false;
  #hasThinking = false;
  #usage: BackendUsage | null = null;
  #finish: FinishWord | null = null;
  #isDone = false;
  #errorJson: string | null = null;
  #hasJunk = false;
  #hasChunk = false;
  /** Text or thinking came as pieces (`delta`). */
  #hasPieces = false;

  /** `makeId`: a fresh id for a call without one. */
  constructor(
    { maxTokens, topLogprobs = null, mostCalls = MOST_CALLS }: ReadingTerms,
    makeId: () => string = makeCallId,
  ) {
    this.#maxTokens = maxTokens;
    this.#topLogprobs = topLogprobs;
    this.#calls = new CallReading(makeId, mostCalls);
  }

  /** The finish reason that stands: the first one after any text, unless more text and another one followed. */
  get finish(): FinishWord | null {
    // Some servers say 'stop' after calls; and a word for calls without any is a plain end.
    if (this.#finish === 'stop' && this.#calls.count > 0) return 'tool_calls';
    return this.#finish === 'tool_calls' && this.#calls.count === 0 ? 'stop' : this.#finish;
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
    return this.#hasText || this.#hasThinking || this.#calls.count > 0;
  }

  /** Tokens so far, of thinking too. */
  get counted(): number {
    return this.#counted;
  }

  get hasThought(): boolean {
    return this.#hasThinking || this.#unseenTokens() > 0;
  }

  /** As many tokens came as were asked for, by the server's count or by the pieces. */
  get isAtLimit(): boolean {
    return Math.max(this.#counted, this.#usage?.outputTokens ?? 0) >= this.#maxTokens;
  }

  /** The server's counts, as far as they can be true. */
  get usage(): { readonly promptTokens: number | null; readonly outputTokens: number | null } {
    const said = this.#usage?.outputTokens;
    const promptTokens = this.#usage?.promptTokens ?? null;
    if (said === undefined || said === null) return { promptTokens, outputTokens: null };
    const outputTokens = Math.max(0, said - this.#unseenTokens());
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
    else this.#takeChunk(event.isMessage && this.#hasPieces ? { ...event, text: '', thinking: '', calls: [] } : event);
  }

  /** A body of one JSON object has ended: what it holds is the whole answer. */
  endWhole(): void {
    this.#isDone ||= this.#hasChunk;
  }

  /** What may be handed on now, in its order. */
  takeReady(): Delta[] {
    const runs = this.#runs;
    if (runs.length === 0) return [];
    this.#runs = [];
    const only = runs.length === 1 ? runs[0] : undefined;
    return only ? this.#pass(only) : runs.flatMap((run) => this.#pass(run));
  }

  /** The answer is finished: half a character at its end is shown as one mark. `isCut`: by the limit, so that a call may lack its arguments. */
  takeRest(isCut = false): Delta[] {
    // What the model did not write counts nothing.
    if (!isCut) for (const call of this.#calls.takeRest()) this.#showCall(call, 0);
    const rest = this.takeReady();
    return [
      ...rest,
      ...this.#release('thinking', this.#pairs.thinking.end()),
      ...this.#release('text', this.#pairs.text.end()),
    ];
  }

  #pass({ channel, text, tokens, call, logprobs }: Run): Delta[] {
    this.#owed[channel] += tokens;
    if (logprobs) this.#owedLogprobs = joinLogprobs(this.#owedLogprobs, logprobs);
    return this.#release(channel, this.#pairs[channel].push(text), call);
  }

  #release(channel: Channel, text: string, call?: CallPiece): Delta[] {
    if (text === '' && !call?.begun) return [];
    const tokens = this.#owed[channel];
    this.#owed[channel] = 0;
    if (call) return [{ text, tokens, call: { index: call.index, ...(call.begun && { begun: call.begun }) } }];
    if (channel === 'thinking') return [{ text, tokens, thinking: true }];
    const logprobs = this.#owedLogprobs;
    this.#owedLogprobs = NO_LOGPROBS;
    return [logprobs.length > 0 ? { text, tokens, logprobs } : { text, tokens }];
  }

  /** Usage without a choice comes last of all: a server that has said it and its finish reason need not be waited for. */
  #isLastWord({ kind, usage }: BackendEvent): boolean {
    return this.#finish !== null && kind === 'other' && usage !== null;
  }

  #takeError(json: string): void {
    if (this.#finish === null) this.#errorJson = json;
  }

  #takeChunk(event: BackendEvent): void {
    const { text, thinking, calls, finish, usage, isMessage } = event;
    this.#hasPieces ||= !isMessage && (text !== '' || thinking !== '' || calls.length > 0);
    const isAfterFinish = this.#finish !== null && this.#hasText;
    // A finish reason before any text, or with a thought, ends nothing that follows.
    if (this.#finish !== null && !isAfterFinish && (text !== '' || thinking !== '')) this.#finish = null;
    if (thinking !== '' && !isAfterFinish)
      this.#show({ channel: 'thinking', text: thinking, tokens: this.#countThinking(event) });
    if (text !== '') this.#takeText(text, usage, isAfterFinish);
    if (event.logprobs && thinking === '' && !isAfterFinish) this.#takeLogprobs(event.logprobs);
    if (!isAfterFinish) for (const raw of calls) this.#takeCall(raw);
    if (finish !== null) this.#takeFinish(finish);
  }

  #takeText(text: string, usage: BackendUsage | null, isAfterFinish: boolean): void {
    const tokens = this.#countTokens(text, usage);
    if (isAfterFinish) {
      this.#late += text;
      this.#lateTokens += tokens;
    } else this.#show({ channel: 'text', text, tokens });
  }

  /** They belong to the text that has just come; those of a token that is no whole character yet, to the next. */
  #takeLogprobs(said: readonly TokenLogprob[]): void {
    if (this.#topLogprobs === null) return;
    const logprobs = cutTops(said, this.#topLogprobs);
    const last = this.#runs.at(-1);
    if (last?.channel === 'text')
      this.#runs[this.#runs.length - 1] = { ...last, logprobs: joinLogprobs(last.logprobs ?? NO_LOGPROBS, logprobs) };
    else this.#owedLogprobs = joinLogprobs(this.#owedLogprobs, logprobs);
  }

  #takeCall(raw: RawCall): void {
    const call = this.#calls.take(raw);
    if (call) this.#showCall(call, estimateChunkTokens((call.begun?.name ?? '') + call.text));
  }

  #showCall(call: CallPiece, tokens: number): void {
    this.#show({ channel: 'calls', text: call.text, tokens, call });
  }

  #show(run: Run): void {
    const { channel, text, tokens } = run;
    const last = this.#runs.at(-1);
    if (last?.channel === channel && !run.call)
      this.#runs[this.#runs.length - 1] = { ...last, text: last.text + text, tokens: last.tokens + tokens };
    else this.#runs.push(run);
    this.#counted += tokens;
    this.#chars += text.length + (run.call?.begun?.name.length ?? 0);
    if (channel === 'text') this.#hasText = true;
    if (channel === 'thinking') {
      this.#hasThinking = true;
      this.#thinkingCounted += tokens;
    }
  }

  #takeFinish(finish: FinishWord): void {
    if (this.#finish === null) this.#finish = finish;
    else if (this.#late !== '' && finish !== 'failed') {
      this.#finish = finish;
      this.#show({ channel: 'text', text: this.#late, tokens: this.#lateTokens });
      this.#late = '';
      this.#lateTokens = 0;
    }
  }

  /** A server that keeps a running count in its chunks is believed, as far as the text can hold it. */
  #countTokens(text: string, usage: BackendUsage | null): number {
    const before = this.#counted + this.#lateTokens + this.#unseenTokens();
    const running = usage?.outputTokens ? usage.outputTokens - before : 0;
    return running > 0 ? Math.min(running, Buffer.byteLength(text)) : estimateChunkTokens(text);
  }

  /** An event that ends the thinking and begins the text is one token, and the text's; a whole message is as much as it says, or its text comes to. */
  #countThinking({ thinking, text, usage, isMessage }: BackendEvent): number {
    if (text === '') return this.#countTokens(thinking, usage);
    const told = (usage?.thinkingTokens ?? 0) - this.#thinkingCounted;
    if (told > 0) return Math.min(told, Buffer.byteLength(thinking));
    return estimateChunkTokens(thinking) - (isMessage ? 0 : 1);
  }

  /** Of a server that tells how many tokens it thought and not what: nobody was given them. */
  #unseenTokens(): number {
    return this.#hasThinking ? 0 : (this.#usage?.thinkingTokens ?? 0);
  }
}

function joinLogprobs(a: readonly TokenLogprob[], b: readonly TokenLogprob[]): readonly TokenLogprob[] {
  return a.length === 0 ? b : [...a, ...b];
}

function makeCallId(): string {
  return `call_${randomBytes(12).toString('hex')}`;
}

/** What was said last stands, where anything was said. */
function mergeUsage(before: BackendUsage | null, now: BackendUsage): BackendUsage {
  return {
    promptTokens: now.promptTokens ?? before?.promptTokens ?? null,
    outputTokens: now.outputTokens || (before?.outputTokens ?? now.outputTokens),
    thinkingTokens: now.thinkingTokens ?? before?.thinkingTokens ?? null,
  };
}
