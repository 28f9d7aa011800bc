// The statements of the book in D1. One JSON parameter carries a whole batch: D1 binds at most 100 values a statement, and a few statements cost
// less than a few a row.
import { addUsageOf, sumUpUsage } from './usage-sql.ts';
import { BONUS_EVENT } from './build-entry.ts';
import { toBoughtName } from './plan-bonus.ts';
import { BOOKED_BITS, IN_FLUSH, isBookedSql, jobKeySql } from './booked-sql.ts';

/** First places of flushes that are begun in one ms. */
export const FLUSH_PLACES_A_MS = 1024;

/** Where a flush stands that an account began at `number`, ms since epoch: in the order of time, as a rule at a place of its own. */
export function placeOf(accountId: string, number: number): number {
  let hash = 0x811c9dc5;
  for (const letter of accountId) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return number * FLUSH_PLACES_A_MS + (hash % FLUSH_PLACES_A_MS);
}

/** The bit of an event by its id, 0 for one that is no part's. */
const BIT = `CASE ${Object.entries(BOOKED_BITS)
  .map(([name, bit]) => `WHEN e.value->>'id' LIKE '${name}:%' THEN ${bit}`)
  .join(' ')} ELSE 0 END`;
const KEY = jobKeySql("e.value->>'jobId'");

/**
 * A settlement that comes alone is one that its account has forgotten: what it may have handed over with others is a month old then, and placed
 * where the schedule runs. So this looks at what is not, a week of flushes, for what hardly ever comes.
 */
const IS_FORGOTTEN = `(${BIT}) = ${BOOKED_BITS.settle} AND EXISTS (SELECT 1 FROM flushes AS f
      WHERE f.seq > (SELECT placed FROM book_marks) AND f.account_id = e.value->>'accountId' AND instr(f.parts, lower(hex(${KEY}))) > 0)`;

/** A part's event is known by its receipts, any other by its postings. */
const IS_NEW = `NOT EXISTS (SELECT 1 FROM postings AS known WHERE known.event_id = e.value->>'id')
      AND NOT ${isBookedSql({ key: KEY, part: "e.value->>'part'", bit: `(${BIT})` })} AND NOT (${IS_FORGOTTEN})`;
const ENTRIES = `json_each(?1) AS e, json_each(e.value, '$.postings') AS p`;
/** Lists of what came alone stand behind all others: they move nothing. */
const NEXT = `max(coalesce((SELECT max(seq) FROM flushes), 0), coalesce((SELECT max(summed, placed) FROM book_marks), 0)) + 1`;

/** What is no part's keeps its event and its postings; of a part only why its charge was lowered. */
const INSERT_EVENTS = `
    INSERT INTO events (id, kind, job_id, part, account_id, at, memo)
    SELECT value->>'id', value->>'kind', value->>'jobId', value->>'part', value->>'accountId', value->>'at', value->>'memo'
    FROM json_each(?1) AS e WHERE (value->>'jobId' IS NULL OR value->>'memo' LIKE 'charge lowered%') AND ${IS_NEW} ON CONFLICT DO NOTHING`;

/** A row is checked as it will stand, not as what is added to it. */
const MOVE_BALANCES = `
    INSERT INTO balances (book, amount)
    SELECT moved.book, moved.amount + coalesce(held.amount, 0)
    FROM (SELECT p.value->>'book' AS book, sum(p.value->>'amount') AS amount FROM ${ENTRIES} WHERE ${IS_NEW} GROUP BY 1) AS moved
    LEFT JOIN balances AS held ON held.book = moved.book
    WHERE true ON CONFLICT (book) DO UPDATE SET amount = excluded.amount`;

const FEES_MOVED = `SELECT e.value->>'nodeId' AS node,
        sum(max(0, p.value->>'amount')) AS brought, sum(max(0, -(p.value->>'amount'))) AS drawn
      FROM ${ENTRIES} WHERE p.value->>'book' = 'fees' AND e.value->>'nodeId' IS NOT NULL AND ${IS_NEW} GROUP BY 1`;

