// The run that is on: where the simulator stands and what is learned and counted in it. One at a time; set before the simulator starts.
import { distanceKm } from '../../schema/places.ts';
import { SimWatch } from './sim-watch.ts';
import type { SimPoint, SimWorld } from './sim-types.ts';

export interface SimRun {
  readonly world: SimWorld;
  readonly watch: SimWatch;
  /** Microseconds of each look at an edge and each grant at a hub, in the project's own rules. */
  readonly cost: { readonly rankUs: number[]; readonly grantUs: number[] };
  /** Distances of the closest warm home with a free slot, one for each job granted, km. */
  readonly warmKm: number[];
  /** Between two points that stand still, km; remembered. */
  readonly distance: (a: SimPoint, b: SimPoint) => number;
}

let simulatorUrl = new URL('file:///');
let run: SimRun | null = null;

/** Names the simulator's folder, as a URL that ends in `/`. */
export function openSimulator(url: URL): void {
  simulatorUrl = url;
}

/** URL of one of the simulator's files. */
export function simulatorFile(name: string): string {
  return new URL(name, simulatorUrl).href;
}

export function beginRun(world: SimWorld, isLearning: boolean): SimRun {
  run = {
    world,
    watch: new SimWatch(isLearning),
    cost: { rankUs: [], grantUs: [] },
    warmKm: [],
    distance: rememberDistances(),
  };
  return run;
}

/** The run that is on; throws when there is none. */
export function currentRun(): SimRun {
  if (!run) throw new Error('no simulation is running: call beginRun first');
  return run;
}

function rememberDistances(): SimRun['distance'] {
  const known = new Map<string, number>();
  return (a, b) => {
    const key = `${a.id} ${b.id}`;
    const km = known.get(key) ?? distanceKm(a, b);
    known.set(key, km);
    return km;
  };
}
