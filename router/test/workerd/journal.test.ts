// The hub's journal on a real object's disk: what another life of the hub finds there, whatever was written over, and what it costs.
import { runInDurableObject } from 'cloudflare:test';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { DurableNumbers } from '../../hub/durable-numbers.ts';
import { Journal } from '../../hub/journal.ts';
import { openHub } from './join-hub.ts';

const inStorage = <T>(play: (storage: DurableObjectStorage) => Promise<T> | T): Promise<T> =>
  runInDurableObject(openHub(), async (_, { storage }) => {
    storage.sql.exec('DELETE FROM journal');
    return play(storage);
  });

const make = (name: string, told: Partial<SettlementJson> = {}): SettlementJson =>
  ({ jobId: name, accountId: 'acct_a', outcome: 'failed-by-network', ticket: { issuedAtMs: '1' }, ...told }) as never;

function open(journal: Journal, name: string): void {
  journal.open({ ticketHash: name, expiresAt: 1000, draft: make(name) });
  journal.completeDraft(name, make(name, { ticketSignature: `signed ${name}` }));
}

const rowsOf = ({ sql }: DurableObjectStorage): number =>
  Number(sql.exec('SELECT count(*) AS n FROM journal').one()['n']);

test('what was committed outlives the hub: open parts with their notes, decided ones in their order, and none that went', () =>
  inStorage(async (storage) => {
    const before = new Journal({ storage });
    for (const name of ['a', 'b', 'c', 'd', 'e']) open(before, name);
    before.noteProgress({ ticketHash: 'a', tokens: 5, at: 40 });
    await before.commit();
    before.markDue('d', make('d', { outcome: 'complete' }));
    before.markDue('b', make('b', { outcome: 'complete' }));
    before.forget('c');
    await before.commit();
    before.forget('b');
    before.noteProgress({ ticketHash: 'a', tokens: 9, at: 50 });
    // Its ticket is not sealed: nobody could be asked for it.
    before.open({ ticketHash: 'f', expiresAt: 1000, draft: make('f') });
    await before.commit();
    const next = new Journal({ storage });
    expect(next.counts()).toEqual({ open: 2, due: 1, firstExpiryAt: 1000 });
    expect(next.find('a')).toEqual({ isDue: false, settlement: make('a', { ticketSignature: 'signed a' }) });
    expect(next.findProgress('a')).toEqual({ ticketHash: 'a', tokens: 9, at: 50 });
    expect(next.due()).toEqual([{ ticketHash: 'd', settlement: make('d', { outcome: 'complete' }) }]);
    expect(next.orphan(70)).toBe(2);
    expect(next.expired(71).map(({ ticketHash }) => ticketHash)).toEqual(['a', 'e']);
    expect(next.jobsByAccount(1)).toEqual(new Map([['acct_a', ['a', 'e', 'd']]]));
  }));

test('a part that comes and goes between two commits is never written', () =>
  inStorage(async (storage) => {
    const journal = new Journal({ storage });
    open(journal, 'a');
    journal.forget('a');
    await journal.commit();
    expect(rowsOf(storage)).toBe(0);
  }));

test('rows that nobody needs are written over: a thousand jobs, two at a time, take a handful of rows and one write each', () =>
  inStorage(async (storage) => {
    const journal = new Journal({ storage });
    for (let i = 0; i < 1000; i++) {
      open(journal, `job${i}`);
      if (i > 0) journal.markDue(`job${i - 1}`, make(`job${i - 1}`));
      await journal.commit();
      if (i > 1) journal.forget(`job${i - 2}`);
    }
    expect(rowsOf(storage)).toBeLessThan(8);
    expect(Number(storage.sql.exec('SELECT max(number) AS n FROM journal').one()['n'])).toBe(1000);
    for (const name of ['job998', 'job999']) journal.forget(name);
    journal.tidy();
    expect(rowsOf(storage)).toBe(0);
    expect(new Journal({ storage }).counts()).toEqual({ open: 0, due: 0, firstExpiryAt: null });
  }));