const MOVE_HOME_FEES = `
    INSERT INTO home_fees (node_id, brought, drawn)
    SELECT moved.node, moved.brought + coalesce(held.brought, 0), moved.drawn + coalesce(held.drawn, 0)
    FROM (${FEES_MOVED}) AS moved
    LEFT JOIN home_fees AS held ON held.node_id = moved.node
    WHERE true ON CONFLICT (node_id) DO UPDATE SET brought = excluded.brought, drawn = excluded.drawn`;

const DAYS_MOVED = `SELECT CAST(e.value->>'at' AS INTEGER) / 86400000 AS day, p.value->>'book' AS book, sum(p.value->>'amount') AS amount,
      count(*) AS postings FROM ${ENTRIES} WHERE e.value->>'jobId' IS NOT NULL AND ${IS_NEW} GROUP BY 1, 2`;

const MOVE_DAYS = `
    INSERT INTO book_days (day, book, amount, postings) SELECT day, book, amount, postings FROM (${DAYS_MOVED}) WHERE true
    ON CONFLICT (day, book) DO UPDATE SET amount = amount + excluded.amount, postings = postings + excluded.postings`;

/** Rows of the new entries' lists. */
const NEW_ROWS = (list: string): string =>
  `(SELECT json_group_array(json(r.value)) FROM json_each(?1) AS e, json_each(e.value, '$.${list}') AS r WHERE ${IS_NEW})`;
/** What has been moved already, so that it can be told from this list too. */
const ALONE = `json_object('days', (SELECT json_group_array(json_array(day, book, amount, postings)) FROM (${DAYS_MOVED})),
      'homes', (SELECT json_group_array(json_array(node, brought, drawn)) FROM (${FEES_MOVED})))`;

/** So that statistics, the totals of their days and the archive come by it. */
export const LIST_PARTS = `
    INSERT INTO flushes (seq, account_id, at, postings, homes, usage, earnings, alone, parts)
    SELECT ${NEXT}, '', ?2, '{}', '{}', ${NEW_ROWS('usage')}, ${NEW_ROWS('earnings')}, ${ALONE}, ?3 WHERE EXISTS (SELECT 1 FROM json_each(?1) AS e WHERE e.value->>'packed' IS NOT NULL AND ${IS_NEW})`;

/** Before the receipts, which tell what is new. Postings of an event that has some are never added to: no delivery can unbalance it. */
const INSERT_POSTINGS = `
    INSERT INTO postings (event_id, book, amount)
    SELECT e.value->>'id', p.value->>'book', p.value->>'amount' FROM ${ENTRIES} WHERE e.value->>'jobId' IS NULL AND ${IS_NEW}
    ON CONFLICT DO NOTHING`;

const INSERT_RECEIPTS = `
    INSERT INTO part_receipts (job, part, booked, packed)
    SELECT ${KEY}, value->>'part', ${BIT}, unhex(value->>'packed') FROM json_each(?1) AS e
    WHERE value->>'packed' IS NOT NULL AND ${IS_NEW} ON CONFLICT DO NOTHING`;

/** Each takes the entries as JSON rows; LIST_PARTS, which comes between the two, also their newest end and their list. */
export const BOOK_ENTRIES = [INSERT_EVENTS, MOVE_BALANCES, MOVE_HOME_FEES, MOVE_DAYS] as const;
export const BOOK_LAST = [INSERT_POSTINGS, INSERT_RECEIPTS] as const;

/** How many accounts can begin a flush in one ms and share its first place. */
const PLACES = 8;

/** A flush stands at the place that its number and account give, ?1, or at one of the next, which another account's may have taken. */
const STANDS = (place: string): string => `f.seq BETWEEN ${place} AND ${place} + ${PLACES - 1}`;

/** A flush is one transaction, and so it is known by itself, and once it has been placed by its first part: its account, job and part are ?2 to ?4. */
const IS_FLUSH_NEW = `NOT EXISTS (SELECT 1 FROM flushes AS f WHERE ${STANDS('?1')} AND f.account_id = ?2)
      AND NOT ${isBookedSql({ key: 'unhex(?3)', part: '?4', bit: String(BOOKED_BITS.settle) })}`;
