// `npm run books -- compare|rebuild [--url URL] [--secret TEXT] [--json]`: whether the projections of the book (balances, fees by home, days of books,
// callers and homes) are what its postings, flushes and archive say, and, with `rebuild`, makes them so; and
// beside a chain whether it paid what the books have as claimed. Exits with 0 where they are, 1 where they
// differ, 2 where it could not be found out. Without a URL it is the network that `npm start` runs here.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { checkProjections, rebuildProjections } from '../billing/projection-check.ts';
import type { Differing, ProjectionReport } from '../billing/projection-check.ts';
import { checkChainAt } from './chain-check-at.ts';
import type { ChainReport } from './chain-check-at.ts';
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
  const router = findRouter();
  const door = openProjectionsAt(router);
  const done = command === 'rebuild' ? await rebuildProjections(door) : { after: await checkProjections(door) };
  const chain = await checkChainAt(router);
  const isEqual = done.after.differing.length === 0 && (chain?.differing.length ?? 0) === 0;
  if (flags.json === true) console.log(JSON.stringify({ command, ok: isEqual, ...done, chain }, null, 1));
  else {
    print(done);
    if (chain) printChain(chain);
  }
  return isEqual ? 0 : 1;
}

function printChain({ block, homes, claimed, differing }: ChainReport): void {
  const told = differing.length === 0 ? 'the chain paid as much' : `different: ${differing.length}`;
  console.log(`claimed by ${homes} homes until block ${block ?? 'none'}: ${claimed} micro-credits; ${told}`);
  for (const one of differing.slice(0, MOST_TOLD)) console.log(`  ${one}`);
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
