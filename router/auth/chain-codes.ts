// The door to accounts' names on the chain, in D1: a random word each, made once.
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { chainCodes } from '../../schema/buying-tables.ts';

export interface ChainCodes {
  /** An account's code, made where it has none yet; two askers at once get the same. Rejects when D1 does. */
  readonly codeOf: (accountId: string, now: number) => Promise<Hex>;
  /** Whose it is; null for nobody's. Rejects when D1 does. */
  readonly findAccount: (code: Hex) => Promise<string | null>;
}

const CODE_BYTES = 32;

export function makeChainCodes(doors: {
  readonly db: D1Database;
  readonly random: (bytes: number) => Uint8Array;
}): ChainCodes {
  const db = drizzle(doors.db);
  const read = async (accountId: string): Promise<Hex | null> => {
    const row = await db.select().from(chainCodes).where(eq(chainCodes.accountId, accountId)).get();
    return (row?.code as Hex | undefined) ?? null;
  };
  return {
    codeOf: async (accountId, now) => {
      const known = await read(accountId);
      if (known) return known;
      const code = toHex(doors.random(CODE_BYTES));
      await db.insert(chainCodes).values({ code, accountId, createdAt: now }).onConflictDoNothing();
      const kept = await read(accountId);
      if (!kept) throw new Error('the code was not kept');
      return kept;
    },
    findAccount: async (code) => {
      const row = await db.select().from(chainCodes).where(eq(chainCodes.code, code.toLowerCase())).get();
      return row?.accountId ?? null;
    },
  };
}
