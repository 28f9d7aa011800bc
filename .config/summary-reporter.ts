// Ends a test run with what was skipped and why (the reason stands in the title), what failed, and one line that scripts can read.
import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** A worker has so long to stop once its tests are over. Vitest itself waits for ever for one whose workerd does not go. */
const STOP_MS = 6_000;
/** No test takes so long, nor comes near on a busy machine: a run of which nothing is heard for this time will not go on. Vitest itself waits for ever. */
const STILL_MS = 360_000;

/** Of an error, characters. */
const MOST_TOLD = 300;

/** What of a run it looks at. */
interface Run {
  readonly config: Pick<Vitest['config'], 'watch'>;
  readonly state: Pick<Vitest['state'], 'getTestModules' | 'getUnhandledErrors'>;
}

export default class SummaryReporter implements Reporter {
  readonly #exit: (code: number) => void;
  #run: Run | null = null;
  #left = 0;
  #stillTimer: ReturnType<typeof setTimeout> | undefined;
  /** Null while the run has not been told. */
  #failed: number | null = null;

  constructor(exit: (code: number) => void = (code) => process.exit(code)) {
    this.#exit = exit;
  }

  onInit(run: Run): void {
    this.#run = run;
  }

  onTestRunStart(files: readonly unknown[]): void {
    this.#left = files.length;
    this.#hear();
  }

  onTestModuleStart(): void {
    this.#hear();
  }

  onTestCaseResult(): void {
    this.#hear();
  }

  onTestModuleEnd(): void {
    this.#left -= 1;
    this.#hear();
    const run = this.#run;
    if (this.#left > 0 || !run || run.config.watch) return;
    // A process that ends by itself does not wait for it.
    setTimeout(() => this.#endWithout(run), STOP_MS).unref();
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    clearTimeout(this.#stillTimer);
    this.#failed = this.#tell(modules, errors);
  }

  #hear(): void {
    clearTimeout(this.#stillTimer);
    const run = this.#run;
    if (!run || run.config.watch || this.#left <= 0) return;
    this.#stillTimer = setTimeout(() => this.#endStill(run), STILL_MS).unref();
  }

  /** Names the files that stand still, which count as failed. */
  #endStill({ state }: Run): void {
    const open = state.getTestModules().filter((module) => ['pending', 'queued'].includes(module.state()));
    const names = open.map((module) => module.relativeModuleId);
    process.stdout.write(`Nothing was heard of these files for ${STILL_MS / 60_000} min: ${names.join(', ')}\n`);
    this.#tell(state.getTestModules(), [...state.getUnhandledErrors(), new Error('stood still')]);
    this.#exit(1);
  }

  /** Every test has its result: what they came to stands, whatever does not stop. */
  #endWithout({ state }: Run): void {
    process.stdout.write(
      `A worker did not stop within ${STOP_MS / 1000} s of the last test: the run ends without it.\n`,
    );
    const failed = this.#failed ?? this.#tell(state.getTestModules(), state.getUnhandledErrors());
    this.#exit(failed === 0 ? 0 : 1);
  }

  /** Gives how many failed. */
  #tell(modules: readonly TestModule[], errors: readonly unknown[]): number {
    let passed = 0;
    const skipped: string[] = [];
    const failed = errors.map(tellFirst);
    for (const module of modules) {
      const name = module.relativeModuleId;
      for (const test of module.children.allTests()) {
        const { state, errors: faults } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed.push(`${name}: ${test.fullName}: ${tellFirst(faults?.[0])}`);
        else skipped.push(test.fullName);
      }
      if (!module.ok() && module.errors().length > 0) failed.push(`${name}: ${tellFirst(module.errors()[0])}`);
    }
    for (const name of skipped) process.stdout.write(`skipped: ${name}\n`);
    // After every other reporter has had its say, which a run that ends without a worker never has: a log's last lines name what failed.
    process.on('exit', () => {
      for (const told of failed) process.stdout.write(`failed: ${told}\n`);
      process.stdout.write(`${passed} passed, ${failed.length} failed\n`);
    });
    return failed.length;
  }
}

/** An error's first line, and its cause's: `fetch failed` alone tells nothing. */
function tellFirst(error: unknown): string {
  const isOne = typeof error === 'object' && error !== null && 'message' in error;
  const first = (String(isOne ? error.message : error).split('\n')[0] ?? '').slice(0, MOST_TOLD);
  return isOne && 'cause' in error && error.cause !== undefined ? `${first} (${tellFirst(error.cause)})` : first;
}
