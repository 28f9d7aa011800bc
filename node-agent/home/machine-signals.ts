// What this machine says of itself, read again and again: each signal as often as it can matter, so that all of them together cost next to nothing.
import { readFileSync } from 'node:fs';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import type { GpuSource } from './gpu-reading.ts';
import type { Battery, MachineMemory, Readings, RunningApp, SignalSource } from './home-signals.ts';
import { NO_READINGS } from './home-signals.ts';
import { LinuxProcesses, listMacProcesses } from './process-list.ts';
import { askProgram } from './line-process.ts';
import {
  readHidIdle,
  readIdleMs,
  readLinuxMemory,
  readMemoryPressure,
  readMetered,
  readPmset,
  readPowerSupplies,
  readSessions,
} from './read-machine.ts';
import type { PowerSupply } from './read-machine.ts';
import { WindowsChild } from './windows-child.ts';

interface MachineDoors {
  readonly platform: NodeJS.Platform;
  /** The state folder, whose disk matters. */
  readonly folder: string;
  /** Null where nobody watches the cards. */
  readonly gpus: GpuSource | null;
  /** Whether input is a rule, and so worth asking for often. */
  readonly wantsInput: () => boolean;
}

type Probe = 'apps' | 'battery' | 'memory' | 'line' | 'input' | 'disk';

/** How often each is read, ms: what is a file each few seconds, what is a program less often. */
const EVERY: Readonly<Record<'file' | 'program', Readonly<Record<Probe, number>>>> = {
  file: { apps: 1000, battery: 5000, memory: 2000, line: 60_000, input: 15_000, disk: 5000 },
  program: { apps: 5000, battery: 15_000, memory: 15_000, line: 60_000, input: 15_000, disk: 5000 },
};
const SELDOM_MS = 60_000;
const TICK_MS = 1000;
const POWER_FOLDER = '/sys/class/power_supply';
const NETWORK_MANAGER =
  'call --system --timeout 2 --dest org.freedesktop.NetworkManager --object-path /org/freedesktop/NetworkManager ' +
  '--method org.freedesktop.DBus.Properties.Get org.freedesktop.NetworkManager Metered';
const MUTTER =
  'call --session --timeout 2 --dest org.gnome.Mutter.IdleMonitor --object-path /org/gnome/Mutter/IdleMonitor/Core ' +
  '--method org.gnome.Mutter.IdleMonitor.GetIdletime';
const SESSION_FACTS = ['Class', 'Type', 'State', 'IdleHint', 'IdleSinceHint'].flatMap((name) => ['-p', name]);

export class MachineSignals implements SignalSource {
  readonly #doors: MachineDoors;
  readonly #processes = new LinuxProcesses();
  readonly #windows: WindowsChild | null;
  readonly #dueMs = new Map<Probe, number>();
  readonly #running = new Set<Probe>();
  #readings: Readings = NO_READINGS;
  #hasCards = false;
  #timer: NodeJS.Timeout | undefined;
  #stopGpus: () => void = () => undefined;
  #onChange: () => void = () => undefined;

  constructor(doors: MachineDoors) {
    this.#doors = doors;
    this.#windows = doors.platform === 'win32' ? new WindowsChild() : null;
  }

  readings(): Readings {
    const facts = this.#windows?.facts;
    const gpus = this.#readCards();
    const apps = this.#windows ? (facts?.apps ?? null) : this.#readings.apps;
    const fromChild = facts ? { inputIdleS: facts.inputIdleS, battery: facts.battery } : {};
    return { ...this.#readings, ...fromChild, apps, gpus };
  }

  /** Cards that were there and say nothing any more are unknown; a machine that never had one has none. */
  #readCards(): Readings['gpus'] {
    const cards = this.#doors.gpus?.now() ?? null;
    if (cards !== null && cards.length > 0) this.#hasCards = true;
    return cards?.length === 0 && this.#hasCards ? null : cards;
  }

  start(onChange: () => void): void {
    this.#onChange = onChange;
    this.#stopGpus = this.#doors.gpus?.onReading(() => onChange()) ?? this.#stopGpus;
    this.#windows?.start(onChange);
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stopGpus();
    this.#windows?.close();
  }

  #tick(): void {
    const now = performance.now();
    for (const probe of ['apps', 'battery', 'memory', 'line', 'input', 'disk'] as const) {
      if (this.#running.has(probe) || now < (this.#dueMs.get(probe) ?? 0)) continue;
      this.#dueMs.set(probe, now + this.#everyMs(probe));
      this.#running.add(probe);
      void this.#read(probe).finally(() => this.#running.delete(probe));
    }
  }

