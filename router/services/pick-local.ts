// Numbers that the operator or, most of them, only the local network may set, else the standard ones. Pure.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_SECONDS } from '../../schema/epoch.ts';
import { changeTimings, TIMINGS } from '../../schema/timings.ts';
import type { Timings } from '../../schema/timings.ts';
import { CROWD_LIMITS } from '../billing/decide-crowd.ts';
import type { CrowdLimits } from '../billing/decide-crowd.ts';
import type { Env } from '../env.ts';

export function pickLocal(env: Pick<Env, 'LOCAL_PLACES'>, text: string | undefined, standard: number): number {
  const isSet = env.LOCAL_PLACES === '1' && text !== undefined && /^[0-9]{1,9}$/.test(text);
  return isSet ? Number(text) : standard;
}

/** The waits of the network: those that the local one was started with, else the standard ones. */
export function pickTimings({ LOCAL_PLACES, LOCAL_TIMINGS }: Pick<Env, 'LOCAL_PLACES' | 'LOCAL_TIMINGS'>): Timings {
  return LOCAL_PLACES === '1' && LOCAL_TIMINGS !== undefined ? changeTimings(LOCAL_TIMINGS) : TIMINGS;
}

/** Length of an epoch, s. */
export function pickEpochSeconds(env: Pick<Env, 'EPOCH_SECONDS'>): number {
  return Number(env.EPOCH_SECONDS ?? EPOCH_SECONDS);
}

/** The node that epochs leave out; null for none. */
export function pickLeftOut({
  LOCAL_PLACES,
  LOCAL_LEAVE_OUT = '',
}: Pick<Env, 'LOCAL_PLACES' | 'LOCAL_LEAVE_OUT'>): Hex | null {
  return LOCAL_PLACES === '1' && /^0x[0-9a-f]{40}$/.test(LOCAL_LEAVE_OUT) ? (LOCAL_LEAVE_OUT as Hex) : null;
}

/** Whether webhooks may go to this machine, and without TLS: a network that stands on one machine has its receivers there. */
export function allowsLocalWebhooks({
  LOCAL_PLACES,
  LOCAL_WEBHOOKS,
}: Pick<Env, 'LOCAL_PLACES' | 'LOCAL_WEBHOOKS'>): boolean {
  return LOCAL_PLACES === '1' && LOCAL_WEBHOOKS === '1';
}

const most = z.int().min(1).max(100_000);
const crowdSchema = z.strictObject({ account: most, key: most, guest: most }).partial();

/** Jobs at once: what the operator set, `{"account": 512, "key": 256, "guest": 32}` or some of it. Throws on what is none: the operator is to see it. */
export function pickCrowdLimits({ JOBS_AT_ONCE }: Pick<Env, 'JOBS_AT_ONCE'>): CrowdLimits {
  return { ...CROWD_LIMITS, ...crowdSchema.parse(JSON.parse(JOBS_AT_ONCE ?? '{}')) } as CrowdLimits;
}
