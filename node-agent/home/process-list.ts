// Which programs run. On Linux the list of processes is looked at each second and only new ones are read; macOS is asked by ps, Windows by its child.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { RunningApp } from './home-signals.ts';
import { readPs } from './read-machine.ts';
import { askProgram } from './line-process.ts';

/** A process that was just made may still become another program. */
const YOUNG_LOOKS = 3;
/** So often the list itself is read where nothing seems to have begun or ended: a container may be told of that late. */
const LOOKS_A_LIST = 5;

interface Known {
  readonly app: RunningApp;
  looks: number;
}

/** The processes of Linux; `root` is /proc. */
export class LinuxProcesses {
  readonly #root: string;
  #known = new Map<string, Known>();
  #apps: readonly RunningApp[] = [];
  /** What stood there when the list was read, while all of it are settled; else null. */
  #mark: string | null = null;
  #looksLeft = 0;

  constructor(root = '/proc') {
    this.#root = root;
  }

  /** Null where there is no such folder. Some hundredths of a millisecond where nothing began or ended; `hasChanged` tells whether one came, went or became another. */
  look(): { readonly apps: readonly RunningApp[]; readonly hasChanged: boolean } | null {
    const mark = this.#readMark();
    if (mark !== null && mark === this.#mark && this.#looksLeft-- > 0) return { apps: this.#apps, hasChanged: false };
    let names: string[];
    try {
      names = readdirSync(this.#root);
    } catch {
      return null;
    }
    const now = new Map<string, Known>();
    let hasChanged = false;
    for (const name of names) {
      if (!isNumber(name)) continue;
      const before = this.#known.get(name);
      if (before && before.looks >= YOUNG_LOOKS) {
        now.set(name, before);
        continue;
      }
      const app = this.#read(name);
      if (app === null) continue;
      hasChanged ||= app.path !== before?.app.path || app.name !== before.app.name;
      now.set(name, { app, looks: (before?.looks ?? 0) + 1 });
    }
    hasChanged ||= now.size !== this.#known.size;
    this.#known = now;
    if (hasChanged) this.#apps = Array.from(now.values(), ({ app }) => app);
    const isSettled = Array.from(now.values()).every(({ looks }) => looks >= YOUNG_LOOKS);
    this.#mark = isSettled ? mark : null;
    this.#looksLeft = LOOKS_A_LIST - 1;
    return { apps: this.#apps, hasChanged };
  }

  /** The last process that was made, and how many there are; null where the system does not tell. */
  #readMark(): string | null {
    const told = attempt(() => readFileSync(`${this.#root}/loadavg`, 'utf8'));
    return told === null ? null : (/\/(\d+ \d+)\s*$/.exec(told)?.[1] ?? null);
  }

  #read(pid: string): RunningApp | null {
    try {
      const comm = readFileSync(`${this.#root}/${pid}/comm`, 'utf8').trimEnd();
      const path = this.#readPath(pid);
      return {
        pid: Number(pid),
        name: path?.startsWith(comm, path.lastIndexOf('/') + 1) === true ? basename(path) : comm,
        path,
      };
    } catch {
      // It has ended meanwhile.
      return null;
    }
  }

  /** Of Windows games under Wine the program's own path stands in its command line; of other users' programs nothing can be read. */
  #readPath(pid: string): string | null {
    const program = attempt(() => readlinkSync(`${this.#root}/${pid}/exe`));
    if (program !== null && !/\/(?:wine|wine64|wine64?-preloader)$/.test(program)) return program;
    const [first = ''] = (attempt(() => readFileSync(`${this.#root}/${pid}/cmdline`, 'utf8')) ?? '').split('\0');
    return /[/\\]/.test(first) ? first : program;
  }
}

/** The programs of a Mac; null where ps says nothing. */
export async function listMacProcesses(): Promise<RunningApp[] | null> {
  const text = await askProgram('ps', ['-axo', 'pid=,comm=']);
  return text === '' ? null : readPs(text);
}

function isNumber(name: string): boolean {
  const first = name.codePointAt(0) ?? 0;
  return first >= 48 && first <= 57;
}

function attempt(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
