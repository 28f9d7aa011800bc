// `npm run books -- compare|rebuild [--url URL] [--secret TEXT] [--json]`: whether the projections of the book (balances, fees by home, days of books,
// callers and homes) are what its postings, flushes and archive say, and, with `rebuild`, makes them so. Exits with 0 where they are, 1 where they
// differ, 2 where it could not be found out. Without a URL it is the network that `npm start` runs here.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { checkProjections, rebuildProjections } from '../billing/projection-check.ts';
import type { Differing, ProjectionReport } from '../billing/projection-check.ts';
import { openProjectionsAt } from './projections-at.ts';

const MOST_TOLD = 50;
const localFile = z.object({ endpoint: z.string(), adminSecret: z.string() });

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    secret: { type: 'string' },
    state: { type: 'string' },
    json: { type: 'boolean' },
  },
});

process.exit(await run(positionals[0] ?? 'compare').catch(failed));

async function run(command: string): Promise<number> {
  if (command !== 'compare' && command !== 'rebuild') throw new Error('say compare or rebuild');
  const door = openProjectionsAt(findRouter());
  const done = command === 'rebuild' ? await rebuildProjections(door) : { after: await checkProjections(door) };
  if (flags.json === true)
    console.log(JSON.stringify({ command, ok: done.after.differing.length === 0, ...done }, null, 1));
  else print(done);
  return done.after.differing.length === 0 ? 0 : 1;
}

function failed(error: unknown): number {
  console.error(error instanceof Error ? error.message : String(error));
  return 2;
}

function findRouter(): { readonly url: string; readonly secret: string } {
  const secret = flags.secret ?? process.env['ADMIN_SECRET'];
  if (flags.url !== undefined && secret !== undefined) return { url: flags.url, secret };
  if (flags.url !== undefined) throw new Error('set ADMIN_SECRET, or say --secret, for the router at --url');
  const path = resolve(flags.state ?? '.irori', 'local.json');
  const read = (): unknown => {
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch {
      return null;
    }
  };
  const local = localFile.safeParse(read());
  if (!local.success) throw new Error(`no network runs here (${path}); say --url and set ADMIN_SECRET`);
  return { url: new URL(local.data.endpoint).origin, secret: local.data.adminSecret };
}

function print({ before, after }: { readonly before?: ProjectionReport; readonly after: ProjectionReport }): void {
  const rows = Object.entries(after.rows).map(([name, count]) => `${name} ${count}`);
  console.log(`compared: ${rows.join(', ')}; files of the archive: ${after.lastFile}`);
  if (before) console.log(`made anew: ${before.differing.length}`);
  console.log(after.differing.length === 0 ? 'all as the book says' : `different: ${after.differing.length}`);
  for (const one of after.differing.slice(0, MOST_TOLD)) console.log(tell(one));
}

function tell({ projection, key, held, told }: Differing): string {
  return `  ${projection} ${JSON.stringify(key)}: has ${held.join(' ')}, should have ${told.join(' ')}`;
}
