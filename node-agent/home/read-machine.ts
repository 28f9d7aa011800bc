// What the programs and files of each system say of the machine, put into one shape. Pure: what cannot be read is null.
import type { Battery, MachineMemory, RunningApp } from './home-signals.ts';

/** `ps -axo pid=,comm=`: on macOS the whole path of each program. */
export function readPs(text: string): RunningApp[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, program] = /^\s*(\d+)\s+(\S.*)$/.exec(line) ?? [];
    if (pid === undefined || program === undefined) return [];
    const path = program.trimEnd();
    return [{ pid: Number(pid), name: path.slice(path.lastIndexOf('/') + 1), path: path.includes('/') ? path : null }];
  });
}

/** One entry of /sys/class/power_supply, each file's text without its end of line; null where it is not there. */
export interface PowerSupply {
  readonly type: string | null;
  readonly online: string | null;
  readonly status: string | null;
  readonly capacity: string | null;
  readonly scope: string | null;
}

/** A mouse's battery is none of the machine's. A machine with neither battery nor plug runs on the plug. */
export function readPowerSupplies(supplies: readonly PowerSupply[]): Battery {
  const batteries = supplies.filter(({ type, scope }) => type === 'Battery' && scope !== 'Device');
  const plugs = supplies.filter(({ type, scope }) => type !== 'Battery' && type !== null && scope !== 'Device');
  const isPlugged = plugs.some(({ online }) => online === '1');
  const isDraining = batteries.some(({ status }) => status === 'Discharging');
  const charges = batteries.flatMap(({ capacity }) =>
    capacity !== null && /^\d{1,3}$/.test(capacity) ? [Number(capacity)] : [],
  );
  const chargePercent = charges.length === 0 ? null : Math.min(100, mean(charges));
  return { isOnBattery: isDraining && !isPlugged, chargePercent };
}

/** `pmset -g batt`; null where it says nothing of a source of power. */
export function readPmset(text: string): Battery | null {
  const [, source] = /drawing from '([^']+)'/.exec(text) ?? [];
  if (source === undefined) return null;
  const [, percent] = /(\d{1,3})%/.exec(text) ?? [];
  return { isOnBattery: source === 'Battery Power', chargePercent: percent === undefined ? null : Number(percent) };
}

/** /proc/meminfo and /proc/pressure/memory; null where the first says nothing of what is available. */
export function readLinuxMemory(meminfo: string, pressure: string | null): MachineMemory | null {
  const kilobytes = (name: string): number | null => {
    const [, found] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo) ?? [];
    return found === undefined ? null : Number(found) * 1024;
  };
  const [available, total] = [kilobytes('MemAvailable'), kilobytes('MemTotal')];
  if (available === null || total === null) return null;
  const [, stalled] = /^full avg10=(\d+(?:\.\d+)?)/m.exec(pressure ?? '') ?? [];
  return {
    availableBytes: available,
    totalBytes: total,
    stalledPercent: stalled === undefined ? null : Number(stalled),
  };
}

/** `memory_pressure -Q` of a Mac with so much memory. */
export function readMemoryPressure(text: string, totalBytes: number): MachineMemory | null {
  const [, free] = /free percentage:\s*(\d{1,3})%/.exec(text) ?? [];
  if (free === undefined) return null;
  return { availableBytes: (Number(free) / 100) * totalBytes, totalBytes, stalledPercent: null };
}

/** NetworkManager's word, as gdbus prints the property `Metered`: 1 and 3 are yes, 2 and 4 no. */
export function readMetered(text: string): boolean | null {
  const [, word] = /uint32 ([0-4])/.exec(text) ?? [];
  if (word === undefined || word === '0') return null;
  return word === '1' || word === '3';
}

/** ms as gdbus prints GNOME's `GetIdletime`, or as xprintidle prints them; in seconds. */
export function readIdleMs(text: string): number | null {
  const [, ms] = /^\s*(?:\(uint64 )?(\d{1,15})(?:,\))?\s*$/.exec(text) ?? [];
  return ms === undefined ? null : Number(ms) / 1000;
}

/** `ioreg -c IOHIDSystem`: nanoseconds since anybody touched anything, in seconds. */
export function readHidIdle(text: string): number | null {
  const [, nanoseconds] = /"HIDIdleTime"\s*=\s*(\d{1,19})/.exec(text) ?? [];
  return nanoseconds === undefined ? null : Number(nanoseconds) / 1e9;
}

/**
 * `loginctl show-session` of all sessions: the seconds since the busiest of them was idle. A terminal's word counts either way; of a desktop only
 * "idle" does, since some desktops never say it.
 */
export function readSessions(text: string, nowAt: number): number | null {
  const idles = text.split(/\n\s*\n/).flatMap((block) => {
    const session = Object.fromEntries(
      block.split('\n').flatMap((line) => {
        const at = line.indexOf('=');
        return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const];
      }),
    );
    if (session['Class'] !== 'user' || session['State'] === 'closing') return [];
    if (session['IdleHint'] === 'no') return [session['Type'] === 'tty' ? 0 : null];
    const sinceMicros = Number(session['IdleSinceHint']);
    return session['IdleHint'] === 'yes' && sinceMicros > 0
      ? [Math.max(0, (nowAt - sinceMicros / 1000) / 1000)]
      : [null];
  });
  if (idles.length === 0 || idles.includes(null)) return null;
  return Math.min(...idles.map((idle) => idle ?? 0));
}

/** Who listens on a port of this machine: `netstat -ano -p TCP` of Windows. */
export function readNetstat(text: string, port: number): number | null {
  for (const line of text.split('\n')) {
    const [protocol, local = '', , state, pid = ''] = line.trim().split(/\s+/);
    if (protocol === 'TCP' && state === 'LISTENING' && local.endsWith(`:${port}`) && /^\d+$/.test(pid))
      return Number(pid);
  }
  return null;
}

/** The inode of the socket that listens on a port: /proc/net/tcp or tcp6. */
export function readListener(text: string, port: number): string | null {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of text.split('\n')) {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === '0A' && local.endsWith(`:${hex}`) && inode !== undefined && inode !== '0') return inode;
  }
  return null;
}

/** The parent of a process: /proc/PID/stat, whose second field may hold spaces and brackets. */
export function readParent(stat: string): number | null {
  const [, parent] = /^\d+ \(.*\) \S (\d+)/s.exec(stat) ?? [];
  return parent === undefined ? null : Number(parent);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