test('whoever asks while a commit is under way shares the next one', () =>
  inStorage(async (storage) => {
    const journal = new Journal({ storage });
    const commits = Array.from({ length: 20 }, (_, i) => {
      open(journal, `job${i}`);
      return journal.commit();
    });
    await Promise.all(commits);
    expect(rowsOf(storage)).toBe(2);
    expect(new Journal({ storage }).counts().open).toBe(20);
  }));

test('in any order of openings, notes, ends, departures and commits another life finds what the last commit knew', () =>
  inStorage(async (storage) => {
    const step = fc.record({
      what: fc.constantFrom('open', 'note', 'end', 'forget', 'commit', 'die'),
      part: fc.integer({ min: 0, max: 11 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        storage.sql.exec('DELETE FROM journal');
        let journal = new Journal({ storage });
        let life = 0;
        const known = new Map<string, string>();
        let committed = new Map<string, string>();
        /** Gone since the last commit: another life may find them again, and accounts take no part twice. */
        const gone = new Set<string>();
        const used = new Set<string>();
        const faults: string[] = [];
        for (const { what, part } of steps) {
          const name = `${life} ${part}`;
          const state = known.get(name);
          if (what === 'open' && !used.has(name)) {
            open(journal, name);
            used.add(name);
            known.set(name, 'open');
          } else if (what === 'note' && state === 'open') journal.noteProgress({ ticketHash: name, tokens: 1, at: 1 });
          else if (what === 'end' && state === 'open') {
            journal.markDue(name, make(name));
            known.set(name, 'due');
          } else if (what === 'forget' && state) {
            journal.forget(name);
            known.delete(name);
            gone.add(name);
          } else if (what === 'commit') {
            await journal.commit();
            committed = new Map(known);
          } else if (what === 'die') {
            const next = new Journal({ storage });
            const kept = [...committed].filter(([one]) => !gone.has(one));
            faults.push(
              ...kept.filter(([one, word]) => next.find(one)?.isDue !== (word === 'due')).map(([one]) => one),
            );
            faults.push(...next.due().flatMap(({ ticketHash }) => (used.has(ticketHash) ? [] : [ticketHash])));
            const { open: opened, due } = next.counts();
            if (opened + due < kept.length || opened + due > kept.length + gone.size) faults.push(`${opened} ${due}`);
            known.clear();
            for (const one of used) {
              const found = next.find(one);
              if (found) known.set(one, found.isDue ? 'due' : 'open');
            }
            committed = new Map(known);
            gone.clear();
            journal = next;
            life += 1;
          }
        }
        expect(faults).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }));

test('the tables of an earlier version are taken over once', () =>
  inStorage((storage) => {
    storage.sql.exec(
      'CREATE TABLE parts (ticket_hash TEXT PRIMARY KEY, is_due INTEGER NOT NULL, expires_at INTEGER NOT NULL, settlement TEXT NOT NULL) WITHOUT ROWID',
    );
    storage.sql.exec(
      'CREATE TABLE progress (ticket_hash TEXT PRIMARY KEY, tokens INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID',
    );
    for (const [name, isDue] of [
      ['a', 0],
      ['b', 1],
    ] as const)
      storage.sql.exec('INSERT INTO parts VALUES (?, ?, 500, ?)', name, isDue, JSON.stringify(make(name)));
    storage.sql.exec("INSERT INTO progress VALUES ('a', 7, 40)");
    for (const journal of [new Journal({ storage }), new Journal({ storage })]) {
      expect(journal.counts()).toEqual({ open: 1, due: 1, firstExpiryAt: 500 });
      expect(journal.findProgress('a')).toEqual({ ticketHash: 'a', tokens: 7, at: 40 });
    }
    expect(storage.sql.exec("SELECT 1 FROM pragma_table_info('parts')").toArray()).toEqual([]);
  }));

test('numbers are never given twice, however often the hub forgets, and a thousand cost one row', () =>
  inStorage((storage) => {
    storage.sql.exec('DELETE FROM numbers');
    const given = new Set<number>();
    for (let life = 0; life < 5; life++) {
      const numbers = new DurableNumbers(storage.sql);
      for (let i = 0; i < 700; i++) given.add(numbers.next());
    }
    expect(given.size).toBe(5 * 700);
    expect(storage.sql.exec('SELECT reserved FROM numbers').one()).toEqual({ reserved: 5000 });
  }));
