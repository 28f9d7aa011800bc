// The energy meter among the rooms: what it reads from, and which model computes where.
import { networkInterfaces } from 'node:os';
import type { Backend } from '../backends/backend.ts';
import { isThisMachine } from '../backends/refuse-server.ts';
import type { AgentConfig } from '../config/config.ts';
import { EnergyFile } from '../energy/energy-file.ts';
import { EnergyMeter } from '../energy/energy-meter.ts';
import type { PowerStatus, WorkPlace } from '../energy/energy-meter.ts';
import { openHostPower, readBusyMs, readOwnMs } from '../energy/host-meter.ts';
import type { HostPower } from '../energy/host-meter.ts';
import { UNMETERED } from '../energy/job-share.ts';
import type { ShareFacts, WorkShare } from '../energy/job-share.ts';
import { PowerCommand } from '../energy/power-command.ts';
import type { GpuSource } from '../home/gpu-reading.ts';
import { GPU_PACE, GpuWatch } from '../home/gpu-watch.ts';
import type { PowerFacts } from '../../schema/frames-to-hub.ts';
import type { Log } from '../log.ts';
import { NO_SIGNALS } from './lending.ts';

interface MeteringDoors {
  readonly config: Pick<AgentConfig, 'state' | 'backends' | 'powerCommand' | 'powerEveryMs' | 'signals'>;
  readonly log: Log;
  /** In the order that the settings name them; the built-in ones behind. */
  readonly backends: readonly Backend[];
  /** Played ones; left out for the machine's own. */
  readonly cards?: GpuSource | undefined;
  /** Since somebody used the machine, s; left out where nobody can tell. */
  readonly inputIdleS?: () => number | null;
  readonly isLending: () => boolean;
  readonly onChange: () => void;
}

export class Metering {
  readonly #doors: MeteringDoors;
  readonly #places: ReadonlyMap<Backend, WorkPlace>;
  readonly #watch: GpuWatch;
  #meter: EnergyMeter | null = null;
  #ends: (() => void)[] = [];
  #slow: NodeJS.Timeout | undefined;

  constructor(doors: MeteringDoors) {
    this.#doors = doors;
    this.#watch = new GpuWatch({ platform: process.platform, log: doors.log, now: () => performance.now() });
    const own = listOwnAddresses();
    const { backends } = doors.config;
    this.#places = new Map(doors.backends.map((backend, i) => [backend, findPlace(backend, backends[i], own)]));
  }

  /** Opens what was kept and begins to read. Never rejects. */
  async start(): Promise<void> {
    const { config, log, inputIdleS = () => null, isLending, onChange } = this.#doors;
    const { powerCommand, powerEveryMs } = config;
    const meter = new EnergyMeter({
      cards: this.cards,
      host: config.signals === NO_SIGNALS ? NO_HOST : openHostPower(),
      readOwnMs,
      readBusyMs,
      file: await EnergyFile.open(config.state, log),
      now: () => performance.now(),
      dateNow: Date.now,
      wallEveryMs: powerCommand === null ? null : powerEveryMs,
      places: [...this.#places.values()],
      inputIdleS,
      isLending,
      onWork: (isWorking) => this.#pace(isWorking),
      onChange,
    });
    this.#meter = meter;
    this.#ends.push(meter.start());
    if (this.cards === this.#watch) this.#watch.start();
    if (powerCommand === null) return;
    const command = new PowerCommand({
      command: powerCommand,
      everyMs: powerEveryMs,
      log,
      onReading: (reading) => meter.noteWall(reading),
    });
    command.start();
    this.#ends.push(() => command.close());
  }

  /** Resolves when what was learned is stored, or the disk refused it. */
  async close(): Promise<void> {
    clearTimeout(this.#slow);
    this.#watch.close();
    for (const end of this.#ends.splice(0)) end();
    await this.#meter?.save();
  }

  /** The cards of this machine, for whoever else decides by them. */
  get cards(): GpuSource {
    const { cards, config } = this.#doors;
    return cards ?? (config.signals === NO_SIGNALS ? NO_CARDS : this.#watch);
  }

  /** A job's hold of the meter. */
  begin(backend: Backend, facts: ShareFacts): WorkShare {
    return this.#meter?.begin(this.#places.get(backend) ?? 'elsewhere', facts) ?? UNMETERED;
  }

  /** For the hub; null before anything was read. */
  facts(): PowerFacts | null {
    return this.#meter?.facts() ?? null;
  }

  status(): PowerStatus | null {
    return this.#meter?.status() ?? null;
  }

  /** A child that looks more often is a child started anew: not between two jobs that follow each other. */
  #pace(isWorking: boolean): void {
    clearTimeout(this.#slow);
    if (isWorking) return this.#watch.pace(GPU_PACE.workMs);
    this.#slow = setTimeout(() => this.#watch.pace(GPU_PACE.restMs), QUIET_MS).unref();
  }
}

const QUIET_MS = 60_000;
const NO_HOST: HostPower = { isThere: false, read: () => null };
const NO_CARDS: GpuSource = { now: () => [], onReading: () => () => undefined };

/** A server of the owner's computes on this machine's card where its address is this machine's; what another machine draws is unknown here. */
function findPlace(backend: Backend, url: string | undefined, own: ReadonlySet<string>): WorkPlace {
  if (backend.capabilities().computesOn === 'cpu') return 'cpu';
  if (url === undefined || !URL.canParse(url)) return 'elsewhere';
  const hostname = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return isThisMachine(hostname) || own.has(hostname) ? 'card' : 'elsewhere';
}

function listOwnAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces())
      .flat()
      .flatMap((one) => one?.address ?? []),
  );
}
