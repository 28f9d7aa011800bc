// What this home did since midnight by its own clock: counted once from what is written down, and from then on as it comes.
import type { JournalEntry } from '../receipts/earned-journal.ts';
import type { TodayView } from './page-view.ts';

/** Parts of one job come close together: so many jobs back one is still known. */
const KNOWN_JOBS = 500;

const NOTHING: TodayView = { jobs: 0, promptTokens: 0, outputTokens: 0, earnedMicro: 0 };

export class TodayBook {
  #day = '';
  #today = NOTHING;
  #jobs = new Set<string>();

  /** An answer of the router to a receipt; `now` in ms since epoch. */
  note(entry: JournalEntry, now: number): void {
    this.#turnTo(now);
    if (dayOf(entry.at) !== this.#day) return;
    const { promptTokens, outputTokens } = entry.accepted ?? entry.signed;
    const isNew = !this.#jobs.has(entry.job);
    this.#jobs.add(entry.job);
    if (this.#jobs.size > KNOWN_JOBS) this.#jobs = new Set([...this.#jobs].slice(-KNOWN_JOBS / 2));
    this.#today = {
      jobs: this.#today.jobs + Number(isNew),
      promptTokens: this.#today.promptTokens + promptTokens,
      outputTokens: this.#today.outputTokens + outputTokens,
      earnedMicro: this.#today.earnedMicro + Number(entry.accepted?.amount ?? 0),
    };
  }

  tell(now: number): TodayView {
    this.#turnTo(now);
    return this.#today;
  }

  #turnTo(now: number): void {
    const day = dayOf(now);
    if (day === this.#day) return;
    this.#day = day;
    this.#today = NOTHING;
    this.#jobs = new Set();
  }
}

/** The local day. */
function dayOf(at: number): string {
  const day = new Date(at);
  return `${day.getFullYear()}-${day.getMonth()}-${day.getDate()}`;
}
