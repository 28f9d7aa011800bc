// The door to the projections of the book: compared with what they are made of, and made anew from it, a page at a time. What D1 has let go of is read
// from the files of the archive; who asks puts the two together (projection-check.ts).
import { addSums, sumJournal } from './pack-journal.ts';
import type { ComparedRow, Projections } from './projection-check.ts';
import { MARKS, NEXT_FILES, pageOf, rebuildRows } from './projection-sql.ts';
import type { ReceiptFiles } from './receipt-shelves.ts';
import { unsqueeze } from './squeeze.ts';

export function makeProjections(database: D1Database, files: ReceiptFiles | null): Projections {
  return {
    readArchived: async (after, limit) => {
      type File = { id: number; key: string; start: number; length: number; hoursFrom: number };
      const { results } = await database.prepare(NEXT_FILES).bind(after, limit).all<File>();
      const last = results.at(-1);
      if (!last) return null;
      const sums = await Promise.all(
        results
          .filter(({ length }) => length > 0)
          .map(async ({ key, start, length }) => {
            if (!files) throw new Error('the journal stands in an object storage that is not bound');
            return sumJournal(await unsqueeze(new Uint8Array(await files.read(key, start, length))));
          }),
      );
      const all = addSums(sums);
      // Hours that are not kept would be most of it.
      const hours = all.usage_hours.filter(([[, hour]]) => Number(hour) >= last.hoursFrom);
      return { last: last.id, sums: { ...all, usage_hours: hours } };
    },
    readPage: async (name, after, limit) => {
      const [page, last] = (await database.batch([
        database.prepare(pageOf(name)).bind(after && JSON.stringify(after), limit),
        database.prepare(MARKS),
      ])) as [
        D1Result<Record<keyof ComparedRow, string>>,
        D1Result<{ id: number; keptFrom: number; hoursFrom: number }>,
      ];
      const rows = page.results.map(({ key, held, told }) => ({
        key: JSON.parse(key) as (string | number)[],
        held: JSON.parse(held) as number[],
        told: JSON.parse(told) as number[],
      }));
      const { id: lastFile, keptFrom, hoursFrom } = last.results[0] ?? { id: 0, keptFrom: 0, hoursFrom: 0 };
      return { lastFile, keptFrom: name === 'usage_hours' ? hoursFrom : keptFrom, rows };
    },
    rebuild: async (name, lastFile, rows) => {
      const { meta } = await database.prepare(rebuildRows(name)).bind(JSON.stringify(rows), lastFile).run();
      return rows.length === 0 || meta.changes > 0;
    },
  };
}
