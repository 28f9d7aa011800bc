// Long work of one account's calls, one call after the other and with a breath in between: an isolate has one thread, and eight prompts that take
// 100 ms each to count must not hold up everybody else's call for all of them together.

/** Whoever is before is waited for this long: a call that the platform ended in the middle never says so. */
const LONGEST_WAIT_MS = 5000;

export class AccountTurns {
  readonly #last = new Map<string, Promise<void>>();

  /** Accounts whose calls are at work or wait. */
  get size(): number {
    return this.#last.size;
  }

  /** Runs `work` when the calls of this account that came before are done with theirs. */
  async run<T>(accountId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(accountId);
    let done: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => void (done = resolve));
    this.#last.set(accountId, mine);
    try {
      if (before) await waitFor(before);
      return await work();
    } finally {
      if (this.#last.get(accountId) === mine) this.#last.delete(accountId);
      done();
    }
  }
}

/** Until it is done or late, and then until what others wait for has run. */
async function waitFor(before: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, LONGEST_WAIT_MS)));
  await Promise.race([before, late]);
  clearTimeout(timer);
  await new Promise((resolve) => setTimeout(resolve, 0));
}
