// What is written once stays: raw SQL that would change or drop it is refused, whoever sends it, and what the book itself does goes on.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildChargeEntries, buildGrantEntry, buildLateEntry, buildSettleEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { checkProjections, rebuildProjections } from '../../billing/projection-check.ts';
import { makeProjections } from '../../billing/projections.ts';
import { ARCHIVE_AFTER_MS, makeRollUp } from '../../billing/roll-up.ts';
import { openProjectionsAt } from '../../local/projections-at.ts';
import { admin } from './admin-calls.ts';
import { findBooked } from './find-booked.ts';
import { emptyBook, Files, flushOf, NO_PROOF, NOW, partOf } from './make-flush.ts';
import { newId } from './make-settlement.ts';

const A_DAY_LATER = NOW + 86_400_000 + 60_000;
const A_WEEK_LATER = NOW + ARCHIVE_AFTER_MS + 60_000;
const accountId = newId('acct');

let files: Files;
let ledger: ReturnType<typeof makeLedger>;
const rollUp = (now: number) => makeRollUp({ database: env.DB, files }).run(now);
const run = (text: string) => env.DB.prepare(text).run();

async function read(table: string): Promise<unknown> {
  return (await env.DB.prepare(`SELECT * FROM ${table}`).raw()) as unknown;
}

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

async function fill(): Promise<void> {
  files = new Files();
  ledger = makeLedger(env.DB, files);
  await emptyBook(env.DB);
  const part = partOf(accountId);
  await ledger.apply([
    buildGrantEntry({ eventId: newId('job'), accountId, amount: 5000, memo: null, at: NOW }),
    ...buildChargeEntries(partOf(accountId, { kind: 'image' }), 45, 'the hold'),
    buildSettleEntry({ ...part, ...NO_PROOF, earn: 0 }, null),
  ]);
  await ledger.applyFlush(flushOf([partOf(accountId), partOf(accountId, { keyId: 'key_other', kind: 'chat' })]));
  await ledger.apply([buildLateEntry(part, NOW)]);
  // The late receipt was paid out of the fees: all before it is summed up, this is not.
  await ledger.applyFlush(flushOf([partOf(accountId)]));
}

describe('refused, and nothing changed', () => {
  beforeAll(fill);

  test.each([
    ['postings', 'UPDATE postings SET amount = amount + 1'],
    ['postings', 'DELETE FROM postings'],
    ['events', "UPDATE events SET memo = 'another'"],
    ['events', 'DELETE FROM events'],
    ['flushes', "UPDATE flushes SET postings = '{}'"],
    ['flushes', 'DELETE FROM flushes'],
    ['part_receipts', "UPDATE part_receipts SET packed = x'00'"],
    ['part_receipts', 'DELETE FROM part_receipts'],
    ['book_marks', 'UPDATE book_marks SET summed = summed - 1'],
    ['book_marks', 'DELETE FROM book_marks'],
  ])('%s: %s', async (table, text) => {
    const before = await read(table);
    await expect(run(text)).rejects.toThrow('append-only');
    expect(await read(table)).toEqual(before);
  });

  test.each([
    ['postings', 'REPLACE INTO postings SELECT event_id, book, amount * 2 FROM postings'],
    ['events', "REPLACE INTO events SELECT id, kind, job_id, part, account_id, at, 'another' FROM events"],
    ['part_receipts', "REPLACE INTO part_receipts SELECT job, part, booked, x'00' FROM part_receipts"],
    [
      'flushes',
      "REPLACE INTO flushes (seq, account_id, at, postings, homes, parts) SELECT seq, '', at, '{}', '{}', parts FROM flushes",
    ],
  ])('%s, whose rows a REPLACE would drop, keeps them', async (table, text) => {
    const before = await read(table);
    await run(text);
    expect(await read(table)).toEqual(before);
  });

  test('a flush that is summed up and not archived stays, and so does one whose receipts have a place in it', async () => {
    await fill();
    await rollUp(A_DAY_LATER);
    await expect(run('DELETE FROM flushes')).rejects.toThrow('not archived');
    await makeRollUp({ database: env.DB, files: null }).run(A_WEEK_LATER);
    const places = await read('receipt_places');
    expect(places).not.toEqual([]);
    await expect(run('DELETE FROM flushes WHERE packed IS NOT NULL')).rejects.toThrow('not archived');
    await expect(run('DELETE FROM receipt_places')).rejects.toThrow('append-only');
    expect(await read('receipt_places')).toEqual(places);
  });

  test('what stands in a file is found there for good', async () => {
    await fill();
    await rollUp(A_WEEK_LATER);
    const [places, archive] = [await read('receipt_places'), await read('archive_files')];
    for (const text of [
      'UPDATE receipt_places SET start = 0',
      'DELETE FROM receipt_places',
      "UPDATE archive_files SET key = 'another'",
      'DELETE FROM archive_files',
    ])
      await expect(run(text)).rejects.toThrow('append-only');
    await run('REPLACE INTO receipt_places SELECT job, part, booked, file, 0, 0 FROM receipt_places');
    await run("REPLACE INTO archive_files (id, key, receipts) SELECT id, 'another', 0 FROM archive_files");
    expect([await read('receipt_places'), await read('archive_files')]).toEqual([places, archive]);
  });
});

