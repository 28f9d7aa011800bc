// What an area takes from its environment. On the local network the sizes of hubs may be set, so that a few agents fill several.
import type { AreaServices } from '../area/area-services.ts';
import { HUB_SIZES } from '../area/plan-hubs.ts';
import type { Env } from '../env.ts';
import { pickLocal, pickTimings } from './pick-local.ts';
import { openStubs } from './stubs.ts';

export function makeAreaServices(env: Env): AreaServices {
  const { planEveryMs, lingerMs, slotsHeldMs: heldMs } = pickTimings(env);
  return {
    hub: openStubs(env).hub,
    sizes: {
      minSlots: pickLocal(env, env.HUB_MIN_SLOTS, HUB_SIZES.minSlots),
      maxSlots: pickLocal(env, env.HUB_MAX_SLOTS, HUB_SIZES.maxSlots),
    },
    planEveryMs,
    lingerMs,
    heldMs,
  };
}