const FREE_PLACE = `(SELECT min(?1 + n.value) FROM json_each('[${Array.from({ length: PLACES }, (_, i) => i).join()}]') AS n
      WHERE NOT EXISTS (SELECT 1 FROM flushes AS taken WHERE taken.seq = ?1 + n.value))`;
/** Its end, postings, homes, list, receipts, usage and earnings are ?5 to ?11. */
const INSERT_FLUSH = `INSERT INTO flushes (seq, account_id, at, postings, homes, usage, earnings, parts, packed)
    SELECT ${FREE_PLACE}, ?2, ?5, ?6, ?7, ?10, ?11, ?8, unhex(?9) WHERE ${IS_FLUSH_NEW}`;

/** Why charges were lowered; ?1: parts, ?2: account, ?3: end. */
export const INSERT_MEMOS = `INSERT INTO events (id, kind, job_id, part, account_id, at, memo)
    SELECT value->>'id', 'settle', value->>'jobId', value->>'part', ?2, ?3, value->>'memo' FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`;

/** Gives a row where the flush is new and will be summed up with its like. */
export const BOOK_FLUSH = `${INSERT_FLUSH} AND ?1 > (SELECT summed FROM book_marks) RETURNING seq`;

/** For one that comes when others of its time have been summed up: it becomes part of the balances by itself, where it is new. */
export const BOOK_LATE_FLUSH = [
  `INSERT INTO balances (book, amount) SELECT p.key, p.value FROM json_each(?6) AS p WHERE ${IS_FLUSH_NEW}
    ON CONFLICT (book) DO UPDATE SET amount = amount + excluded.amount`,
  `INSERT INTO book_days (day, book, amount, postings) SELECT CAST(?5 AS INTEGER) / 86400000, p.key, p.value, 1 FROM json_each(?6) AS p
    WHERE ${IS_FLUSH_NEW}
    ON CONFLICT (day, book) DO UPDATE SET amount = amount + excluded.amount, postings = postings + excluded.postings`,
  `INSERT INTO home_fees (node_id, brought, drawn) SELECT h.key, h.value, 0 FROM json_each(?7) AS h WHERE ${IS_FLUSH_NEW}
    ON CONFLICT (node_id) DO UPDATE SET brought = brought + excluded.brought`,
  ...addUsageOf({ account: '?2', at: '?5', usage: '?10', earnings: '?11', where: IS_FLUSH_NEW }),
  `${INSERT_FLUSH} AND ?1 <= (SELECT summed FROM book_marks)`,
  // Nobody will look there for receipts that are in no place yet.
  `INSERT INTO receipt_places (job, part, booked, file, start, length)
    SELECT unhex(p.value->>0), p.value->>1, ${BOOKED_BITS.settle}, ${IN_FLUSH}, f.seq, 0 FROM json_each(?8, '$.p') AS p
    JOIN flushes AS f ON ${STANDS('?1')} AND f.account_id = ?2 WHERE f.seq <= (SELECT placed FROM book_marks) ON CONFLICT DO NOTHING`,
] as const;

/**
 * The blocks of receipts in which a job's parts stand, ?1, in flushes that its account's object names by their places, ?2 and ?3, or that it has
 * its place in.
 */
export const FIND_BLOCKS = `SELECT substr(f.packed, b.value->>2 + 1, b.value->>3) AS packed FROM flushes AS f, json_each(f.parts, '$.b') AS b
    WHERE f.seq IN (SELECT f.seq FROM json_each(?2) AS n JOIN flushes AS f ON ${STANDS('n.value')} AND f.account_id = ?3
      UNION SELECT start FROM receipt_places WHERE job = ${jobKeySql('?1')} AND file = ${IN_FLUSH})
    AND EXISTS (SELECT 1 FROM json_each(f.parts, '$.p') AS p
      WHERE p.key >= b.value->>0 AND p.key < b.value->>1 AND p.value->>0 = lower(hex(${jobKeySql('?1')})))`;

/** Flushes that are in no balance yet. */
const FRESH = `flushes AS f WHERE f.seq > (SELECT summed FROM book_marks)`;
const FRESH_POSTINGS = `SELECT p.key AS book, p.value AS amount FROM flushes AS f, json_each(f.postings) AS p
      WHERE f.seq > (SELECT summed FROM book_marks)`;
