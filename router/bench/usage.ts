// `npm run bench:usage [-- --jobs N] [--rows N] [--fresh N] [--json]`: how long an account with a million jobs waits for its usage, through a real network. The
// jobs are written into the book as the roll-up sums them up: so many jobs in so many rows of daily totals, and so many flushes that wait beside them.
import { parseArgs } from 'node:util';
import { quantile } from '../../schema/quantile.ts';
import { monthSql } from '../billing/usage-sql.ts';
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
const ROWS_AT_ONCE = 24_000;
const FRESH = Number(flags.fresh ?? 1100);
const ASKED = 15;
const DAY_MS = 86_400_000;
const MOST_DAYS = 366;
const [MODELS, COUNTRIES, KINDS] = [5, 4, 2];
/** Rows of a day until there are more than a year has days. */
const A_DAY = 800;
/** What is asked, and over how many days; hours are kept for 35. */
const QUESTIONS: readonly (readonly [question: string, days: number])[] = [
  ['group_by=key', 365],
  ['group_by=model,country,kind', 365],
  ['group_by=day', 365],
  ['group_by=day,key,model&format=csv', 365],
  ['group_by=month', 365],
  ['group_by=month,key,model', 365],
  ['group_by=hour', 30],
  ['group_by=hour,model,country', 30],
];
/** Pages of the console: each asks for its table, its chart and what can be chosen. */
const PAGES = [
  '/console?by=day&days=365',
  '/console?by=model&days=365',
  '/console?by=key&days=365&page=2',
  '/console/jobs',
];
/** Flushes of a dozen jobs that an account has had: a page of jobs reads eight of them. */
const JOB_FLUSHES = 20_000;

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
  await network.startAgent({ owner: account });
  const database = await network.network.database();
  await network.waitForModel(account, 'nano-demo');
  await fillJobs(network, database, account);
  await fill(database, account, rows);
  const figures: Figure[] = [];
  const paths = QUESTIONS.map(([question, days]) => {
    const from = new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
    return [question, `/v1/usage?${question}&from=${from}`] as const;
  });
  const cookie = await signIn(network, account);
  const pages = PAGES.map((path) => [path, path] as const);
  for (const [question, path] of [...paths, ['jobs', '/v1/jobs?limit=50'] as const, ...pages]) {
    const ask = async (): Promise<number> => {
      const from = performance.now();
      const response = await network.call(
        path,
        path.startsWith('/v1') ? { key: account.apiKey } : { headers: { cookie } },
      );
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

/** The cookie of an owner who looks at pages. */
async function signIn(network: Stack, { id }: TestAccount): Promise<string> {
  const { json } = await network.admin('POST', '/sign-in-links', { name: 'Hanako', account_id: id });
  const { pathname } = new URL(String(json['url']));
  const headers = { origin: network.url, 'content-type': 'application/x-www-form-urlencoded' };
  const { headers: told } = await fetch(network.url + pathname, {
    method: 'POST',
    headers,
    body: 'to=',
    redirect: 'manual',
  });
  return told
    .getSetCookie()
    .map((one) => one.split(';', 1)[0])
    .join('; ');
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
  // In pieces: one statement of them all takes longer than a loaded machine's D1 lets it.
  const insert = `WITH RECURSIVE n(i) AS (SELECT CAST(?5 AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?3)
    INSERT INTO usage_days SELECT ?1, ${names.join(', ')}, ?4, ?4, 100, 200, 300, 5, 1 FROM n`;
  for (let at = 0; at < rows; at += ROWS_AT_ONCE)
    await database
      .prepare(insert)
      .bind(id, keyId, Math.min(rows, at + ROWS_AT_ONCE), each, at)
      .run();
  const usage = `json_array(json_array(${today}, ?2, 'model-0', 'C0', 'chat', 1, 1, 10, 20, 50, 0, 0))`;
  // As the roll-up has them: of a day's row one of its hours.
  const sums = ['jobs', 'parts', 'prompt_tokens', 'output_tokens', 'charged', 'energy_micro_wh', 'energy_parts'];
  const added = sums.map((name) => `sum(${name})`).join(', ');
  await database
    .prepare(
      `INSERT INTO usage_months SELECT account_id, ${monthSql('day')}, key_id, model, kind, ${added} FROM usage_days WHERE account_id = ?1 GROUP BY 1, 2, 3, 4, 5`,
    )
    .bind(id)
    .run();
  await database
    .prepare(
      `INSERT INTO usage_hours SELECT account_id, day * 24 + abs(random()) % 24, key_id, model, country, kind, ${sums.join(', ')} FROM usage_days WHERE account_id = ?1 AND day > ${today} - 35`,
    )
    .bind(id)
    .run();
  const flushes = `${numbers} INSERT INTO flushes (seq, account_id, at, postings, homes, usage, parts)
    SELECT (SELECT max(coalesce((SELECT max(seq) FROM flushes), 0), summed) FROM book_marks) + 1 + i, ?1, ?4, '{}', '{}', ${usage}, '{"p":[]}' FROM n`;
  await database.prepare(flushes).bind(id, keyId, FRESH, Date.now()).run();
  const told = await database
    .prepare('SELECT count(*) AS n, sum(jobs) AS jobs FROM usage_days WHERE account_id = ?1')
    .bind(id)
    .first();
  process.stderr.write(`filled: ${JSON.stringify(told)}\n`);
}

/** Copies of the flush of a real call, before all others. */
async function fillJobs(network: Stack, database: D1Database, { id, apiKey }: TestAccount): Promise<void> {
  const body = { model: 'nano-demo', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 8 };
  const response = await network.call('/v1/chat/completions', { key: apiKey, body });
  if (response.status !== 200) throw new Error(await response.text());
  await response.text();
  const found = 'SELECT count(*) AS n FROM flushes WHERE account_id = ?1 AND packed IS NOT NULL';
  for (let tries = 0; tries < 100; tries++) {
    if (Number((await database.prepare(found).bind(id).first())?.['n']) > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await database
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
      INSERT INTO flushes (seq, account_id, at, postings, homes, usage, earnings, parts, packed)
      SELECT (SELECT min(seq) FROM flushes) - i, f.account_id, f.at - i, '{}', '{}', '[]', '[]', f.parts, f.packed
      FROM n, (SELECT * FROM flushes WHERE account_id = ?1 AND packed IS NOT NULL LIMIT 1) AS f`,
    )
    .bind(id, JOB_FLUSHES)
    .run();
  // They are in the totals: none of them waits.
  await database
    .prepare('UPDATE book_marks SET summed = max(summed, (SELECT max(seq) FROM flushes WHERE account_id = ?1) - 1)')
    .bind(id)
    .run();
}

function print(figures: readonly Figure[]): void {
  console.log(`${JOBS} jobs, ${FRESH} flushes not summed up yet; ms`);
  for (const { rows, question, first, p50, most } of figures)
    console.log(
      `  ${String(rows).padStart(7)} rows  ${question.padEnd(36)} first ${first.toFixed(0).padStart(5)}  p50 ${p50.toFixed(0).padStart(5)}  most ${most.toFixed(0).padStart(5)}`,
    );
}
