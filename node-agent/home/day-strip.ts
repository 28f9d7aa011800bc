// The last 24 hours of this home minute by minute, joined into spans: what the page's strip shows. Kept in DIR/day-strip.json.
import { join } from 'node:path';
import * as z from 'zod';
import type { Log } from '../log.ts';
import { KeptFile, readKept } from './kept-file.ts';

/** Minutes that follow one another with the same word of schema/state-words.ts. `to` is the first ms after them. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly word: string;
}

const spanSchema = z.object({ from: z.number(), to: z.number(), word: z.string().max(40) });
const fileSchema = z.object({ spans: z.array(spanSchema).max(2000) });

const FILE = 'day-strip.json';
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WRITE_EVERY_MS = 300_000;
/** A look that came so late: the machine was asleep, or the process stood still. */
const GAP_MS = 90_000;

export class DayStrip {
  readonly #file: KeptFile;
  #spans: Span[];
  /** How often each word was seen in the minute that runs. */
  #minute: { at: number; seen: Map<string, number> } | null = null;
  #lastAt: number | null = null;
  #wroteMs = performance.now();

  private constructor(file: KeptFile, spans: Span[]) {
    this.#file = file;
    this.#spans = spans;
  }

  /** What no agent saw until `at` stands there as `stopped`. A damaged file counts as none. */
  static async open(folder: string, at: number, log: Log): Promise<DayStrip> {
    const path = join(folder, FILE);
    const kept = (await readKept(path, fileSchema, log))?.spans ?? [];
    const strip = new DayStrip(
      new KeptFile(path, log),
      kept.filter(({ from, to }) => from < to && to <= at + MINUTE_MS),
    );
    const last = strip.#spans.at(-1);
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    if (last && last.to < minute) strip.#append({ from: last.to, to: minute, word: 'stopped' });
    return strip;
  }

  /** What the home does at `at`; called every few seconds. Minutes in which nobody called are told as `asleep`. */
  note(word: string, at: number): void {
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    if (this.#minute && minute < this.#minute.at) this.#minute = null;
    if (this.#minute && minute > this.#minute.at) this.#endMinute(minute, at);
    this.#minute ??= { at: minute, seen: new Map() };
    this.#minute.seen.set(word, (this.#minute.seen.get(word) ?? 0) + 1);
    this.#lastAt = at;
    if (performance.now() - this.#wroteMs >= WRITE_EVERY_MS) void this.flush();
  }

  /** Oldest first; the running minute with what was seen of it. */
  list(): Span[] {
    const now = this.#minute;
    const spans = [...this.#spans];
    if (now) joinTo(spans, { from: now.at, to: (this.#lastAt ?? now.at) + 1, word: chooseWord(now.seen) });
    return spans;
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    this.#wroteMs = performance.now();
    await this.#file.write(`${JSON.stringify({ spans: this.#spans })}\n`);
  }

  #endMinute(minute: number, at: number): void {
    const ended = this.#minute;
    this.#minute = null;
    if (!ended) return;
    this.#append({ from: ended.at, to: ended.at + MINUTE_MS, word: chooseWord(ended.seen) });
    const isGap = at - (this.#lastAt ?? at) > GAP_MS;
    if (ended.at + MINUTE_MS < minute)
      this.#append({ from: ended.at + MINUTE_MS, to: minute, word: isGap ? 'asleep' : chooseWord(ended.seen) });
  }

  #append(span: Span): void {
    joinTo(this.#spans, span);
    const oldest = span.to - DAY_MS;
    this.#spans = this.#spans
      .filter(({ to }) => to > oldest)
      .map((one) => (one.from < oldest ? { ...one, from: oldest } : one));
  }
}

/** Work counts for its minute even if it was short; of the rest what was seen most. */
function chooseWord(seen: ReadonlyMap<string, number>): string {
  if (seen.has('busy')) return 'busy';
  return [...seen].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 'idle';
}

function joinTo(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (last && last.word === span.word && last.to === span.from) spans[spans.length - 1] = { ...last, to: span.to };
  else spans.push(span);
}
