// Gives memory back to the machine when the agent rests: after a start, or a burst of jobs, V8 keeps several times what it needs.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Rest begins this long after the last job. */
const REST_MS = 3_000;
/** At rest, too, something is left by pings and by looks at model servers: two megabytes a minute with the page open. */
const AGAIN_MS = 60_000;

export class MemoryTrimmer {
  readonly #isBusy: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #isAgainSet = false;
  #collect: Collector | null | undefined;
  /** Nothing was done since the last time: what pings leave behind takes no thorough collection. */
  #isRest = false;

  /** `isBusy` is true while a collection would make somebody wait: it takes some ten milliseconds. */
  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy;
  }

  /** Something was done: memory is given back once nothing has been done for a while. */
  touch(): void {
    this.#isRest = false;
    this.#await();
  }

  #await(): void {
    if (this.#timer) return void this.#timer.refresh();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isBusy()) this.touch();
      else this.#trim();
    }, REST_MS);
    this.#timer.unref();
  }

  #trim(): void {
    this.#collect ??= findCollector();
    this.#collect?.(this.#isRest ? 'regular' : 'last-resort');
    this.#isRest = true;
    if (this.#isAgainSet) return;
    this.#isAgainSet = true;
    setTimeout(() => {
      this.#isAgainSet = false;
      this.#await();
    }, AGAIN_MS).unref();
  }
}

/** 'last-resort' is the thorough kind, some hundred ms: it also gives up pages and compiled code that nothing used lately. The other takes a fifth. */
type Collector = (flavor: 'last-resort' | 'regular') => void;

/** V8's own full collection, which Node hides behind a flag; null on an engine without it. */
function findCollector(): Collector | null {
  try {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    return typeof collect === 'function'
      ? (flavor) => void collect({ type: 'major', execution: 'sync', flavor })
      : null;
  } catch {
    return null;
  }
}