/** ?1: how many have to wait for it to be worth their while; ?2: up to which place they are summed up. */
const IS_DUE = `(SELECT count(*) FROM flushes AS due, book_marks AS b WHERE due.seq > b.summed AND due.seq <= ?2) >= ?1`;

/** Where it is not, none is looked at. */
const DUE = `f.seq > CASE WHEN ${IS_DUE} THEN (SELECT summed FROM book_marks) ELSE ${Number.MAX_SAFE_INTEGER} END AND f.seq <= ?2`;
const DUE_POSTINGS = `flushes AS f, json_each(f.postings) AS p WHERE ${DUE}`;

/** Puts the flushes that wait into the balances, all at once. What they bring to the fees is never negative, so no check can fail. */
export const SUM_UP = [
  `INSERT INTO balances (book, amount) SELECT p.key, sum(p.value) FROM ${DUE_POSTINGS} GROUP BY 1
    ON CONFLICT (book) DO UPDATE SET amount = amount + excluded.amount`,
  `INSERT INTO book_days (day, book, amount, postings)
    SELECT f.at / 86400000, p.key, sum(p.value), count(*) FROM ${DUE_POSTINGS} GROUP BY 1, 2
    ON CONFLICT (day, book) DO UPDATE SET amount = amount + excluded.amount, postings = postings + excluded.postings`,
  `INSERT INTO home_fees (node_id, brought, drawn)
    SELECT h.key, sum(h.value), 0 FROM flushes AS f, json_each(f.homes) AS h WHERE ${DUE} GROUP BY 1
    ON CONFLICT (node_id) DO UPDATE SET brought = brought + excluded.brought`,
  ...sumUpUsage(DUE),
  `UPDATE book_marks SET summed = (SELECT max(seq) FROM flushes WHERE seq <= ?2) WHERE ${IS_DUE}`,
] as const;

/** Every book as of now: what is summed up, and what waits for it. */
export const ALL_BALANCES = `SELECT book, sum(amount) AS amount FROM (
    SELECT book, amount FROM balances UNION ALL SELECT book, amount FROM (${FRESH_POSTINGS})) GROUP BY book`;

/** Of all kinds. */
const CREDIT_BOOKS = `(?1, ?1 || ':earned', ?1 || ':bought')`;
export const CREDIT_OF = `SELECT coalesce(sum(amount), 0) AS amount FROM (
    SELECT amount FROM balances WHERE book IN ${CREDIT_BOOKS} UNION ALL SELECT amount FROM (${FRESH_POSTINGS}) WHERE book IN ${CREDIT_BOOKS})`;

export const BALANCE_OF = `SELECT coalesce(sum(amount), 0) AS amount FROM (
    SELECT amount FROM balances WHERE book = ?1 UNION ALL SELECT amount FROM (${FRESH_POSTINGS}) WHERE book = ?1)`;

/** Units that a home was paid as bonuses: `${BONUS_EVENT}:{home}:{epoch}`, found by what its id begins with. */
const BONUS_OF = (home: string): string => `(SELECT coalesce(sum(b.amount), 0) FROM postings AS b
      WHERE b.event_id >= '${BONUS_EVENT}:' || ${home} || ':' AND b.event_id < '${BONUS_EVENT}:' || ${home} || ';' AND b.book LIKE 'owner:%')`;

/** What went to its owner as a bonus is not there any more for work that nobody was charged for. */
export const BROUGHT_BY = `SELECT coalesce(sum(brought), 0) - ${BONUS_OF('?1')} AS brought FROM (
    SELECT brought FROM home_fees WHERE node_id = ?1
    UNION ALL SELECT h.value FROM flushes AS f, json_each(f.homes) AS h WHERE f.seq > (SELECT summed FROM book_marks) AND h.key = ?1)`;

