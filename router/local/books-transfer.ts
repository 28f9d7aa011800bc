// `npm run books:export -- --out FILE [--router URL] [--wait S] [--keep-closed]`, `npm run books:export -- --open`, `npm run books:import -- --in FILE
// [--router URL]`: the operator's backup, and a move to another deployment. The admin secret is read from IRORI_ADMIN_SECRET, or, as the address, from
// the state folder of a network on this machine (--state).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { exportBooks, importBooks, openBooks } from './books-copy.ts';
import type { BooksDoor } from './books-client.ts';
import { StartError } from './start-error.ts';

const WAIT_S = '300';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    in: { type: 'string' },
    router: { type: 'string' },
    state: { type: 'string', default: '.irori' },
    wait: { type: 'string', default: WAIT_S },
    'keep-closed': { type: 'boolean', default: false },
    open: { type: 'boolean', default: false },
  },
});
const tell = (text: string): void => void process.stderr.write(`${text}\n`);

try {
  console.log(await run(positionals[0]));
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  tell(error.message);
  process.exit(1);
}

async function run(what: string | undefined): Promise<string> {
  const door = await findDoor();
  if (what === 'export' && flags.open) {
    await openBooks(door);
    return 'The network goes on.';
  }
  if (what === 'export' && flags.out !== undefined) {
    const staysClosed = flags['keep-closed'];
    const { lines, sha256 } = await exportBooks({
      door,
      path: flags.out,
      waitMs: Number(flags.wait) * 1000,
      staysClosed,
      tell,
    });
    return `${flags.out}: ${lines} lines, sha256 ${sha256}.${staysClosed ? ' The network stands still.' : ''}`;
  }
  if (what === 'import' && flags.in !== undefined) {
    const { lines, accounts } = await importBooks(door, flags.in, tell);
    return `${lines} lines are in; the objects of ${accounts} accounts and the book agree.`;
  }
  throw new StartError('Say npm run books:export -- --out FILE, or npm run books:import -- --in FILE.');
}

const localFile = z.object({ endpoint: z.string(), adminSecret: z.string() });

async function findDoor(): Promise<BooksDoor> {
  const secret = process.env['IRORI_ADMIN_SECRET'];
  if (flags.router !== undefined && secret !== undefined) return { url: flags.router.replace(/\/+$/, ''), secret };
  const text = await readFile(join(flags.state, 'local.json'), 'utf8').catch(() => 'null');
  const local = localFile.safeParse(JSON.parse(text)).data;
  if (local === undefined)
    throw new StartError(
      `No network runs on ${flags.state}. Say --router URL, with the admin secret in IRORI_ADMIN_SECRET.`,
    );
  return { url: flags.router ?? local.endpoint.replace(/\/v1$/, ''), secret: secret ?? local.adminSecret };
}
