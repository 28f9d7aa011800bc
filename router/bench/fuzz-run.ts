// Asks a whole network of its own whatever a seed makes of valid requests, and tells which answers were none.
import { ALL_ABILITIES, startAbleServer } from '../test/able-server.ts';
import { startStack } from '../test/stack.ts';
import type { Stack } from '../test/stack.ts';
import { FUZZ_MODEL } from './fuzz/endpoints.ts';
import { judgeCase } from './fuzz/judge-case.ts';
import { makeCase } from './fuzz/fuzz-case.ts';
import { openFuzzDoor, sendCase } from './fuzz/send-case.ts';
import type { FuzzDoor } from './fuzz/send-case.ts';

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  /** The first case's number: a case is known by its seed and number. */
  readonly from?: number;
  readonly tell?: (text: string) => void;
  readonly signal?: AbortSignal;
}

interface FuzzFinding {
  readonly number: number;
  readonly path: string;
  readonly what: string;
  readonly status: number;
  /** Their beginnings. */
  readonly sent: string;
  readonly answer: string;
}

export interface FuzzReport {
  readonly seed: number;
  readonly cases: number;
  /** Answers by path and status. */
  readonly statuses: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly findings: readonly FuzzFinding[];
  readonly slowestMs: number;
  readonly slowest: number;
  readonly tookS: number;
  /** Of the router, where it stayed the process that was started and answers. */
  readonly isAlive: boolean;
}

const AT_ONCE = 12;
const TIMEOUT_MS = 30_000;
const MOST_FINDINGS = 50;
const SHOWN_CHARS = 400;
const TELL_EVERY = 5000;
const SLOTS = '16';

export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const [stack, server] = await Promise.all([
    startStack({ timings: { resumeWaitMs: 100, turnWaitMs: 5000 }, ownsSignals: true }),
    startAbleServer({ slots: Number(SLOTS) }),
  ]);
  try {
    const owner = await stack.makeAccount();
    const args = ['--backend', server.url, '--models', FUZZ_MODEL, '--slots', SLOTS, '--can', ALL_ABILITIES];
    await stack.startAgent({ owner, args });
    await stack.waitForModel(owner, FUZZ_MODEL);
    const forget = setInterval(() => void (server.seen as unknown[]).splice(0), 1000);
    try {
      return await askAll(stack, { url: stack.url, apiKey: owner.apiKey, timeoutMs: TIMEOUT_MS }, options);
    } finally {
      clearInterval(forget);
    }
  } finally {
    await stack.stop();
    await server.stop();
  }
}

async function askAll(stack: Stack, asked: Omit<FuzzDoor, 'agent'>, options: FuzzOptions): Promise<FuzzReport> {
  const { cases, seed, from = 0, tell, signal } = options;
  const door = openFuzzDoor(asked);
  const run = new FuzzTally(seed);
  const pids = stack.network.workerdPids().join();
  const startedAt = performance.now();
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + cases && !signal?.aborted) {
      const number = next++;
      await run.ask(door, number);
      if ((number + 1 - from) % TELL_EVERY === 0)
        tell?.(`${number + 1 - from} of ${cases}; ${run.findings.length} findings`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  door.agent.destroy();
  const isAlive = pids === stack.network.workerdPids().join() && (await isAnswering(door));
  return { ...run.report(), isAlive, cases: next - from, tookS: Math.round((performance.now() - startedAt) / 1000) };
}

class FuzzTally {
  readonly #seed: number;
  readonly findings: FuzzFinding[] = [];
  readonly #statuses: Record<string, Record<string, number>> = {};
  #slowestMs = 0;
  #slowest = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  async ask(door: FuzzDoor, number: number): Promise<void> {
    const sent = makeCase(this.#seed, number);
    const startedAt = performance.now();
    const answer = await sendCase(door, sent);
    const tookMs = performance.now() - startedAt;
    const counts = (this.#statuses[sent.endpoint.path] ??= {});
    counts[answer.status] = (counts[answer.status] ?? 0) + 1;
    if (tookMs > this.#slowestMs) [this.#slowestMs, this.#slowest] = [tookMs, number];
    const what = judgeCase(sent.endpoint, answer, sent.headers['content-length'] !== undefined);
    if (what === null || this.findings.length >= MOST_FINDINGS) return;
    const { path } = sent.endpoint;
    const shown = { sent: sent.text.slice(0, SHOWN_CHARS), answer: answer.text.slice(-SHOWN_CHARS) };
    this.findings.push({ number, path, what, status: answer.status, ...shown });
  }

  report(): Pick<FuzzReport, 'seed' | 'statuses' | 'findings' | 'slowestMs' | 'slowest'> {
    const { findings } = this;
    const slowestMs = Math.round(this.#slowestMs);
    return { seed: this.#seed, statuses: this.#statuses, findings, slowestMs, slowest: this.#slowest };
  }
}

async function isAnswering({ url }: FuzzDoor): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`)).status === 200;
  } catch {
    return false;
  }
}
