// The contracts' chain for a file of tests, which each test finds as it was in the beginning.
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startBench, TOKEN } from './contract-bench.ts';
import type { Bench } from './contract-bench.ts';

/** With a bonded root key. `take` gets it before the first test. */
export function useBench(take: (bench: Bench) => void): void {
  let bench: Bench;
  let back: () => Promise<void>;
  beforeAll(async () => {
    bench = await startBench();
    await bench.bond('holder', 'root', 100n * TOKEN);
    take(bench);
  });
  afterAll(async () => bench.stop());
  beforeEach(async () => {
    back = await bench.keep();
  });
  afterEach(async () => back());
}
