// `npm run bench:cost [-- --json] [--jobs N] [--at-once 1,8,50] [--idle S] [--accounts N] [--homes N] [--tokens N] [--gap MS]`: what a million jobs cost. Real
// calls through a real network whose doors count everything that the platform bills (cost-worker.ts), until the books have it all; then what a day
// and a week make of it. It ends by itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TIMINGS } from '../../schema/timings.ts';
import { askOnline, learnDigest, listModel } from '../test/ask.ts';
import { isLedgerSound, readUsage } from '../test/books.ts';
import { startModelServer } from '../test/model-server.ts';
import { startStack } from '../test/stack.ts';
import type { Stack, TestAccount } from '../test/stack.ts';
import { until } from '../test/until.ts';
import { readCpuS } from './cpu.ts';
import { PRICES_AS_OF, USD_PER_MILLION } from './price-list.ts';
import { priceIdle, priceNaive, priceNaiveIdle, priceUsage, subtractUsage, sumUsd } from './price-usage.ts';
import type { CostLine, Usage } from './price-usage.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    jobs: { type: 'string', default: '300' },
    'at-once': { type: 'string', default: '1,8,50' },
    idle: { type: 'string', default: '60' },
    accounts: { type: 'string', default: '1' },
    homes: { type: 'string', default: '4' },
    tokens: { type: 'string', default: '300' },
    gap: { type: 'string', default: '20' },
  },
});
const JOBS = Number(flags.jobs);
const AT_ONCE = flags['at-once'].split(',').map(Number);
const MOST_AT_ONCE = Math.max(...AT_ONCE);
const IDLE_S = Number(flags.idle);
const HOMES = Number(flags.homes);
const TOKENS = Number(flags.tokens);
const MODEL = 'bench/priced';
const GRANTED = 1_000_000_000;
const PROMPT = `say-${TOKENS}x${flags.gap}`;
/** Fewer streams at once take longer for as many jobs: so many for each of them, and no fewer than these. */
const JOBS_A_STREAM = 6;
const LEAST_JOBS = 20;
/** What ends with the last jobs is no home's at rest. */
const IDLE_SETTLE_MS = 15_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const tell = (text: string): void => void process.stderr.write(`${text}\n`);

let redisCommands = 0;
// As deployed: a test waits less for what comes together.
const stack = await startStack({
  timings: TIMINGS,
  hasBucket: true,
  worker: 'router/bench/cost-worker.ts',
  onPresence: (commands) => void (redisCommands += commands),
});
const server = await startModelServer({ models: [PROMPT], isRemembered: () => false });
try {
  await report(stack, server.url);
} finally {
  await stack.stop();
  await server.stop();
}
process.exit(0);

async function report(network: Stack, backend: string): Promise<void> {
  const callers = await open(network, backend);
  const runs: CostRun[] = [];
  for (const atOnce of AT_ONCE) runs.push(await countRun(network, callers, atOnce));
  const idle = IDLE_S > 0 ? await countIdle(network) : null;
  const jobs = runs.reduce((sum, run) => sum + run.jobs + run.warmUp, 0);
  const later = [await makeRoom(network, 1, jobs), await makeRoom(network, 8, jobs)] as const;
  const result = {
    accounts: callers.length,
    homes: HOMES,
    tokens: TOKENS,
    pricesAsOf: PRICES_AS_OF,
    usdPerMillion: USD_PER_MILLION,
    /** By streams at once, all of them at one hub. */
    runs,
    /** Of all jobs, those of the warm-ups too, for each of them. */
    later: { day: sumUsd(later[0]), week: sumUsd(later[1]), lines: later },
    /** For a thousand homes that have no job, a month. */
    idle,
  };
  if (flags.json === true) console.log(JSON.stringify(result, null, 1));
  else print(result);
}

interface CostRun {
  readonly atOnce: number;
  readonly jobs: number;
  readonly warmUp: number;
  readonly secondsEach: number;
  /** For a million jobs. */
  readonly usd: number;
  readonly lines: readonly CostLine[];
  readonly naive: { readonly usd: number; readonly lines: readonly CostLine[] };
}

/** So many streams at once, until the books have them all. */
async function countRun(network: Stack, callers: readonly TestAccount[], atOnce: number): Promise<CostRun> {
  const jobs = Math.min(JOBS, Math.max(LEAST_JOBS, JOBS_A_STREAM * atOnce));
  tell(`${jobs} jobs, ${atOnce} at once …`);
  const warmUp = Math.max(atOnce, callers.length);
  await callAll(network, callers, { count: warmUp, atOnce });
  await settle(network, callers);
  const before = await readCounts(network);
  const startedAt = performance.now();
  const used = { redis: redisCommands, cpuS: readCpuS(network.network.workerdPids()) };
  const secondsEach = await callAll(network, callers, { count: jobs, atOnce });
  const hubMs = performance.now() - startedAt;
  await settle(network, callers);
  const facts = {
    jobs,
    hubMs,
    redisCommands: redisCommands - used.redis,
    workerCpuMs: (readCpuS(network.network.workerdPids()) - used.cpuS) * 1000,
  };
  const lines = priceUsage(subtractUsage(await readCounts(network), before), facts);
  const naive = priceNaive(TOKENS, secondsEach);
  return { atOnce, jobs, warmUp, secondsEach, usd: sumUsd(lines), lines, naive: { usd: sumUsd(naive), lines: naive } };
}

