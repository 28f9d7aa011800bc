// The books of one deployment out to a file, and in to another: all of D1 and of the objects that money is in, of one moment in which nothing moves.
import { setTimeout as sleep } from 'node:timers/promises';
import { BooksClient } from './books-client.ts';
import type { BooksDoor } from './books-client.ts';
import { BooksWriter, checkBooksFile, readBooksFile } from './books-file.ts';
import { StartError } from './start-error.ts';

export interface ExportOptions {
  readonly door: BooksDoor;
  readonly path: string;
  /** How long what runs may take to end, ms. */
  readonly waitMs: number;
  /** The network stays still: it moves to another deployment. */
  readonly staysClosed: boolean;
  readonly tell: (text: string) => void;
}

export interface CopiedBooks {
  readonly lines: number;
  readonly sha256: string;
}

/** A copy that dies stops the network no longer than this, s. */
const PAUSE_S = 3600;
const LOOK_EVERY_MS = 300;
const CHECK_WAIT_MS = 60_000;
const CHUNK_CHARS = 1_000_000;

/**
 * Waits until what runs has ended, writes the file and lets the network go on. Throws StartError, with no file written and the network going on, where
 * the wait is over first or anything fails.
 */
export async function exportBooks(options: ExportOptions): Promise<CopiedBooks> {
  const { door, path, staysClosed, tell } = options;
  const client = new BooksClient(door);
  const writer = await BooksWriter.open(path);
  try {
    tell('Nothing new begins; waiting for what runs …');
    await makeStill(client, options);
    tell('Everything stands still; copying …');
    for (let from: string | null = null, isFirst = true; isFirst || from !== null; isFirst = false) {
      const page: { text: string; next: string | null } = await client.readPage(from);
      await writer.write(page.text);
      from = page.next;
    }
    const copied = await writer.end();
    await client.pause(staysClosed ? 'closed' : 'open', null);
    return copied;
  } catch (error) {
    await writer.drop();
    await client
      .pause('open', null)
      .catch(() => tell('The network could not be told to go on: run books:export -- --open.'));
    throw error;
  }
}

/** Lets a network go on whose copy died. */
export async function openBooks(door: BooksDoor): Promise<void> {
  await new BooksClient(door).pause('open', null);
}

/** Callers first, until no job is open and no hub owes anything; then nothing at all moves, and the book has everything. */
async function makeStill(client: BooksClient, { waitMs, tell }: ExportOptions): Promise<void> {
  const untilAt = Date.now() + waitMs;
  const wait = async (level: 'draining' | 'closed', isStill: () => Promise<string | null>): Promise<void> => {
    for (let told = ''; ;) {
      const open = await isStill();
      if (open === null) return;
      if (open !== told) tell(`  ${open}`);
      told = open;
      if (Date.now() > untilAt)
        throw new StartError(
          `The books did not come to rest within ${waitMs / 1000} s (${level}: ${open}). Wait longer: --wait`,
        );
      await sleep(LOOK_EVERY_MS);
    }
  };
  await wait('draining', async () => {
    const { jobs, entries } = await client.pause('draining', PAUSE_S);
    const owed = await client.countOwing();
    // What is on its way between two objects could not arrive at one that is closed.
    if (jobs + owed + entries === 0) return null;
    return `${jobs} jobs are open, ${owed} parts and payments are yet to be handed over, ${entries} entries are on their way`;
  });
  await wait('closed', async () => {
    const { jobs, entries } = await client.pause('closed', PAUSE_S);
    return jobs + entries === 0 ? null : `${entries} entries are on their way to the book`;
  });
}

/** What an object handed over last it hands over once more when it wakes: the book knows it, and until it has said so the two differ. */
async function waitChecked(client: BooksClient): ReturnType<BooksClient['check']> {
  for (const untilAt = Date.now() + CHECK_WAIT_MS; ; await sleep(LOOK_EVERY_MS)) {
    const checked = await client.check();
    if (checked.isSound || Date.now() > untilAt) return checked;
  }
}

/** Puts a file into a new deployment and compares; where it broke off the same file goes on. Throws StartError where it cannot be, or where they differ. */
export async function importBooks(
  door: BooksDoor,
  path: string,
  tell: (text: string) => void,
): Promise<CopiedBooks & { readonly accounts: number }> {
  const client = new BooksClient(door);
  const { version, migrations, sha256, lines } = await checkBooksFile(path);
  await client.beginImport({ version, name: sha256, migrations });
  tell(`Putting in ${lines} lines …`);
  for await (const text of readBooksFile(path, CHUNK_CHARS)) await client.sendLines(text);
  await client.endImport(sha256);
  const { accounts, different, isSound } = await waitChecked(client);
  if (!isSound)
    throw new StartError(`The books do not agree after the import: ${different.slice(0, 3).join(', ') || 'the sums'}.`);
  return { lines, sha256, accounts };
}
