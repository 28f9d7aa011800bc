// `npm run bench:storage [-- --jobs N] [--json]`: what a job leaves behind in every store: real calls through a real network, and then the
// files of its objects and of D1, counted at once and after a day (the pruning is told that it is tomorrow). It ends by itself.
import { mkdtemp, cp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { askOnline, learnDigest, listModel } from '../test/ask.ts';
import { Books, movedBy } from '../test/books.ts';
import { startModelServer } from '../test/model-server.ts';
import { startStack } from '../test/stack.ts';
import type { Stack, TestAccount } from '../test/stack.ts';
import { measureFile, measureStore, nameStore, STORES } from './store-size.ts';
import type { StoreName, StoreSize } from './store-size.ts';

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' }, jobs: { type: 'string' } } });
const JOBS = Number(flags.jobs ?? 500);
/** What a store takes once, whatever comes, is there after so many. */
const WARM_UP = 100;
const AT_ONCE = 8;
const MODEL = 'bench/priced';
const GRANTED = 1_000_000_000;
/** Eight tokens of prompt template and text, and of answer. */
const PROMPT = 'say-8x0';
const DAY_MS = 86_400_000;
const MILLION = 1_000_000;
/** Everything called here is older by then. */
const RUN_MS = 3_600_000;

const tell = (text: string): void => void process.stderr.write(`${text}\n`);

type Sizes = Readonly<Record<StoreName, StoreSize>>;

const stack = await startStack({ hasBucket: true });
const server = await startModelServer();
try {
  await report(stack, server.url);
} finally {
  await stack.stop();
  await server.stop();
}
process.exit(0);

async function report(network: Stack, backend: string): Promise<void> {
  const owner = await network.makeAccount();
  const caller = await network.makeAccount(GRANTED);
  await network.startAgent({ owner, args: ['--models', PROMPT, '--slots', String(AT_ONCE), '--backend', backend] });
  await listModel(network, { owner, id: MODEL, digest: await learnDigest(network, owner, PROMPT) });
  const books = new Books(network, { caller, owner, granted: GRANTED });
  const charge = 7 + 2 * 8;
  await callAll(network, caller, WARM_UP);
  await expectBooked(books, WARM_UP * charge);
  const makeRoom = (days: number): Promise<void> => network.network.runSchedule(Date.now() + days * DAY_MS + RUN_MS);
  // The jobs before the count are as old as they will be in any count.
  await makeRoom(7);
  const keysBefore = await network.askPresence('DBSIZE');
  const before = await measure(network);
  tell(`${JOBS} jobs …`);
  await callAll(network, caller, JOBS);
  await expectBooked(books, JOBS * charge);
  const atOnce = await measure(network);
  await makeRoom(1);
  const afterADay = await measure(network);
  await makeRoom(7);
  const afterAWeek = await measure(network);
  const rows = {
    atOnce: perJob(before, atOnce, JOBS),
    afterADay: perJob(before, afterADay, JOBS),
    afterAWeek: perJob(before, afterAWeek, JOBS),
  };
  const redisKeys = { before: keysBefore, after: await network.askPresence('DBSIZE') };
  if (flags.json === true) console.log(JSON.stringify({ jobs: JOBS, perJob: rows, redisKeys }, null, 1));
  else print(rows);
  tell(`Redis keys, before and after: ${JSON.stringify(redisKeys)}`);
}

async function callAll(network: Stack, caller: TestAccount, count: number): Promise<void> {
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const answer = await (await askOnline(network, { account: caller, model: MODEL, prompt: PROMPT })).read();
      if (!answer.isDone) throw new Error(`an answer broke off: ${answer.error?.message ?? 'no word'}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function expectBooked(books: Books, charged: number): Promise<void> {
  const one = movedBy(7 + 2 * 8);
  const count = charged / (7 + 2 * 8);
  const faults = await books.faultsAfter({ caller: -charged, owner: one.owner * count, fees: one.fees * count });
  if (faults.length > 0) throw new Error(faults.join('; '));
}

/** The network goes down for it, so that its files are whole. */
async function measure(network: Stack): Promise<Sizes> {
  await network.network.killWorkerd();
  const copy = await mkdtemp(join(tmpdir(), 'irori-bench-storage-'));
  await cp(join(network.folder, 'router'), copy, { recursive: true });
  const files = await readdir(copy, { recursive: true });
  const sizes = Object.fromEntries(STORES.map((name) => [name, { pages: 0, payload: 0, rows: 0 }])) as Record<
    StoreName,
    StoreSize
  >;
  for (const file of files) {
    const name = nameStore(file);
    if (!name) continue;
    const size = name === 'bucket' ? measureFile(join(copy, file)) : measureStore(join(copy, file));
    const { pages, payload, rows } = sizes[name];
    sizes[name] = { pages: pages + size.pages, payload: payload + size.payload, rows: rows + size.rows };
  }
  await rm(copy, { recursive: true });
  await network.network.restart();
  return sizes;
}

function perJob(before: Sizes, after: Sizes, jobs: number): Record<StoreName | 'all', StoreSize> {
  const each = STORES.map((name) => {
    const grown = (of: keyof StoreSize): number => (after[name][of] - before[name][of]) / jobs;
    // Rows are few: a flush has many jobs.
    const rows = Math.round(grown('rows') * 1000) / 1000;
    return [name, { pages: Math.round(grown('pages')), payload: Math.round(grown('payload')), rows }] as const;
  });
  const sum = (of: keyof StoreSize): number => each.reduce((total, [, size]) => total + size[of], 0);
  return {
    ...(Object.fromEntries(each) as Record<StoreName, StoreSize>),
    all: { pages: sum('pages'), payload: sum('payload'), rows: Math.round(sum('rows') * 1000) / 1000 },
  };
}

function print(rows: Readonly<Record<string, Record<StoreName | 'all', StoreSize>>>): void {
  for (const [when, sizes] of Object.entries(rows)) {
    console.log(
      `\n${when}: bytes a job (pages in use, and what is in them), rows a job; of a million jobs, MB and rows`,
    );
    for (const [name, { pages, payload, rows: count }] of Object.entries(sizes)) {
      const million = [`${pages} MB`, Math.round(count * MILLION).toLocaleString('en')];
      const cells = [String(pages), String(payload), String(count), ...million];
      console.log(`  ${name.padEnd(12)} ${cells.map((cell) => cell.padStart(10)).join(' ')}`);
    }
  }
}
