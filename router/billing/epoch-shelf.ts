// The door to published epochs: their files in the object storage where there is one, else in pieces in D1, and the list of all of them in D1. A file is written
// before the row that tells of it, so that what is listed can be read; a row is never changed.
import type { Hex } from '../../schema/bytes.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { splitText } from './split-text.ts';

/** A row of D1 holds a megabyte. */
const PIECE_BYTES = 500_000;
/** Without an object storage the files of so many epochs are kept: days of more than a year. What is listed stays for ever. */
export const FILES_IN_D1 = 400;
/** Epochs of one page of the list. */
const PAGE = 100;

/** What is listed of an epoch; amounts in units as decimal texts. */
export interface ListedEpoch {
  readonly epoch: number;
  readonly seconds: number;
  readonly root: Hex;
  readonly sha256: string;
  readonly bytes: number;
  readonly leaves: number;
  readonly kept: number;
  readonly earned: string;
  readonly withheld: string;
  readonly bonus: string;
  readonly count: string;
  readonly spent: string;
  readonly publishedAt: number;
  /** False once the file has been let go of. */
  readonly hasFile: boolean;
}

/** Whole files by their keys. */
export interface EpochFiles {
  readonly put: (key: string, bytes: Uint8Array) => Promise<void>;
  /** Null where there is none. */
  readonly get: (key: string) => Promise<Uint8Array | null>;
}

export interface EpochShelf {
  /** Stores a file and lists it; again it changes nothing. Rejects where another file was published for its epoch. */
  readonly publish: (file: EpochFile, text: string) => Promise<{ readonly sha256: string }>;
  /** The newest; null for none. */
  readonly last: () => Promise<ListedEpoch | null>;
  readonly find: (epoch: number) => Promise<ListedEpoch | null>;
  /** A file's text; null where there is none, or it was let go of. */
  readonly read: (epoch: number) => Promise<string | null>;
  /**
   * The same, and where it was let go of the newest that leads to the same root: its leaves are the same. While nobody earns, the chain goes on paying by an
   * old root, since none is posted that says nothing new.
   */
  readonly readSame: (epoch: number) => Promise<string | null>;
  /** The newest first, those before an epoch. */
  readonly list: (before: number) => Promise<{ readonly epochs: ListedEpoch[]; readonly next: number | null }>;
}

interface ShelfDoors {
  readonly database: D1Database;
  /** Null where none is bound. */
  readonly files: EpochFiles | null;
  /** Lower-case hex. */
  readonly sha256: (text: string) => string;
  readonly now: () => number;
}

type Row = Omit<ListedEpoch, 'hasFile' | 'publishedAt'> & {
  published_at: number;
  pieces: number;
  file_key: string | null;
};

export function makeEpochShelf({ database, files, sha256, now }: ShelfDoors): EpochShelf {
  const { find, read, readSame } = makeReader(database, files);
  const store = async (epoch: number, text: string): Promise<{ pieces: number; key: string | null }> => {
    const key = `epochs/${epoch}.json`;
    if (files) {
      await files.put(key, new TextEncoder().encode(text));
      return { pieces: 0, key };
    }
    const pieces = splitText(text, PIECE_BYTES);
    for (const [i, piece] of pieces.entries())
      await database
        .prepare('INSERT OR REPLACE INTO epoch_pieces (epoch, piece, text) VALUES (?1, ?2, ?3)')
        .bind(epoch, i, piece)
        .run();
    return { pieces: pieces.length, key: null };
  };
  return {
    publish: async (file, text) => {
      const hash = sha256(text);
      const known = await find(file.epoch);
      if (known && known.sha256 !== hash)
        throw new Error(`another file was published for epoch ${file.epoch}: ${known.sha256}, not ${hash}`);
      if (known) return { sha256: hash };
      const { pieces, key } = await store(file.epoch, text);
      const bytes = new TextEncoder().encode(text).length;
      const { epoch, seconds, root, leaves, kept, totals } = file;
      const { earned, withheld, bonus, count, spent } = totals;
      const sums = [earned, withheld, bonus, count, spent].map(String);
      const values = [epoch, seconds, root, hash, bytes, leaves.length, kept.length, ...sums, now(), pieces, key];
      await database.batch([
        database.prepare(INSERT).bind(...values),
        database.prepare(LET_GO).bind(FILES_IN_D1),
        database.prepare(NOTE_GONE),
      ]);
      return { sha256: hash };
    },
    last: async () => toListed(await database.prepare('SELECT * FROM epochs ORDER BY epoch DESC LIMIT 1').first<Row>()),
    find: async (epoch) => toListed(await find(epoch)),
    read,
    readSame,
    list: async (before) => {
      const query = 'SELECT * FROM epochs WHERE epoch < ?1 ORDER BY epoch DESC LIMIT ?2';
      const { results } = await database.prepare(query).bind(before, PAGE).all<Row>();
      const epochs = results.flatMap((row) => toListed(row) ?? []);
      return { epochs, next: epochs.length === PAGE ? (epochs.at(-1)?.epoch ?? null) : null };
    },
  };
}

interface Reader extends Pick<EpochShelf, 'read' | 'readSame'> {
  readonly find: (epoch: number) => Promise<Row | null>;
}

function makeReader(database: D1Database, files: EpochFiles | null): Reader {
  const find = async (epoch: number): Promise<Row | null> =>
    database.prepare('SELECT * FROM epochs WHERE epoch = ?1').bind(epoch).first<Row>();
  const read = async (epoch: number): Promise<string | null> => {
    const row = await find(epoch);
    if (!row) return null;
    if (row.file_key !== null) {
      const bytes = await files?.get(row.file_key);
      return bytes ? new TextDecoder().decode(bytes) : null;
    }
    const query = 'SELECT text FROM epoch_pieces WHERE epoch = ?1 ORDER BY piece';
    const { results } = await database.prepare(query).bind(epoch).all<{ text: string }>();
    return results.length > 0 && results.length === row.pieces ? results.map(({ text }) => text).join('') : null;
  };
  const readSame = async (epoch: number): Promise<string | null> => {
    const text = await read(epoch);
    if (text !== null) return text;
    const same = await database.prepare(SAME).bind(epoch).first<{ epoch: number }>();
    return same && read(same.epoch);
  };
  return { find, read, readSame };
}

function toListed(row: Row | null): ListedEpoch | null {
  if (!row) return null;
  const { pieces, file_key, published_at: publishedAt, ...listed } = row;
  return { ...listed, publishedAt, hasFile: pieces > 0 || file_key !== null };
}

const COLUMNS =
  'epoch, seconds, root, sha256, bytes, leaves, kept, earned, withheld, bonus, count, spent, published_at, pieces, file_key';
/** The first file of an epoch stands. */
const INSERT = `INSERT INTO epochs (${COLUMNS}) VALUES (${COLUMNS.split(', ')
  .map((_, i) => `?${i + 1}`)
  .join(', ')})`;
const SAME = `SELECT epoch FROM epochs WHERE root = (SELECT root FROM epochs WHERE epoch = ?1) AND (pieces > 0 OR file_key IS NOT NULL)
    ORDER BY epoch DESC LIMIT 1`;
const LET_GO = `DELETE FROM epoch_pieces WHERE epoch NOT IN (SELECT epoch FROM epochs ORDER BY epoch DESC LIMIT ?1)`;
const NOTE_GONE = `UPDATE epochs SET pieces = 0 WHERE pieces > 0 AND epoch NOT IN (SELECT epoch FROM epoch_pieces)`;
