// The streams of several answers to one call as the one that its caller reads: whole events of each as they come, one usage, one word of the network's facts
// and one terminator, in the end. Where one breaks off, all of it ends there, without the terminator.
import { concatBytes } from '../../schema/bytes.ts';
import { ANSWERS } from '../../schema/answers.ts';
import { COMMENT_LINE, DONE_EVENT, withEnergy } from '../../schema/chunks.ts';
import type { ChunkHead, FinalFacts, Usage } from '../../schema/chunks.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import { parseJson } from '../../schema/json.ts';
import { escapeLines } from '../../schema/quote-json.ts';
import { mergeFacts, mergeUsage } from './merge-facts.ts';

/** The end of an event that only goes on with its answer: nothing of it is read. */
const GOES_ON = '"finish_reason":null}]}';
const DONE = 'data: [DONE]';
const END = '\n\n';
const COMMENT = /^:[^\n]*\n/;
const NOTHING = new Uint8Array(0);
const BROKEN = { message: 'The answer broke off.', type: 'server_error', code: 'home_failed' };

/** One answer, as far as it was read. */
interface Reading {
  readonly decoder: TextDecoder;
  /** The beginning of an event whose end has not come. */
  rest: string;
  facts: FinalFacts | null;
  usage: Usage | null;
  isOver: boolean;
}

/** Last events as the hub and the edge write them. */
interface LastEvent {
  readonly error?: unknown;
  readonly irori?: FinalFacts;
  readonly usage?: Usage;
  readonly choices: readonly object[];
}

const encoder = new TextEncoder();

export class MergedChoices {
  readonly #head: ChunkHead;
  readonly #format: (typeof ANSWERS)[JobKind];
  readonly #readings: readonly Reading[];
  #isOver = false;
  #isBroken = false;
  /** Comments were the last that was given. */
  #isSilent = false;

  /** `head`: what all chunks have in common; `count`: how many answers there are. */
  constructor(head: ChunkHead, count: number, kind: JobKind = 'chat') {
    this.#head = head;
    this.#format = ANSWERS[kind];
    this.#readings = Array.from({ length: count }, () => ({
      decoder: new TextDecoder(),
      rest: '',
      facts: null,
      usage: null,
      isOver: false,
    }));
  }

  /** Nothing more is to be given. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** It ended because one of the answers has broken off. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Takes the next bytes of one answer; what the caller is given now. */
  take(index: number, bytes: Uint8Array): Uint8Array {
    const reading = this.#readings[index];
    if (!reading || this.#isOver) return NOTHING;
    const text = reading.rest + reading.decoder.decode(bytes, { stream: true });
    const cut = text.lastIndexOf(END) + END.length;
    const whole = cut < END.length ? '' : text.slice(0, cut);
    reading.rest = text.slice(whole.length);
    const given: Uint8Array[] = [];
    for (const event of whole.split(END)) if (event !== '') given.push(...this.#takeEvent(reading, event));
    given.push(...this.#takeComments(index, reading));
    return concatBytes(given);
  }

  /** The stream of one answer has ended; what the caller is given now. */
  end(index: number): Uint8Array {
    const reading = this.#readings[index];
    if (!reading || reading.isOver || this.#isOver) return NOTHING;
    return concatBytes(this.#breakOff(this.#format.encodeError({ ...this.#head, index }, BROKEN)));
  }

  #takeEvent(reading: Reading, given: string): Uint8Array[] {
    if (this.#isOver || reading.isOver) return [];
    let event = given;
    for (let line = COMMENT.exec(event); line; line = COMMENT.exec(event)) event = event.slice(line[0].length);
    if (event === '') return [];
    if (event.endsWith(GOES_ON)) return this.#give(event + END);
    if (event === DONE) {
      reading.isOver = true;
      return this.#readings.every(({ isOver }) => isOver) ? this.#finish() : [];
    }
    const last = parseJson(event.slice('data: '.length)) as LastEvent | undefined;
    if (!last) return [];
    return last.error ? this.#breakOff(encoder.encode(event + END)) : this.#takeLast(reading, last);
  }

  /** Facts and usage are told once, in the end: by the usage where that is told, else by the last answer's last chunk. */
  #takeLast(reading: Reading, { irori, usage, ...chunk }: LastEvent): Uint8Array[] {
    if (irori) reading.facts = irori;
    if (usage) reading.usage = usage;
    if (chunk.choices.length === 0) return [];
    const facts = irori && this.#sumUp();
    return this.#give(`data: ${escapeLines(JSON.stringify(facts ? { ...chunk, irori: facts } : chunk))}${END}`);
  }

  /** Null until all have told theirs. */
  #sumUp(): ReturnType<typeof mergeFacts> | null {
    const [first, ...others] = this.#readings.flatMap(({ facts }) => facts ?? []);
    return first && others.length === this.#readings.length - 1 ? mergeFacts([first, ...others]) : null;
  }

  #finish(): Uint8Array[] {
    this.#isOver = true;
    const usages = this.#readings.flatMap(({ usage }) => usage ?? []);
    const facts = this.#sumUp();
    const isTold = facts !== null && usages.length === this.#readings.length;
    const usage = isTold ? [this.#format.encodeUsage(this.#head, withEnergy(mergeUsage(usages), facts), facts)] : [];
    return [...this.#endSilence(), ...usage, DONE_EVENT];
  }

  #breakOff(event: Uint8Array): Uint8Array[] {
    this.#isOver = true;
    this.#isBroken = true;
    return [...this.#endSilence(), event];
  }

  #give(event: string): Uint8Array[] {
    return [...this.#endSilence(), encoder.encode(event)];
  }

  /** The first event behind comments is one that says nothing, as everywhere. */
  #endSilence(): Uint8Array[] {
    const was = this.#isSilent;
    this.#isSilent = false;
    return was ? [this.#format.encodeEmpty(this.#head)] : [];
  }

  /** Comments of the first answer that is not over are those of the whole: one line in silence is enough. */
  #takeComments(index: number, reading: Reading): Uint8Array[] {
    let lines = 0;
    for (let line = COMMENT.exec(reading.rest); line; line = COMMENT.exec(reading.rest), lines++)
      reading.rest = reading.rest.slice(line[0].length);
    const isFirst = this.#readings.findIndex(({ isOver }) => !isOver) === index;
    if (lines === 0 || !isFirst || this.#isOver) return [];
    this.#isSilent = true;
    return [COMMENT_LINE];
  }
}
