// Numbers that only the local network may set, else the standard ones. Pure.
import { changeTimings, TIMINGS } from '../../schema/timings.ts';
import type { Timings } from '../../schema/timings.ts';
import type { Env } from '../env.ts';

export function pickLocal(env: Pick<Env, 'LOCAL_PLACES'>, text: string | undefined, standard: number): number {
  const isSet = env.LOCAL_PLACES === '1' && text !== undefined && /^[0-9]{1,9}$/.test(text);
  return isSet ? Number(text) : standard;
}

/** The waits of the network: those that the local one was started with, else the standard ones. */
export function pickTimings({ LOCAL_PLACES, LOCAL_TIMINGS }: Pick<Env, 'LOCAL_PLACES' | 'LOCAL_TIMINGS'>): Timings {
  return LOCAL_PLACES === '1' && LOCAL_TIMINGS !== undefined ? changeTimings(LOCAL_TIMINGS) : TIMINGS;
}
