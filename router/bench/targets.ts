// What is measured, started side by side on loopback: the mock backend itself, the bare path, and the whole of Irori with two windows; where asked,
// also the whole of another checkout.
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { startNetwork } from '../local/network.ts';
import type { Door } from './ask.ts';
import { startChild } from './children.ts';
import { startIrori } from './irori-networks.ts';
import type { IroriNetwork } from './irori-networks.ts';
import { IRORI_NAMES } from './target-names.ts';
import type { Side, TargetKind, TargetName } from './target-names.ts';

/** Something that answers chat calls, and whose CPU time belongs to which part of the way. */
export interface Target extends Door {
  readonly name: TargetName;
  readonly kind: TargetKind;
  /** Models of this prefix are asked: `say` is free at a home of one's own, `priced-say` is charged from the catalogue. */
  readonly prefix: 'say' | 'priced-say';
  readonly pids: Readonly<Record<string, readonly number[]>>;
}

export interface Bench {
  readonly targets: readonly Target[];
  readonly backendPid: number;
  readonly backendPort: number;
  /** Tells what the backend saw of a model's last request. */
  readonly backendUrl: string;
  /** The network with the default window of each side, in which an idle home can be put beside. */
  readonly networks: Readonly<Partial<Record<Side, IroriNetwork>>>;
  end(): Promise<void>;
}

const here = import.meta.dirname;
const OWN_FOLDER = resolve(here, '../..');

/** Starts everything; ends what it has started when one part fails. `beside` is the folder of another checkout, or null. */
export async function startBench(beside: string | null): Promise<Bench> {
  const ends: (() => Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    for (const one of ends.splice(0).toReversed()) await one();
  };
  try {
    const backend = startChild('the mock backend', [join(here, 'mock-backend.ts')]);
    ends.push(() => backend.end());
    const { port, tellPort } = portsLine.parse(await backend.ready);
    const direct: Target = { name: 'direct', kind: 'direct', prefix: 'say', ...doorAt(port), pids: {} };
    const asked = { backendPort: port };
    const starting = [
      startSide({ ...asked, side: 'now', folder: OWN_FOLDER }, ends),
      ...(beside === null ? [] : [startSide({ ...asked, side: 'before', folder: resolve(beside) }, ends)]),
    ];
    const floor = startFloor(port, ends);
    // Ended is only what has come to its start.
    await Promise.allSettled([...starting, floor]);
    const [now, before] = await Promise.all(starting);
    return {
      targets: [direct, await floor, ...(now?.targets ?? []), ...(before?.targets ?? [])],
      backendPid: backend.pid,
      backendPort: port,
      backendUrl: `http://127.0.0.1:${tellPort}`,
      networks: { ...(now ? { now: now.network } : {}), ...(before ? { before: before.network } : {}) },
      end,
    };
  } catch (cause) {
    await end();
    throw cause;
  }
}

const portsLine = z.object({ port: z.number(), tellPort: z.number() });

function doorAt(port: number): Door {
  return { endpoint: `http://127.0.0.1:${port}/v1`, apiKey: 'bench' };
}

async function startFloor(backendPort: number, ends: (() => Promise<void>)[]): Promise<Target> {
  const network = await startNetwork({ configPath: join(here, 'floor.toml'), bindings: {}, localPlaces: false });
  ends.push(() => network.stop());
  const agent = startChild('the bare agent', [join(here, 'floor-agent.ts'), `${network.port}`, `${backendPort}`]);
  ends.push(() => agent.end());
  await agent.ready;
  const pids = { router: network.workerdPids(), agent: [agent.pid] };
  return { name: 'floor', kind: 'floor', prefix: 'say', ...doorAt(network.port), pids };
}

/** A checkout's two networks, and the one with the default window once more as who pays sees it. */
async function startSide(
  asked: { readonly side: Side; readonly folder: string; readonly backendPort: number },
  ends: (() => Promise<void>)[],
): Promise<{ readonly targets: readonly Target[]; readonly network: IroriNetwork }> {
  const names = IRORI_NAMES[asked.side];
  const start = async (kind: 'oneAFrame' | 'window', windowMs: number | null): Promise<IroriNetwork> => {
    const network = await startIrori({ ...asked, name: names[kind], windowMs });
    ends.push(() => network.end());
    return network;
  };
  const starting = [start('oneAFrame', 0), start('window', null)] as const;
  await Promise.allSettled(starting);
  const [bare, network] = await Promise.all(starting);
  const toTarget = (kind: 'oneAFrame' | 'window', { door, pids }: IroriNetwork): Target => {
    return { ...door, name: names[kind], kind, prefix: 'say', pids };
  };
  const full = toTarget('window', network);
  const apiKey = await network.setPrices();
  const priced: Target = { ...full, apiKey, name: names.priced, kind: 'priced', prefix: 'priced-say' };
  return { targets: [toTarget('oneAFrame', bare), full, priced], network };
}
