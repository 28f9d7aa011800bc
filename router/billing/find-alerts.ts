// Which alerts are due when a key has spent something or an account has little left, and what they say. Pure.
import type { KeyLimits } from '../../schema/key-limits.ts';
import { dayOf, monthOf } from './compute-periods.ts';
import { resetOf, SPEND_LIMITS } from './judge-spend.ts';
import type { SpendLimit } from './judge-spend.ts';
import type { Spent } from './sum-spending.ts';

/** Per cent of a limit, the highest first: where several are passed at once that one is told. */
const MARKS = [100, 80] as const;

/** One alert: told once for each `period` of its `name`. */
export interface Alert {
  readonly name: string;
  readonly period: string;
  /** As `webhook-id` takes it: the same however often it is sent. */
  readonly id: string;
  readonly body: object;
}

interface SpendingFacts {
  readonly accountId: string;
  readonly keyId: string;
  readonly limits: KeyLimits;
  readonly spent: Spent;
  /** A job that did not fit beside what is spent was refused for this limit, which is as good as used up. */
  readonly blocked?: SpendLimit | null;
}

/** Alerts of a key's spend limits by what is spent now, whether told before or not: of each limit the highest mark, and the lower ones as said with it. */
export function findSpendAlerts(
  { accountId, keyId, limits, spent, blocked = null }: SpendingFacts,
  now: number,
): { readonly alert: Alert; readonly with: readonly Pick<Alert, 'name' | 'period'>[] }[] {
  return SPEND_LIMITS.flatMap((of) => {
    const limit = limits[of];
    if (limit === null || limit === 0) return [];
    // Of a limit that was hardly touched nothing is used up: the job was too large for it.
    const isUsedUp = blocked === of && spent[of] * 100 >= limit * 80;
    const passed = MARKS.filter((mark) => spent[of] * 100 >= limit * mark || (mark === 100 && isUsedUp));
    const [highest, ...lower] = passed;
    if (highest === undefined) return [];
    const period = `${periodOf(of, now)}-${limit}`;
    const nameOf = (mark: number): string => `${keyId}-${of}-${mark}`;
    const resetAt = resetOf(of, now);
    const body = {
      type: 'key.spend_limit',
      timestamp: new Date(now).toISOString(),
      data: {
        account: accountId,
        key: keyId,
        limit: of,
        percent: highest,
        spent_micro: spent[of],
        limit_micro: limit,
        resets_at: resetAt === null ? null : new Date(resetAt).toISOString(),
      },
    };
    const name = nameOf(highest);
    return [
      {
        alert: { name, period, id: `${name}-${period}`, body },
        with: lower.map((mark) => ({ name: nameOf(mark), period })),
      },
    ];
  });
}

function periodOf(of: SpendLimit, now: number): number {
  if (of === 'total') return 0;
  return of === 'day' ? dayOf(now) : monthOf(dayOf(now));
}

/** The name under which it is known that a low balance was told: until there is enough again. */
export const LOW_BALANCE = 'low-balance';

/** Null where the account has more than that. Units. */
export function findBalanceAlert(
  { accountId, balance, lowBalance }: { accountId: string; balance: number; lowBalance: number },
  now: number,
): Alert | null {
  if (balance >= lowBalance) return null;
  const body = {
    type: 'account.low_balance',
    timestamp: new Date(now).toISOString(),
    data: { account: accountId, balance_micro: balance, low_balance_micro: lowBalance },
  };
  return { name: LOW_BALANCE, period: String(lowBalance), id: `${accountId}-${LOW_BALANCE}-${now}`, body };
}

/** What somebody sends to see whether it arrives: one a second, however often it is asked for. */
export function makeTestAlert(accountId: string, now: number): Alert {
  const period = String(Math.floor(now / 1000));
  const body = { type: 'alerts.test', timestamp: new Date(now).toISOString(), data: { account: accountId } };
  return { name: 'test', period, id: `test-${accountId}-${period}`, body };
}
