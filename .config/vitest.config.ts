// Three kinds of tests: pure files in Node, the router's objects in workerd, and whole rooms with real processes. Files run side by side: each has its own
// ports, processes and state, and whole ones spend most of their time waiting.
import { defineConfig } from 'vitest/config';
import MixingSequencer from './mixing-sequencer.ts';
import SummaryReporter from './summary-reporter.ts';

const root = new URL('..', import.meta.url).pathname;

/** Tests of router/local that start real networks. */
const REAL_LOCAL = ['network', 'start', 'missing-binary'].map((name) => `router/local/${name}.test.ts`);

export default defineConfig({
  root,
  test: {
    reporters: [process.env['CI'] ? 'dot' : 'default', new SummaryReporter()],
    maxWorkers: 2,
    sequence: { sequencer: MixingSequencer },
    // The router tells its operator what fails, and tests let much fail: only a failed test shows its lines.
    silent: 'passed-only',
    projects: [
      {
        root,
        test: {
          name: 'pure',
          include: [
            '.config/*.test.ts',
            'schema/**/*.test.ts',
            'router/{area,auth,bench,billing,chain,console,dialects,docs,homes,hub,islands,local,look,payments,placement,relay,routes,services}/**/*.test.{ts,tsx}',
            'node-agent/{agent,backends,chain,commands,config,dashboard,energy,home,join,jobs,link,receipts,update}/**/*.test.ts',
            'node-agent/*.test.ts',
            'router/*.test.ts',
          ],
          exclude: REAL_LOCAL,
          testTimeout: 20_000,
          expect: { poll: { timeout: 15_000 } },
          // Their modules hold no state that another file could see, so one thread may run many: half the time went into starting them.
          pool: 'threads',
          isolate: false,
        },
      },
      {
        root,
        test: {
          name: 'whole',
          include: ['router/test/*.test.ts', 'node-agent/test/**/*.test.ts', ...REAL_LOCAL],
          // As many as those of router/test/workerd, so that both kinds share one queue. More than the cores: most of a whole file's time is waiting.
          maxWorkers: 5,
          sequence: { groupOrder: 1 },
          globalSetup: ['router/test/built.ts'],
          // A process runs many files, one after the other: each starts what it needs and ends it, and loading the same modules anew took a second a file.
          isolate: false,
          // Waits end when what they wait for is there: only a broken network, or a machine at its limit, comes near.
          testTimeout: 240_000,
          hookTimeout: 240_000,
          expect: { poll: { timeout: 90_000 } },
        },
      },
      `${root}router/test/workerd/vitest.config.ts`,
    ],
  },
});
