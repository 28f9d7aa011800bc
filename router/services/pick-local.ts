// A number that only the local network may set, else the standard one. Pure.
import type { Env } from '../env.ts';

export function pickLocal(env: Pick<Env, 'LOCAL_PLACES'>, text: string | undefined, standard: number): number {
  const isSet = env.LOCAL_PLACES === '1' && text !== undefined && /^[0-9]{1,9}$/.test(text);
  return isSet ? Number(text) : standard;
}
