// The door to whose a job was, for an operator who knows its number alone. Of its account's own index nobody without the account has use: so the newest lists
// are looked through, so many, and beyond a week the places of receipts.
import { keyOfJob } from './job-key.ts';
import { toHex } from '../../schema/bytes.ts';

export interface JobAccount {
  /** Null where it is in none of these. Rejects when D1 does. */
  readonly find: (jobId: string) => Promise<string | null>;
}

/** Lists that are looked through: of some dozen parts each where a network is busy. */
const MOST_LISTS = 5000;

const IN_LISTS = `SELECT account_id AS account FROM (SELECT account_id, parts FROM flushes ORDER BY seq DESC LIMIT ${MOST_LISTS})
    WHERE instr(parts, ?1) > 0 LIMIT 1`;
/** Of those whose receipts stand in a flush yet, and in no file. */
const IN_PLACES = `SELECT f.account_id AS account FROM receipt_places AS p JOIN flushes AS f ON f.seq = p.start
    WHERE p.job = unhex(?1) AND p.file = 0 LIMIT 1`;

export function makeJobAccount(db: D1Database): JobAccount {
  const ask = async (text: string, value: string): Promise<string | null> =>
    (await db.prepare(text).bind(value).first<{ account: string }>())?.account ?? null;
  return {
    find: async (jobId) => {
      const hex = toHex(keyOfJob(jobId)).slice(2);
      return (await ask(IN_PLACES, hex)) ?? (await ask(IN_LISTS, `"${hex}"`));
    },
  };
}
