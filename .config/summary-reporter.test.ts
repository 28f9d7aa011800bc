import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import SummaryReporter from './summary-reporter.ts';

/** What was written, and what is to be done at the process's end. */
const told: string[] = [];
const ends: ((...given: unknown[]) => void)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  told.length = 0;
  vi.spyOn(process.stdout, 'write').mockImplementation((words) => Boolean(told.push(String(words))));
  ends.length = 0;
  vi.spyOn(process, 'on').mockImplementation((event, end) => {
    if (event === 'exit') ends.push(end);
    return process;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Modules = Parameters<SummaryReporter['onTestRunEnd']>[0];

function start(states: readonly string[], { errors = [] as readonly unknown[], watch = false } = {}) {
  const exits: number[] = [];
  const reporter = new SummaryReporter((code) => void exits.push(code));
  const fault = { message: 'expected 1\nto be 2', cause: { message: 'none\nat all' } };
  const tests = states.map((state) => ({ result: () => ({ state, errors: [fault] }), fullName: `it ${state}` }));
  const children = { allTests: () => tests };
  const modules = [{ children, relativeModuleId: 'a.test.ts', ok: () => true, errors: () => [] }] as unknown as Modules;
  const state = { getTestModules: () => [...modules], getUnhandledErrors: () => [...errors] };
  reporter.onInit({ config: { watch }, state });
  reporter.onTestRunStart(['a', 'b']);
  reporter.onTestModuleEnd();
  vi.advanceTimersByTime(300_000);
  expect(exits).toEqual([]);
  reporter.onTestModuleEnd();
  return { reporter, exits, end: () => reporter.onTestRunEnd(modules, errors) };
}

test.each([
  ['well where all passed', ['passed', 'skipped'], [], 0],
  ['badly where one failed', ['passed', 'failed'], [], 1],
  ['badly where an error was no test’s', ['passed'], [new Error('unhandled')], 1],
])('a run whose worker does not stop ends %s, told or not', (_, states, errors, code) => {
  for (const isTold of [true, false]) {
    const { exits, end } = start(states, { errors });
    if (isTold) end();
    vi.advanceTimersByTime(61_000);
    expect(exits).toEqual([code]);
  }
});

test('what failed is named with its file and its error’s first line, last before the sums, told or not', () => {
  start(['passed', 'failed', 'skipped'], { errors: [new Error('unhandled')] });
  vi.advanceTimersByTime(61_000);
  for (const end of ends) end();
  expect(told.slice(-4).join('')).toBe(
    'skipped: it skipped\nfailed: unhandled\nfailed: a.test.ts: it failed: expected 1 (none)\n1 passed, 2 failed\n',
  );
});

test('who watches is not left', () => {
  const { exits } = start(['passed'], { watch: true });
  vi.advanceTimersByTime(600_000);
  expect(exits).toEqual([]);
});

test('a run of which nothing is heard any more ends badly, and names the file', () => {
  const exits: number[] = [];
  const reporter = new SummaryReporter((code) => void exits.push(code));
  const still = {
    children: { allTests: () => [] },
    ok: () => true,
    errors: () => [],
    state: () => 'pending',
    relativeModuleId: 'still.test.ts',
  };
  const state = { getTestModules: () => [still] as unknown as Modules[number][], getUnhandledErrors: () => [] };
  reporter.onInit({ config: { watch: false }, state });
  reporter.onTestRunStart(['a', 'b']);
  for (let tests = 0; tests < 3; tests++) {
    vi.advanceTimersByTime(300_000);
    reporter.onTestCaseResult();
  }
  reporter.onTestModuleEnd();
  expect(exits).toEqual([]);
  vi.advanceTimersByTime(361_000);
  expect(exits).toEqual([1]);
  expect(told.join('')).toContain('still.test.ts');
});