interface IdleCost {
  readonly seconds: number;
  readonly homes: number;
  readonly usd: number;
  readonly lines: readonly CostLine[];
  readonly naive: { readonly usd: number; readonly lines: readonly CostLine[] };
}

/** Homes at rest: what their hub and its objects do all the same, and what each home pings. */
async function countIdle(network: Stack): Promise<IdleCost> {
  tell(`${HOMES} homes at rest for ${IDLE_S} s …`);
  await sleep(IDLE_SETTLE_MS);
  const before = await readCounts(network);
  const used = redisCommands;
  await sleep(IDLE_S * 1000);
  const usage = subtractUsage(await readCounts(network), before);
  const facts = { homes: HOMES, seconds: IDLE_S, redisCommands: redisCommands - used };
  const lines = priceIdle(usage, facts);
  const naive = priceNaiveIdle();
  return { seconds: IDLE_S, homes: HOMES, usd: sumUsd(lines), lines, naive: { usd: sumUsd(naive), lines: naive } };
}

/** Homes with a slot for each stream, a priced model, and callers with credit. */
async function open(network: Stack, backend: string): Promise<TestAccount[]> {
  const slots = Math.ceil(MOST_AT_ONCE / HOMES) + 2;
  const owners = await Promise.all(Array.from({ length: HOMES }, () => network.makeAccount()));
  for (const owner of owners)
    await network.startAgent({ owner, args: ['--models', PROMPT, '--slots', String(slots), '--backend', backend] });
  const [first] = owners;
  if (!first) throw new Error('no home');
  await listModel(network, {
    owner: first,
    id: MODEL,
    digest: await learnDigest(network, first, PROMPT),
    homes: HOMES,
  });
  const callers: TestAccount[] = [];
  for (let i = 0; i < Number(flags.accounts); i++) callers.push(await network.makeAccount(GRANTED));
  return callers;
}

/** Gives how long one call took on the average, s. */
async function callAll(
  network: Stack,
  callers: readonly TestAccount[],
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
): Promise<number> {
  let left = count;
  let totalMs = 0;
  const work = async (worker: number): Promise<void> => {
    const account = callers[worker % callers.length];
    if (!account) throw new Error('no caller');
    while (left-- > 0) {
      const startedAt = performance.now();
      const answer = await (await askOnline(network, { account, model: MODEL, prompt: PROMPT })).read();
      if (!answer.isDone) throw new Error(`an answer broke off: ${answer.error?.message ?? 'no word'}`);
      totalMs += performance.now() - startedAt;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, worker) => work(worker)));
  return totalMs / count / 1000;
}

/** Until the hubs have delivered everything and the books have it. */
async function settle(network: Stack, callers: readonly TestAccount[]): Promise<void> {
  await until('credit that is given back', async () => {
    const usages = await Promise.all(callers.map((caller) => readUsage(network, caller)));
    return usages.every(({ held_micro: held }) => held === 0);
  });
  await until('books that are sound', () => isLedgerSound(network));
}

async function readCounts(network: Stack): Promise<Usage> {
  return (await (await fetch(`${network.url}/bench/counts`)).json()) as Usage;
}

/** What the scheduled run writes when so many days have gone by. */
async function makeRoom(network: Stack, days: number, jobs: number): Promise<CostLine[]> {
  const before = await readCounts(network);
  await network.network.runSchedule(Date.now() + days * DAY_MS + HOUR_MS);
  const usage = subtractUsage(await readCounts(network), before);
  const facts = { jobs, hubMs: 0, redisCommands: 0, workerCpuMs: 0 };
  return priceUsage({ ...usage, objects: {}, workerRequests: 0 }, facts).filter(({ usd }) => usd > 0);
}

interface Printed {
  readonly runs: readonly CostRun[];
  readonly idle: IdleCost | null;
  readonly later: { readonly day: number; readonly week: number };
}

function print({ runs, idle, later }: Printed): void {
  console.log(
    `prices as of ${PRICES_AS_OF}; ${TOKENS} tokens a job, ${HOMES} homes at one hub, ${flags.accounts} account(s)`,
  );
  for (const { atOnce, jobs, usd, lines, naive } of runs) {
    console.log(`${atOnce} at once (${jobs} jobs): count a job, USD for a million jobs; the first design beside it`);
    printLines({ usd, lines }, naive);
  }
  console.log(`a day later ${later.day.toFixed(2)}, a week later ${later.week.toFixed(2)}`);
  if (!idle) return;
  console.log('at rest: count a home a month, USD for a thousand homes a month; the first design beside it');
  printLines(idle, idle.naive);
}

interface Lines {
  readonly usd: number;
  readonly lines: readonly CostLine[];
}

function printLines({ usd, lines }: Lines, naive: Lines): void {
  for (const { what, count, usd: price, of } of lines) {
    const first = naive.lines.find((line) => line.what === what)?.usd ?? 0;
    console.log(
      `${what.padEnd(34)} ${count.toFixed(2).padStart(10)} ${price.toFixed(2).padStart(8)} ${first.toFixed(2).padStart(8)}`,
    );
    if (what.includes('rows written') || what.includes('alarms'))
      for (const [name, each] of Object.entries(of))
        if (each >= 0.005) console.log(`    ${name.padEnd(30)} ${each.toFixed(2).padStart(10)}`);
  }
  console.log(`${'sum'.padEnd(34)} ${usd.toFixed(2).padStart(19)} ${naive.usd.toFixed(2).padStart(8)}`);
}
