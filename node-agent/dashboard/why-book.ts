// What the router said of the minutes of the last day, which it tells of the last hour only: asked once an hour, and kept in DIR/why.json.
import { join } from 'node:path';
import * as z from 'zod';
import { KeptFile, readKept } from '../home/kept-file.ts';
import type { Log } from '../log.ts';
import { isSame } from './build-day.ts';
import type { ToldSpan } from './build-day.ts';

const spanSchema = z.object({
  from: z.number(),
  to: z.number(),
  reason: z.string().max(100),
  text: z.string().max(2000),
  models: z.array(z.string().max(2000)).max(20).optional(),
  modelCount: z.number().optional(),
});
const fileSchema = z.object({ spans: z.array(spanSchema).max(2000) });

const FILE = 'why.json';
const DAY_MS = 86_400_000;
/** Of minutes that alternate for a day. */
const SPANS_MAX = 400;

export class WhyBook {
  readonly #file: KeptFile;
  #spans: readonly ToldSpan[];

  private constructor(file: KeptFile, spans: readonly ToldSpan[]) {
    this.#file = file;
    this.#spans = spans;
  }

  static async open(folder: string, log: Log): Promise<WhyBook> {
    const path = join(folder, FILE);
    return new WhyBook(new KeptFile(path, log), (await readKept(path, fileSchema, log))?.spans ?? []);
  }

  /** The oldest first; none overlaps another. */
  get spans(): readonly ToldSpan[] {
    return this.#spans;
  }

  /** The router's word for the minutes that it covers now; what it said of earlier ones stays. `now`: ms since epoch. */
  async note(told: readonly ToldSpan[], now: number): Promise<void> {
    const [first] = told;
    if (!first) return;
    const before = this.#spans
      .filter(({ from, to }) => from < first.from && to > now - DAY_MS)
      .map((span) => ({ ...span, to: Math.min(span.to, first.from) }));
    this.#spans = joinSpans(before, told).slice(-SPANS_MAX);
    await this.#file.write(`${JSON.stringify({ spans: this.#spans })}\n`);
  }
}

/** What goes on with the same reason, and with the same models, is one span. */
function joinSpans(before: readonly ToldSpan[], told: readonly ToldSpan[]): ToldSpan[] {
  const last = before.at(-1);
  const [first, ...rest] = told;
  if (!last || !first || last.to !== first.from || !isSame(last, first)) return [...before, ...told];
  return [...before.slice(0, -1), { ...first, from: last.from }, ...rest];
}
