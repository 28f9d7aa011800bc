// Which homes a local network gets, and the command line of each. Pure.
import { join } from 'node:path';
import type { StartFlags } from './parse-start-flags.ts';

/** A home's number and city, and the words of its command line but for the enrolment code. */
export interface PlannedAgent {
  readonly number: number;
  readonly name: string;
  readonly stateDir: string;
  readonly args: readonly string[];
}

/** Cities in different areas, first the one where the demo's caller is taken to be. */
const CITIES = [
  ['Paris', 48.9, 2.4, 'FR'],
  ['Tokyo', 35.7, 139.7, 'JP'],
  ['New York', 40.7, -74, 'US'],
  ['São Paulo', -23.6, -46.6, 'BR'],
  ['Berlin', 52.5, 13.4, 'DE'],
  ['Sydney', -33.9, 151.2, 'AU'],
  ['Nairobi', -1.3, 36.8, 'KE'],
  ['San Francisco', 37.8, -122.4, 'US'],
  ['Warsaw', 52.2, 21, 'PL'],
  ['Singapore', 1.4, 103.8, 'SG'],
] as const;

/** Where requests of the demo come from: beside the first home. */
export const DEMO_PLACE = '48.9,2.4,FR';

/** Epochs are a minute here: a home that asked once in half an hour would keep no file of the last two. */
const MIRROR_RETRY_S = '10';

/** One plan per home; homes past the list of cities share them in turn. */
export function planAgents(network: {
  readonly flags: StartFlags;
  readonly url: string;
  readonly stateDir: string;
}): readonly PlannedAgent[] {
  return Array.from({ length: network.flags.nodes }, (_, at) => {
    const [city, lat, lon, country] = CITIES[at % CITIES.length] ?? CITIES[0];
    const number = at + 1;
    const stateDir = join(network.stateDir, 'agents', String(number));
    const whereTo = ['up', '--router', network.url, '--state', stateDir, '--epoch-retry', MIRROR_RETRY_S];
    const args = [...whereTo, '--place', `${lat},${lon},${country}`];
    return { number, name: `home ${number} (${city})`, stateDir, args: [...args, ...describeBackend(network.flags)] };
  });
}

function describeBackend(flags: StartFlags): readonly string[] {
  const words: string[] = [];
  if (flags.backendUrl !== null) words.push('--backend', flags.backendUrl);
  if (flags.models.length > 0) words.push('--models', flags.models.join(','));
  if (flags.paceTokensPerS !== null) words.push('--pace', String(flags.paceTokensPerS));
  if (flags.slots !== null) words.push('--slots', String(flags.slots));
  if (flags.windowMs !== null) words.push('--window', String(flags.windowMs));
  return words;
}
