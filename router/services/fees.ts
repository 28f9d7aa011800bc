// What the network takes, as this isolate last heard it from the settler, which reads the rules on the chain. Where there is no chain nobody is asked.
import type { FeeSchedule } from '../../schema/fee-schedule.ts';
import { feesFrom } from '../../schema/fee-schedule.ts';
import { epochOf } from '../../schema/epoch.ts';
import type { Env } from '../env.ts';
import { makeLog } from '../log.ts';
import { pickEpochSeconds } from './pick-local.ts';
import type { Stubs } from './stubs.ts';

const log = makeLog('services');

/** So long what was heard is good, ms, and a twelfth of an epoch where that is shorter: a change is known some epochs ahead as a rule. */
const KEPT_MS = 60_000;
const KEPT_EPOCHS = 1 / 12;

/** What bears on tickets that are signed from `now` on, ms since epoch. Never rejects: what was heard last stands while the settler is away. */
export type FindFees = (now: number) => Promise<FeeSchedule>;

export function openFees(env: Env, { settler }: Pick<Stubs, 'settler'>): FindFees {
  if (env.CHAIN_RPC_URL === undefined) return () => Promise.resolve([]);
  const seconds = pickEpochSeconds(env);
  const keptMs = Math.min(KEPT_MS, 1000 * seconds * KEPT_EPOCHS);
  let heard: FeeSchedule = [];
  let heardAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;
  const ask = async (now: number): Promise<void> => {
    try {
      heard = (await settler().rules()).map(({ fromEpoch, feeBps }) => ({ fromEpoch, feeBps }));
      heardAt = now;
    } catch (error) {
      log.warn('fees-not-heard', { error });
    }
  };
  return async (now) => {
    if (now - heardAt >= keptMs) await (asking ??= ask(now).finally(() => (asking = null)));
    return feesFrom(heard, epochOf(now, seconds));
  };
}
