// The projections of the book, and what each is made of as far as D1 has it: postings, flushes that are summed up, lists of what came alone, and what
// stood there before any of it was told (`books_before`). The rest is in the files of the archive (pack-journal.ts).
import type { ProjectionName } from './pack-journal.ts';
import { HOUR_OF_ROW, MONTH_OF_ROW, monthSql } from './usage-sql.ts';

interface Projection {
  /** Columns of the key, in its order, and of the sums. */
  readonly keys: readonly string[];
  readonly sums: readonly string[];
  /** Rows of the same columns. */
  readonly journal: string;
  /** What stood there before; rows of `books_before` under its own name where left out. */
  readonly before?: string;
  /** Which rows are kept; all where left out. */
  readonly kept?: string;
}

const SUMMED = 'f.seq <= (SELECT summed FROM book_marks)';
const listed = (list: string): string => `flushes AS f, json_each(f.${list}) AS r WHERE ${SUMMED}`;
const alone = (list: string): string => `flushes AS f, json_each(f.alone, '$.${list}') AS r WHERE f.alone IS NOT NULL`;
const values = (places: readonly number[]): string => places.map((place) => `r.value->>${place}`).join(', ');
const COUNTS = ['jobs', 'parts', 'prompt_tokens', 'output_tokens'];
const ENERGY = ['energy_micro_wh', 'energy_parts'];

const TABLES: Readonly<Record<ProjectionName, Projection>> = {
  balances: {
    keys: ['book'],
    sums: ['amount'],
    journal: `SELECT book, amount FROM postings UNION ALL SELECT r.key, r.value FROM ${listed('postings')}
      UNION ALL SELECT ${values([1, 2])} FROM ${alone('days')}`,
  },
  home_fees: {
    keys: ['node_id'],
    sums: ['brought', 'drawn'],
    journal: `SELECT r.key, r.value, 0 FROM ${listed('homes')} UNION ALL SELECT ${values([0, 1, 2])} FROM ${alone('homes')}`,
  },
  book_days: {
    keys: ['day', 'book'],
    sums: ['amount', 'postings'],
    journal: `SELECT f.at / 86400000, r.key, r.value, 1 FROM ${listed('postings')}
      UNION ALL SELECT ${values([0, 1, 2, 3])} FROM ${alone('days')}`,
  },
  usage_days: {
    keys: ['account_id', 'day', 'key_id', 'model', 'country', 'kind'],
    sums: [...COUNTS, 'charged', ...ENERGY],
    journal: `SELECT coalesce(r.value->>12, f.account_id), ${values([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])} FROM ${listed('usage')}`,
    kept: 'day >= (SELECT kept_from FROM book_marks)',
  },
  usage_hours: {
    keys: ['account_id', 'hour', 'key_id', 'model', 'country', 'kind'],
    sums: [...COUNTS, 'charged', ...ENERGY],
    journal: `SELECT coalesce(r.value->>12, f.account_id), ${HOUR_OF_ROW('f.at')}, ${values([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])} FROM ${listed('usage')}`,
    kept: 'hour >= (SELECT hours_from FROM book_marks)',
  },
  usage_months: {
    keys: ['account_id', 'month', 'key_id', 'model', 'kind'],
    sums: [...COUNTS, 'charged', ...ENERGY],
    journal: `SELECT coalesce(r.value->>12, f.account_id), ${MONTH_OF_ROW}, ${values([1, 2, 4, 5, 6, 7, 8, 9, 10, 11])} FROM ${listed('usage')}`,
    before: `SELECT key->>0, ${monthSql('(key->>1)')}, key->>2, key->>3, key->>5, ${pickJson('sums', 7)} FROM books_before WHERE projection = 'usage_days'`,
  },
  node_days: {
    keys: ['node_id', 'day', 'model', 'account_id'],
    sums: [...COUNTS, 'earned', ...ENERGY],
    journal: `SELECT ${values([1, 0, 3, 2, 4, 5, 6, 7, 8, 9, 10])} FROM ${listed('earnings')}`,
  },
};

const LAST_FILE = 'SELECT coalesce(max(id), 0) AS id FROM archive_files';
/** The newest file of the archive, and from which day and which hour on callers' are kept. */
export const MARKS = `SELECT (${LAST_FILE}) AS id, kept_from AS keptFrom, hours_from AS hoursFrom FROM book_marks`;

function pickJson(text: string, count: number): string {
  return Array.from({ length: count }, (_, i) => `${text}->>${i}`).join(', ');
}

/** All that D1 has, by key. */
function journalOf(name: ProjectionName): string {
  const { keys, sums, journal, before: told } = TABLES[name];
  const before =
    told ??
    `SELECT ${pickJson('key', keys.length)}, ${pickJson('sums', sums.length)} FROM books_before WHERE projection = '${name}'`;
  const columns = [...keys, ...sums].join(', ');
  return `WITH journal (${columns}) AS (${journal} UNION ALL ${before})
    SELECT ${keys.join(', ')}, ${sums.map((sum) => `sum(${sum}) AS ${sum}`).join(', ')} FROM journal GROUP BY ${keys.join(', ')}`;
}

/**
 * A page of a projection in the order of its keys: for each `key`, what the table has (`held`) and what D1 tells of it (`told`), JSON lists of sums.
 * ?1: the key behind which it begins, a JSON list, or null; ?2: rows at most.
 */
export function pageOf(name: ProjectionName): string {
  const { keys, sums, kept = 'true' } = TABLES[name];
  const list = keys.join(', ');
  const sumsOf = (prefix: string): string => sums.map((sum) => `sum(${prefix}_${sum})`).join(', ');
  const held = sums.map((sum) => `${sum} AS h_${sum}, 0 AS t_${sum}`).join(', ');
  const told = sums.map((sum) => `0, ${sum}`).join(', ');
  return `SELECT json_array(${list}) AS key, json_array(${sumsOf('h')}) AS held, json_array(${sumsOf('t')}) AS told
    FROM (SELECT ${list}, ${held} FROM ${name} UNION ALL SELECT ${list}, ${told} FROM (${journalOf(name)}))
    WHERE ${kept} AND (?1 IS NULL OR (${list}) > (${pickJson('?1', keys.length)})) GROUP BY ${list} ORDER BY ${list} LIMIT ?2`;
}

/**
 * Makes rows of a projection anew: ?1, JSON lists of `[key, sums]` as the archive tells them, together with what D1 tells; ?2: the last file of the
 * archive that they are of. Where there are more files by now nothing changes.
 */
export function rebuildRows(name: ProjectionName): string {
  const { keys, sums } = TABLES[name];
  const told = sums.map((sum, i) => `(g.value->>'$[1][${i}]') + coalesce(j.${sum}, 0)`).join(', ');
  const match = keys.map((key, i) => `j.${key} = g.value->>'$[0][${i}]'`).join(' AND ');
  return `INSERT INTO ${name} (${[...keys, ...sums].join(', ')})
    SELECT ${keys.map((_, i) => `g.value->>'$[0][${i}]'`).join(', ')}, ${told} FROM json_each(?1) AS g
    LEFT JOIN (${journalOf(name)}) AS j ON ${match}
    WHERE (${LAST_FILE}) = ?2 ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${sums.map((sum) => `${sum} = excluded.${sum}`).join(', ')}`;
}

/** Files of the archive after ?1, ?2 at most. */
export const NEXT_FILES = `SELECT id, key, journal_start AS start, journal_length AS length,
    (SELECT hours_from FROM book_marks) AS hoursFrom FROM archive_files WHERE id > ?1 ORDER BY id LIMIT ?2`;
