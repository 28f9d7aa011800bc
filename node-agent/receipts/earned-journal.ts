// What this home signed for and what the router made of it, answer by answer, in a file a day: what the owner holds against the router's own word. No file
// holds a prompt or an answer. It can be done without: what is lost here is told as not known, and loses no money.
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { makePrivateFolder } from '../home/private-folder.ts';
import { describeError } from '../log.ts';
import type { Log } from '../log.ts';

const entrySchema = z.object({
  /** When the router's answer came, ms since epoch by this machine's clock. */
  at: z.number(),
  job: z.string(),
  part: z.number(),
  /** The model's digest. */
  model: z.string(),
  /** Of the receipt. */
  seq: z.string(),
  router: z.string(),
  signed: z.object({ promptTokens: z.number(), outputTokens: z.number(), amount: z.string() }),
  /** Null where the router refused the receipt for good; amounts in units. */
  accepted: z
    .object({
      promptTokens: z.number(),
      outputTokens: z.number(),
      amount: z.string(),
      status: z.number(),
      epoch: z.number(),
      count: z.number(),
      total: z.string(),
    })
    .nullable(),
  reason: z.string().nullable(),
});
export type JournalEntry = z.output<typeof entrySchema>;

/** Days that are kept, and bytes of one day: 80,000 jobs. What comes beyond is not written down. */
const KEPT_DAYS = 62;
const DAY_BYTES = 32 * 1024 * 1024;
/** Entries wait so long for others, ms. */
const GATHER_MS = 200;
const FILE = /^\d{4}-\d{2}-\d{2}\.jsonl$/;

export class EarnedJournal {
  readonly #folder: string;
  readonly #log: Log;
  readonly #now: () => number;
  #gathered: string[] = [];
  #isGathering = false;
  #isRefused = false;
  #day = '';
  #bytes = 0;
  #hear: (entry: JournalEntry) => void = () => undefined;

  private constructor(folder: string, log: Log, now: () => number) {
    this.#folder = folder;
    this.#log = log;
    this.#now = now;
  }

  static async open(folder: string, log: Log, now: () => number = Date.now): Promise<EarnedJournal> {
    await makePrivateFolder(folder);
    return new EarnedJournal(folder, log, now);
  }

  /** On disk a moment later. */
  note(entry: Omit<JournalEntry, 'at'>): void {
    const dated = { at: this.#now(), ...entry };
    this.#hear(dated);
    this.#gathered.push(JSON.stringify(dated));
    if (this.#isGathering) return;
    this.#isGathering = true;
    void sleep(GATHER_MS, undefined, { ref: false }).then(() => this.flush());
  }

  /** One listener, who hears of each entry from now on. */
  listen(hear: (entry: JournalEntry) => void): void {
    this.#hear = hear;
  }

  /** Writes what was gathered. Never throws: of days that the disk refuses the owner is told once. */
  flush(): void {
    this.#isGathering = false;
    const lines = this.#gathered.splice(0);
    if (lines.length === 0) return;
    try {
      this.#turnTo(dayOf(this.#now()));
      const text = `${lines.join('\n')}\n`;
      if (this.#bytes + text.length > DAY_BYTES) return;
      appendFileSync(join(this.#folder, `${this.#day}.jsonl`), text, { mode: 0o600 });
      this.#bytes += text.length;
      this.#isRefused = false;
    } catch (error) {
      if (!this.#isRefused)
        this.#log.warn('what was earned cannot be written down: is the disk full?', { reason: describeError(error) });
      this.#isRefused = true;
    }
  }

  /** The newest acceptance that counts in this epoch or an earlier one; null for none that is known here. */
  lastUntil(epoch: number): JournalEntry | null {
    this.flush();
    for (const name of listFiles(this.#folder).toReversed()) {
      const until = readFile(join(this.#folder, name)).filter(
        ({ accepted }) => accepted !== null && accepted.epoch <= epoch,
      );
      const [newest] = until.toSorted((a, b) => (b.accepted?.count ?? 0) - (a.accepted?.count ?? 0));
      if (newest) return newest;
    }
    return null;
  }

  #turnTo(day: string): void {
    if (day === this.#day) return;
    this.#day = day;
    this.#bytes = statSync(join(this.#folder, `${day}.jsonl`), { throwIfNoEntry: false })?.size ?? 0;
    for (const name of listFiles(this.#folder).slice(0, -KEPT_DAYS)) rmSync(join(this.#folder, name), { force: true });
  }
}

/** What was written down in the last days, the oldest first; of a receipt that was answered twice the last. None where there is no journal. */
export function readJournal(
  folder: string,
  { days, now }: { readonly days: number; readonly now: number },
): JournalEntry[] {
  const from = dayOf(now - (days - 1) * 86_400_000);
  const entries = listFiles(folder)
    .filter((name) => name >= from)
    .flatMap((name) => readFile(join(folder, name)));
  return [...new Map(entries.map((entry) => [`${entry.router} ${entry.seq}`, entry])).values()];
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => FILE.test(name))
      .toSorted();
  } catch {
    return [];
  }
}

/** A line that a crash cut short counts as none. */
function readFile(path: string): JournalEntry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => entrySchema.safeParse(parseJson(line)).data ?? []);
}