/** Of each home of a list, ?1: whose it is, the fees of its jobs, those that bought credit paid, and its bonuses so far; units. */
export const BONUS_FACTS = `WITH names AS (
      SELECT value AS home, value AS name, 0 AS is_bought FROM json_each(?1)
      UNION ALL SELECT value, value || '${toBoughtName('')}', 1 FROM json_each(?1)),
    moved AS (SELECT node_id AS name, brought, drawn FROM home_fees WHERE node_id IN (SELECT name FROM names)
      UNION ALL SELECT h.key, h.value, 0 FROM flushes AS f, json_each(f.homes) AS h
        WHERE f.seq > (SELECT summed FROM book_marks) AND h.key IN (SELECT name FROM names))
    SELECT n.home AS nodeId, (SELECT account_id FROM nodes WHERE id = n.home) AS accountId,
      coalesce(sum(m.brought) FILTER (WHERE n.is_bought = 1), 0) AS boughtFees,
      coalesce(sum(m.brought) FILTER (WHERE n.is_bought = 0), 0) AS brought,
      coalesce(sum(m.drawn) FILTER (WHERE n.is_bought = 0), 0) AS drawn, ${BONUS_OF('n.home')} AS paid
    FROM names AS n LEFT JOIN moved AS m ON m.name = n.name GROUP BY n.home`;

/** One by one, and summed up by day. */
const ALL_POSTINGS = `SELECT book, amount FROM postings UNION ALL SELECT book, amount FROM book_days`;

export const TOTAL = `SELECT sum(amount) AS sum FROM (${ALL_POSTINGS} UNION ALL SELECT book, amount FROM (${FRESH_POSTINGS}))`;

/** A day is named by its number since 1970. */
export const FIND_UNBALANCED = `
    SELECT event_id AS id FROM postings GROUP BY event_id HAVING sum(amount) <> 0
    UNION ALL SELECT 'day:' || day FROM book_days GROUP BY day HAVING sum(amount) <> 0
    UNION ALL SELECT 'flush:' || f.seq FROM ${FRESH} AND (SELECT coalesce(sum(value), 0) FROM json_each(f.postings)) <> 0 LIMIT 100`;

export const FIND_DRIFTED = `
    SELECT coalesce(summed.book, held.book) AS book
    FROM (SELECT book, sum(amount) AS amount FROM (${ALL_POSTINGS}) GROUP BY book) AS summed
    FULL JOIN balances AS held ON held.book = summed.book
    WHERE coalesce(summed.amount, 0) <> coalesce(held.amount, 0) LIMIT 100`;

const IS_CREDIT = "book LIKE 'acct\\_%' ESCAPE '\\'";

/** What parts have moved in all: paid by callers, earned by owners, and left to the fees. */
export const SUM_FLOWS = `SELECT -coalesce(sum(amount) FILTER (WHERE ${IS_CREDIT}), 0) AS paid,
      coalesce(sum(amount) FILTER (WHERE book LIKE 'owner:%'), 0) AS earned,
      coalesce(sum(amount) FILTER (WHERE book = 'fees'), 0) AS kept
    FROM (SELECT book, amount FROM book_days UNION ALL SELECT book, amount FROM (${FRESH_POSTINGS}))`;

/** Who has what, over all books: credit of all kinds, what owners have not turned into credit, and what came in from outside (below 0 in its book). */
export const SUM_BOOKS = `SELECT coalesce(sum(amount) FILTER (WHERE ${IS_CREDIT}), 0) AS credit,
      count(*) FILTER (WHERE ${IS_CREDIT} AND amount < 0) AS overdrawn,
      coalesce(sum(amount) FILTER (WHERE book LIKE 'owner:%'), 0) AS owned,
      coalesce(sum(amount) FILTER (WHERE book = 'fees'), 0) AS fees,
      coalesce(sum(amount) FILTER (WHERE book = 'transit'), 0) AS transit,
      coalesce(sum(amount) FILTER (WHERE book = 'operator'), 0) AS operator,
      -coalesce(sum(amount) FILTER (WHERE book = 'grants'), 0) AS granted,
      -coalesce(sum(amount) FILTER (WHERE book IN ('stripe', 'x402')), 0) AS bought
    FROM (${ALL_BALANCES})`;

export const SUM_ALL = `SELECT f.paid, f.earned, b.fees, b.overdrawn FROM (${SUM_FLOWS}) AS f, (${SUM_BOOKS}) AS b`;

/** Flushes that wait to be summed up. */
export const COUNT_FRESH = `SELECT count(*) AS waiting FROM ${FRESH}`;