  #everyMs(probe: Probe): number {
    if (probe === 'input' && !this.#doors.wantsInput()) return SELDOM_MS;
    return EVERY[this.#doors.platform === 'linux' ? 'file' : 'program'][probe];
  }

  /** Never rejects: what cannot be read is unknown. */
  async #read(probe: Probe): Promise<void> {
    const { platform, folder } = this.#doors;
    if (probe === 'apps') return this.#readApps();
    if (probe === 'battery') this.#note({ battery: await readBattery(platform).catch(() => null) });
    else if (probe === 'memory') this.#note({ memory: await readMemory(platform).catch(() => null) });
    else if (probe === 'line') this.#note({ isMetered: await readLine(platform) });
    else if (probe === 'input') this.#note({ inputIdleS: await readInput(platform) });
    else this.#note({ diskFreeBytes: await readFree(folder).catch(() => null) });
  }

  async #readApps(): Promise<void> {
    const { platform } = this.#doors;
    if (platform === 'win32') return;
    if (platform !== 'linux') return this.#noteApps(await listMacProcesses());
    const looked = this.#processes.look();
    if (looked?.hasChanged !== false) this.#noteApps(looked?.apps ?? null);
  }

  #noteApps(apps: readonly RunningApp[] | null): void {
    this.#note({ apps });
    this.#onChange();
  }

  #note(change: Partial<Readings>): void {
    const before = this.#readings;
    this.#readings = { ...before, ...change };
    const { battery, isMetered } = this.#readings;
    // A plug that was pulled, and whatever is heard of first, waits for no next look.
    const isPulled = battery?.isOnBattery !== before.battery?.isOnBattery || isMetered !== before.isMetered;
    if (isPulled || (before.memory === null && change.memory)) this.#onChange();
  }
}

async function readBattery(platform: NodeJS.Platform): Promise<Battery | null> {
  if (platform === 'darwin') return readPmset(await askProgram('pmset', ['-g', 'batt']));
  if (platform !== 'linux') return null;
  const names = await readdir(POWER_FOLDER).catch(() => []);
  return readPowerSupplies(await Promise.all(names.map(readSupply)));
}

async function readSupply(name: string): Promise<PowerSupply> {
  const read = async (file: string): Promise<string | null> =>
    (await readFile(join(POWER_FOLDER, name, file), 'utf8').catch(() => null))?.trim() ?? null;
  const [type, online, status, capacity, scope] = await Promise.all(
    ['type', 'online', 'status', 'capacity', 'scope'].map(read),
  );
  return {
    type: type ?? null,
    online: online ?? null,
    status: status ?? null,
    capacity: capacity ?? null,
    scope: scope ?? null,
  };
}

async function readMemory(platform: NodeJS.Platform): Promise<MachineMemory | null> {
  if (platform === 'darwin') return readMemoryPressure(await askProgram('memory_pressure', ['-Q']), totalmem());
  // What Windows calls available is what Node calls free there.
  if (platform === 'win32') return { availableBytes: freemem(), totalBytes: totalmem(), stalledPercent: null };
  // These are no files of a disk: to wait for them on another thread costs more than to read them.
  return readLinuxMemory(readFileSync('/proc/meminfo', 'utf8'), readPressure());
}

function readPressure(): string | null {
  try {
    return readFileSync('/proc/pressure/memory', 'utf8');
  } catch {
    return null;
  }
}

/** Only NetworkManager tells; without it nobody knows. */
async function readLine(platform: NodeJS.Platform): Promise<boolean | null> {
  if (platform !== 'linux') return null;
  return readMetered(await askProgram('gdbus', NETWORK_MANAGER.split(' ')));
}

/** Of several sources the desktop's own comes first; without any of them nobody knows. */
async function readInput(platform: NodeJS.Platform): Promise<number | null> {
  if (platform === 'darwin') return readHidIdle(await askProgram('ioreg', ['-c', 'IOHIDSystem', '-d', '4']));
  if (platform !== 'linux') return null;
  const desktop = await readDesktop();
  const sessions = await askProgram('loginctl', ['list-sessions', '--no-legend', '--no-pager']);
  const ids = sessions.split('\n').flatMap((line) => /^\s*([A-Za-z0-9]{1,20})\s/.exec(line)?.[1] ?? []);
  const text = ids.length === 0 ? '' : await askProgram('loginctl', ['show-session', ...ids, ...SESSION_FACTS]);
  const others = readSessions(text, Date.now());
  return desktop === null ? others : Math.min(desktop, others ?? desktop);
}

async function readDesktop(): Promise<number | null> {
  if (process.env['DBUS_SESSION_BUS_ADDRESS'] !== undefined) {
    const mutter = readIdleMs(await askProgram('gdbus', MUTTER.split(' ')));
    if (mutter !== null) return mutter;
  }
  return process.env['DISPLAY'] === undefined ? null : readIdleMs(await askProgram('xprintidle', []));
}

async function readFree(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
