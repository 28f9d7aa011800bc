// What a home can draw at most, by what its state says of its power. Pure.
import * as z from 'zod';
import { powerFactsSchema } from '../../schema/frames-to-hub.ts';
import { boundWatts } from '../billing/bound-watts.ts';

const toldSchema = z.object({ power: powerFactsSchema });

/** W at the wall; null where the state says nothing that can be read, or names no card that is known. */
export function readMostWatts(state: unknown): number | null {
  const told = toldSchema.safeParse(state);
  return told.success ? boundWatts(told.data.power) : null;
}
