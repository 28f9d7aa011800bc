// Three kinds of tests: pure files in Node, the router's objects in workerd, and whole rooms with real processes (one file at a time).
import { defineConfig } from 'vitest/config';
import SummaryReporter from './summary-reporter.ts';

const root = new URL('..', import.meta.url).pathname;

export default defineConfig({
  root,
  test: {
    reporters: [process.env['CI'] ? 'dot' : 'default', new SummaryReporter()],
    maxWorkers: 2,
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
            'router/{area,auth,bench,billing,homes,hub,local,placement,relay,routes,services}/**/*.test.ts',
            'node-agent/{backends,commands,config,home,jobs,link,receipts}/**/*.test.ts',
            'node-agent/*.test.ts',
            'router/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        root,
        test: {
          name: 'whole',
          include: ['router/test/*.test.ts', 'node-agent/test/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      `${root}router/test/workerd/vitest.config.ts`,
    ],
  },
});
