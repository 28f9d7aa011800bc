// What a call needs to know of the account that pays it, as parts of statements that have `accounts` among their tables.
import { sql } from 'drizzle-orm';
import { MOST_KIN } from './make-kin.ts';

/** JSON list of the pools whose homes it may use. */
export const POOLS = sql<string>`(
  SELECT json_group_array(json_object('id', pools.id, 'name', pools.name)) FROM pools
  WHERE pools.owner_account_id = accounts.id
    OR EXISTS (SELECT 1 FROM pool_members WHERE pool_id = pools.id AND account_id = accounts.id))`;

/** JSON list of where its own homes are paid to. */
export const WALLETS = sql<string>`(
  SELECT json_group_array(wallet) FROM (SELECT DISTINCT wallet FROM nodes WHERE account_id = accounts.id AND wallet IS NOT NULL LIMIT ${MOST_KIN}))`;