describe('projections', () => {
  beforeEach(fill);

  const tables = ['balances', 'home_fees', 'book_days', 'usage_days', 'node_days'];
  const check = async () => (await checkProjections(makeProjections(env.DB, files))).differing;

  test.each([
    ['at once', NOW],
    ['once it is summed up', A_DAY_LATER],
    ['once it has left for the archive', A_WEEK_LATER],
  ])('are what the book says, are found out where they are not, and are made so again: %s', async (_, later) => {
    await rollUp(later);
    expect(await check()).toEqual([]);
    const before = await Promise.all(tables.map(read));
    await env.DB.batch([
      env.DB.prepare("UPDATE balances SET amount = amount + 7 WHERE book = 'grants'"),
      env.DB.prepare('DELETE FROM balances WHERE book = ?').bind(accountId),
      env.DB.prepare("INSERT INTO balances VALUES ('acct_nobody', 5)"),
      env.DB.prepare('UPDATE home_fees SET brought = brought + 1'),
      env.DB.prepare('DELETE FROM book_days'),
      env.DB.prepare('DELETE FROM usage_days'),
      env.DB.prepare('UPDATE node_days SET earned = earned * 2'),
    ]);
    const found = await check();
    expect(found).toContainEqual(
      expect.objectContaining({ projection: 'balances', key: ['acct_nobody'], held: [5], told: [0] }),
    );
    expect(new Set(found.map(({ projection }) => projection))).toEqual(new Set(tables));
    const { before: then, after } = await rebuildProjections(makeProjections(env.DB, files));
    expect([then.differing, after.differing]).toEqual([found, []]);
    await run("DELETE FROM balances WHERE book = 'acct_nobody' AND amount = 0");
    const sorted = (rows: unknown): string[] => (rows as unknown[]).map((row) => JSON.stringify(row)).toSorted();
    expect((await Promise.all(tables.map(read))).map(sorted)).toEqual(before.map(sorted));
    expect(await ledger.total()).toBe(0);
  });

  test('what is delivered while the archive grows is compared as of one moment', async () => {
    const door = makeProjections(env.DB, files);
    let isMoved = false;
    const moving = {
      ...door,
      readPage: async (...asked: Parameters<typeof door.readPage>) => {
        if (!isMoved) await rollUp(A_WEEK_LATER);
        isMoved = true;
        return door.readPage(...asked);
      },
    };
    expect(await checkProjections(moving)).toMatchObject({ lastFile: 1, differing: [] });
    expect(await door.rebuild('balances', 0, [[[accountId], [0]]])).toBe(false);
    expect(await check()).toEqual([]);
  });

  test('a caller’s days go after two years, and nothing else of them; what is left is as the book says', async () => {
    await rollUp(A_WEEK_LATER);
    expect(await read('usage_days')).not.toEqual([]);
    const before = await ledger.sumUp();
    await rollUp(NOW + 733 * 86_400_000);
    expect(await read('usage_days')).toEqual([]);
    expect([await check(), await ledger.sumUp()]).toEqual([[], before]);
    expect(await read('node_days')).not.toEqual([]);
    // One that comes now, of a day from then on, is kept.
    await ledger.applyFlush(flushOf([partOf(accountId, { endedAt: NOW + 733 * 86_400_000 })]));
    await rollUp(NOW + 735 * 86_400_000);
    expect(await read('usage_days')).toHaveLength(1);
    expect(await check()).toEqual([]);
  });

  test('of two runs side by side each line of the journal stands once', async () => {
    await Promise.all([rollUp(A_WEEK_LATER), rollUp(A_WEEK_LATER)]);
    expect(await check()).toEqual([]);
    expect(await read('flushes')).toEqual([]);
  });

  test('a file of the archive that cannot be read is told, and nothing is taken for different', async () => {
    await rollUp(A_WEEK_LATER);
    await expect(checkProjections(makeProjections(env.DB, null))).rejects.toThrow('not bound');
    for (const key of files.kept.keys()) files.kept.set(key, new Uint8Array(files.kept.get(key)?.length ?? 0));
    await expect(check()).rejects.toBeInstanceOf(Error);
  });
});

describe('over the admin API', () => {
  beforeAll(fill);

  const door = openProjectionsAt({ url: 'https://irori.test', secret: 'admin-secret-of-the-tests' });

  test('they are compared and made anew as beside the book', async () => {
    const real = globalThis.fetch;
    globalThis.fetch = (async (url: string, init: RequestInit) => {
      const { exports } = await import('cloudflare:workers');
      return (exports as { default: { fetch: typeof fetch } }).default.fetch(url, init);
    }) as typeof fetch;
    try {
      expect((await checkProjections(door)).differing).toEqual([]);
      await run('UPDATE book_days SET amount = amount + 1');
      expect((await rebuildProjections(door)).after.differing).toEqual([]);
      expect(await door.rebuild('balances', 99, [[[accountId], [0]]])).toBe(false);
    } finally {
      globalThis.fetch = real;
    }
    expect((await checkProjections(makeProjections(env.DB, null))).differing).toEqual([]);
  });

  test.each([
    ['GET', '/ledger/projections/postings', undefined, 404, 'name'],
    ['GET', '/ledger/projections/balances?after=7', undefined, 400, 'after'],
    ['GET', '/ledger/projections/balances?limit=0', undefined, 400, 'limit'],
    ['GET', '/ledger/archived?after=-1', undefined, 400, 'after'],
    ['POST', '/ledger/projections/balances', { last_file: 0, rows: [[[], [1]]] }, 400, 'rows.0.0'],
    ['POST', '/ledger/projections/balances', { last_file: 9, rows: [[['a'], [1]]] }, 409, 'last_file'],
  ])('%s %s is refused by its field', async (method, path, body, status, param) => {
    expect(await admin(method, path, body)).toMatchObject({ status, json: { error: { param } } });
  });
});

test('receipts are found through all of it', async () => {
  await fill();
  const part = partOf(accountId);
  await ledger.applyFlush(flushOf([part]));
  await rollUp(A_WEEK_LATER);
  expect(await findBooked(env.DB, ledger, accountId, part.jobId)).toEqual([part]);
});
