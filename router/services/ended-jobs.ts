// Jobs whose answers have ended here and whose settlements may still be on their way: an account hears of them with its next hold, at no call of
// their own, so that what is over does not count as running.
import { BoundedMap } from '../../schema/bounded-map.ts';

/** What is forgotten counts a little longer: until its settlement. */
const MOST_ACCOUNTS = 2000;
const MOST_JOBS = 256;

export class EndedJobs {
  readonly #jobs = new BoundedMap<string, string[]>(MOST_ACCOUNTS);

  note(accountId: string, jobId: string): void {
    const jobs = this.#jobs.get(accountId) ?? [];
    if (jobs.length < MOST_JOBS) jobs.push(jobId);
    this.#jobs.set(accountId, jobs);
  }

  /** All that are not told yet; they are forgotten here. */
  take(accountId: string): string[] {
    const jobs = this.#jobs.get(accountId) ?? [];
    this.#jobs.delete(accountId);
    return jobs;
  }
}
