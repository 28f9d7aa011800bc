// Which processes are the home's own work: the agent, the servers that it lends, and what these started. Asks the system who listens on a server's port.
import { readdir, readFile, readlink } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { askProgram } from './line-process.ts';
import { readListener, readNetstat, readParent } from './read-machine.ts';

/** A server may be started anew under another number. */
const LOOK_MS = 60_000;
/** A process that is ours stays so; one that is not may be a number that was given anew. */
const KEEP_MS = 30_000;
const DEPTH_MOST = 12;

/** Model servers by name, where nobody tells who listens: another user's service, or another system. */
const SERVER_NAMES =
  /^(?:ollama|ollama_llama_server|llama-server|lms|lm studio|lm-studio|vllm|koboldcpp|local-ai|jan)(?:$|[ _.:-])|^VLLM::/i;

export class OwnProcesses {
  readonly #ports: readonly number[];
  readonly #findListener: (port: number) => Promise<number | null>;
  #listeners: ReadonlyMap<number, number | null> = new Map();
  readonly #judged = new Map<number, { readonly isOurs: boolean; readonly atMs: number }>();
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** `ports` of the model servers of this machine. */
  constructor(ports: readonly number[], findListener: (port: number) => Promise<number | null> = whoListens) {
    this.#ports = ports;
    this.#findListener = findListener;
  }

  /** Looks who listens, once in a while; never rejects. */
  async look(): Promise<void> {
    if (performance.now() - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = performance.now();
    const found = await Promise.all(
      this.#ports.map(async (port) => [port, await this.#findListener(port).catch(() => null)] as const),
    );
    this.#listeners = new Map(found);
    this.#judged.clear();
  }

  /** Reads a few files of Linux for a process that it was not asked about lately. */
  readonly owns = (pid: number): boolean => {
    const known = this.#judged.get(pid);
    if (known && (known.isOurs || performance.now() - known.atMs < KEEP_MS)) return known.isOurs;
    const isOurs = this.#judge(pid);
    this.#judged.set(pid, { isOurs, atMs: performance.now() });
    return isOurs;
  };

  #judge(pid: number): boolean {
    const listeners = [...this.#listeners.values()];
    const roots = new Set([process.pid, ...listeners.filter((one) => one !== null)]);
    // A server whose process nobody names is known by its name, as long as one is lent at all.
    const isByName = this.#ports.length > 0 && listeners.includes(null);
    for (let at: number | null = pid, depth = 0; at !== null && at > 1 && depth < DEPTH_MOST; depth++) {
      if (roots.has(at)) return true;
      if (isByName && SERVER_NAMES.test(readName(at))) return true;
      at = readProcessParent(at);
    }
    return false;
  }
}

function readName(pid: number): string {
  return readText(`/proc/${pid}/comm`).trimEnd();
}

function readProcessParent(pid: number): number | null {
  return readParent(readText(`/proc/${pid}/stat`));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The process that listens on a port of this machine; null where nobody says. */
export async function whoListens(port: number): Promise<number | null> {
  if (process.platform === 'win32') {
    return readNetstat(await askProgram('netstat', ['-ano', '-p', 'TCP']), port);
  }
  if (process.platform === 'darwin') {
    const text = await askProgram('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t']);
    const [first = ''] = text.split('\n');
    return /^\d+$/.test(first) ? Number(first) : null;
  }
  return whoListensOnLinux(port);
}

async function whoListensOnLinux(port: number): Promise<number | null> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const inode = tables.map((table) => readListener(table, port)).find((found) => found !== null);
  if (inode === undefined) return null;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
    if (await holdsSocket(pid, inode)) return Number(pid);
  return null;
}

async function holdsSocket(pid: string, inode: string): Promise<boolean> {
  // Of other users' processes the folder cannot be read.
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const file of files)
    if ((await readlink(`/proc/${pid}/fd/${file}`).catch(() => '')) === `socket:[${inode}]`) return true;
  return false;
}
