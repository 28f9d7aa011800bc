// What tells that a caller and a home belong together, as short texts that are compared and told to nobody: the wallets that an account's homes are paid
// to, the pools that it is in, and the family of the address that it comes from. Pure.
import type { Relation } from '../../schema/credit.ts';

/** Texts of one side at most: what an account has beyond that is not compared. */
export const MOST_KIN = 24;
const POOL_DIGITS = 12;

/** `family`: of the address, as `FamilyTags` tells it; null where nobody knows it. */
export function makeKin(of: {
  readonly wallets?: readonly (string | null)[] | undefined;
  readonly pools?: readonly string[] | undefined;
  readonly family?: string | null | undefined;
}): string[] {
  const wallets = (of.wallets ?? []).flatMap((wallet) =>
    wallet === null ? [] : [`w${wallet.toLowerCase().slice(2)}`],
  );
  const pools = (of.pools ?? []).map((pool) => `p${pool.slice('pool_'.length, 'pool_'.length + POOL_DIGITS)}`);
  const family = of.family ? [`a${of.family}`] : [];
  return [...family, ...new Set([...wallets, ...pools])].slice(0, MOST_KIN);
}

const RELATIONS: Readonly<Record<string, Relation>> = { w: 'wallet', p: 'pool', a: 'address' };
const ORDER: readonly Relation[] = ['wallet', 'pool', 'address'];

interface Side {
  readonly accountId: string;
  readonly kin: readonly string[];
}

/** How caller and home belong together, by the strongest that they share; null where nothing tells that they do. */
export function findRelation(caller: Side, home: Side): Relation | null {
  if (caller.accountId === home.accountId) return 'account';
  const known = new Set(home.kin);
  const shared = new Set(caller.kin.flatMap((one) => (known.has(one) ? [RELATIONS[one.slice(0, 1)]] : [])));
  return ORDER.find((relation) => shared.has(relation)) ?? null;
}

/** 10/8, 172.16/12, 192.168/16, 100.64/10, 127/8, 169.254/16, and of IPv6 what no provider gives out. */
const PRIVATE =
  /^(?:10\.|127\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|0:|f[cd]|fe[89ab])/;

/**
 * The family of an address (read-address.ts): 256 addresses of IPv4, or the 48 bits that one site has of IPv6. Null for one of a private network, which
 * tells nothing, and where none is known.
 */
export function familyOf(address: string): string | null {
  if (address === '' || PRIVATE.test(address)) return null;
  const groups = address.includes(':') ? address.split(':') : address.split('.');
  return groups.length < 4 ? null : groups.slice(0, 3).join(address.includes(':') ? ':' : '.');
}
