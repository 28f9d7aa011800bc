// `npm run bench:usage [-- --jobs N] [--rows N] [--fresh N] [--json]`: how long an account with a million jobs waits for its usage, through a real network. The
// jobs are written into the book as the roll-up sums them up: so many jobs in so many rows of daily totals, and so many flushes that wait beside them.
import { parseArgs } from 'node:util';
import { quantile } from '../../schema/quantile.ts';
import type { D1Database } from '../local/network.ts';
import { startStack } from '../test/stack.ts';
import type { Stack, TestAccount } from '../test/stack.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    jobs: { type: 'string' },
    rows: { type: 'string' },
    fresh: { type: 'string' },
  },
});
const JOBS = Number(flags.jobs ?? 1_000_000);
/** A month of 20 keys, 5 models, 4 countries and 2 kinds; and what no account comes to: one of each hour of a year. */
const ROWS = flags.rows === undefined ? [24_000, 240_000] : [Number(flags.rows)];
const FRESH = Number(flags.fresh ?? 1100);
const ASKED = 15;
const DAY_MS = 86_400_000;
const MOST_DAYS = 366;
const [MODELS, COUNTRIES, KINDS] = [5, 4, 2];
/** Rows of a day until there are more than a year has days. */
const A_DAY = 800;
const QUESTIONS = ['group_by=key', 'group_by=model,country,kind', 'group_by=day', 'group_by=day,key,model&format=csv'];

interface Figure {
  readonly rows: number;
  readonly question: string;
  /** ms by the caller's clock, of `ASKED` calls after a first one. */
  readonly first: number;
  readonly p50: number;
  readonly most: number;
}

const stack = await startStack();
try {
  const figures: Figure[] = [];
  for (const rows of ROWS) figures.push(...(await measure(stack, rows)));
  if (flags.json === true) console.log(JSON.stringify({ jobs: JOBS, freshFlushes: FRESH, figures }, null, 1));
  else print(figures);
} finally {
  await stack.stop();
}
process.exit(0);

async function measure(network: Stack, rows: number): Promise<Figure[]> {
  const account = await network.makeAccount();
  const database = await network.network.database();
  await fill(database, account, rows);
  const year = new Date(Date.now() - 365 * DAY_MS).toISOString().slice(0, 10);
  const figures: Figure[] = [];
  for (const question of QUESTIONS) {
    const ask = async (): Promise<number> => {
      const from = performance.now();
      const response = await network.call(`/v1/usage?${question}&from=${year}`, { key: account.apiKey });
      const text = await response.text();
      if (response.status !== 200) throw new Error(text);
      return performance.now() - from;
    };
    const first = await ask();
    const times: number[] = [];
    for (let i = 0; i < ASKED; i++) times.push(await ask());
    figures.push({ rows, question, first, p50: quantile(times, 0.5), most: Math.max(...times) });
  }
  return figures;
}

/** Keys, models, countries and kinds in turn, over as many days as it takes; and flushes that are not summed up. */
async function fill(database: D1Database, { id, keyId }: TestAccount, rows: number): Promise<void> {
  const today = Math.floor(Date.now() / DAY_MS);
  const each = Math.max(1, Math.floor(JOBS / rows));
  const numbers = 'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?3)';
  const days = Math.min(MOST_DAYS, Math.ceil(rows / A_DAY));
  const keys = Math.ceil(rows / days / (MODELS * COUNTRIES * KINDS));
  const place = `(i / ${days})`;
  const names = [
    `${today} - i % ${days}`,
    `?2 || (${place} % ${keys})`,
    `'model-' || (${place} / ${keys} % ${MODELS})`,
    `'C' || (${place} / ${keys * MODELS} % ${COUNTRIES})`,
    `'kind-' || (${place} / ${keys * MODELS * COUNTRIES})`,
  ];
  const insert = `${numbers} INSERT INTO usage_days SELECT ?1, ${names.join(', ')}, ?4, ?4, 100, 200, 300, 5, 1 FROM n`;
  await database.prepare(insert).bind(id, keyId, rows, each).run();
  const usage = `json_array(json_array(${today}, ?2, 'model-0', 'C0', 'chat', 1, 1, 10, 20, 50, 0, 0))`;
  const flushes = `${numbers} INSERT INTO flushes (seq, account_id, at, postings, homes, usage, parts)
    SELECT (SELECT max(coalesce((SELECT max(seq) FROM flushes), 0), summed) FROM book_marks) + 1 + i, ?1, ?4, '{}', '{}', ${usage}, '{"p":[]}' FROM n`;
  await database.prepare(flushes).bind(id, keyId, FRESH, Date.now()).run();
  const told = await database
    .prepare('SELECT count(*) AS n, sum(jobs) AS jobs FROM usage_days WHERE account_id = ?1')
    .bind(id)
    .first();
  process.stderr.write(`filled: ${JSON.stringify(told)}\n`);
}

function print(figures: readonly Figure[]): void {
  console.log(`${JOBS} jobs, ${FRESH} flushes not summed up yet; ms`);
  for (const { rows, question, first, p50, most } of figures)
    console.log(
      `  ${String(rows).padStart(7)} rows  ${question.padEnd(36)} first ${first.toFixed(0).padStart(5)}  p50 ${p50.toFixed(0).padStart(5)}  most ${most.toFixed(0).padStart(5)}`,
    );
}
