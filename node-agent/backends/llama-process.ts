// A llama-server of the agent's own: started on a free port of this machine with one model file, watched, stopped when its memory is wanted. The one door to
// that process. What it prints is not kept: it may hold what strangers wrote.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

export interface LlamaProcessOptions {
  /** The program and what stands before the usual arguments. */
  readonly command: readonly string[];
  readonly gguf: string;
  /** Answers at once, and tokens that each can hold. */
  readonly slots: number;
  readonly contextTokens: number;
  /** Where its process id is kept, so that one that outlived a killed agent is ended. */
  readonly pidFile: string;
  /** It ended although nobody stopped it. */
  readonly onLost: () => void;
  readonly startMs?: number;
}

/** A large model from a slow disk. */
const START_MS = 300_000;
const LOOK_MS = 100;
const LOOK_LIMIT_MS = 2000;
const KILL_AFTER_MS = 5000;
/** All layers onto the card, where there is one. */
const ON_CARD = ['--n-gpu-layers', '999'] as const;

const STOPPED = 'The own llama-server was stopped while it started.';

export class LlamaProcess {
  readonly #options: LlamaProcessOptions;
  #child: ChildProcess | null = null;
  #url: string | null = null;
  #starting: Promise<Result<string, string>> | null = null;
  /** A start under way that finds another number was stopped: it begins no further process. */
  #stops = 0;
  #ending: Promise<void> = Promise.resolve();

  constructor(options: LlamaProcessOptions) {
    this.#options = options;
  }

  /** Where it answers; null while it does not run. */
  get url(): string | null {
    return this.#url;
  }

  /** Of the process, so that its memory is known for the home's own; null while it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves with its address once it answers; a start under way is shared. The error is a sentence for the owner. */
  start(): Promise<Result<string, string>> {
    if (this.#url !== null) return Promise.resolve(ok(this.#url));
    if (this.#starting !== null) return this.#starting;
    const starting = this.#start().finally(() => {
      if (this.#starting === starting) this.#starting = null;
    });
    this.#starting = starting;
    return starting;
  }

  /** Its memory is free when this resolves. */
  stop(): Promise<void> {
    this.#stops += 1;
    // Whoever wants it again from here on gets a start of its own.
    this.#starting = null;
    this.#ending = Promise.all([this.#ending, this.#end()]).then(() => undefined);
    return this.#ending;
  }

  async #end(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    this.#url = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.kill('SIGTERM');
    const limit = new AbortController();
    const late = sleep(KILL_AFTER_MS, undefined, { signal: limit.signal }).then(() => child.kill('SIGKILL'));
    await gone;
    limit.abort();
    await late.catch(() => undefined);
    await rm(this.#options.pidFile, { force: true });
  }

  async #start(): Promise<Result<string, string>> {
    const stops = this.#stops;
    await this.#ending;
    await this.#endOrphan();
    const first = await this.#tryStart(ON_CARD, stops);
    // Without the card it may still fit memory; a program that is not there is not tried twice.
    return first.ok || first.error.isFinal ? flatten(first) : flatten(await this.#tryStart([], stops));
  }

  async #tryStart(
    more: readonly string[],
    stops: number,
  ): Promise<Result<string, { sentence: string; isFinal: boolean }>> {
    const { command, gguf, slots, contextTokens, pidFile, startMs = START_MS } = this.#options;
    const [program = 'llama-server', ...before] = command;
    const port = await findPort();
    if (this.#stops !== stops) return err({ sentence: STOPPED, isFinal: true });
    const url = `http://127.0.0.1:${port}`;
    const args = ['--model', gguf, '--alias', nameOf(gguf), '--host', '127.0.0.1', '--port', String(port)];
    args.push('--parallel', String(slots), '--ctx-size', String(contextTokens * slots), ...more);
    const child = spawn(program, [...before, ...args], { stdio: 'ignore', windowsHide: true });
    this.#child = child;
    let fault: string | null = null;
    child.on('error', (error: NodeJS.ErrnoException) => {
      fault = error.code === 'ENOENT' ? `${program} is not there` : error.message;
    });
    child.on('exit', (code, signal) => {
      fault ??= `it ended with ${code === null ? String(signal) : `status ${code}`}`;
      this.#noteEnd(child);
    });
    for (const until = performance.now() + startMs; performance.now() < until; await sleep(LOOK_MS)) {
      if (fault !== null || this.#child !== child) break;
      if ((await ask(`${url}/health`)).status !== 200) continue;
      if (this.#child !== child) break;
      this.#url = url;
      await writeFile(pidFile, JSON.stringify({ pid: child.pid, port, gguf }), { mode: 0o600 }).catch(() => undefined);
      return ok(url);
    }
    if (this.#child === child) await this.#end();
    // Also where it has ended by that already: what a pause ended is not tried again without the card.
    if (this.#stops !== stops) return err({ sentence: STOPPED, isFinal: true });
    const why = fault ?? 'it did not answer in time';
    const sentence = `The own llama-server does not run: ${why}. Check --gguf and --llama-server, or name a server that runs with --backend.`;
    return err({ sentence, isFinal: child.pid === undefined });
  }

  #noteEnd(child: ChildProcess): void {
    if (this.#child !== child) return;
    const wasUp = this.#url !== null;
    this.#child = null;
    this.#url = null;
    if (wasUp) this.#options.onLost();
  }

  /** One that an agent which was killed has left behind holds memory for nobody. Ended only where it shows that it is the one. */
  async #endOrphan(): Promise<void> {
    const { pidFile, gguf } = this.#options;
    const kept = parseJson(await readFile(pidFile, 'utf8').catch(() => ''));
    if (typeof kept !== 'object' || kept === null) return;
    const { pid, port } = kept as Record<string, unknown>;
    if (typeof pid !== 'number' || typeof port !== 'number') return;
    const { status, json } = await ask(`http://127.0.0.1:${port}/props`);
    const path = typeof json === 'object' && json !== null ? (json as Record<string, unknown>)['model_path'] : null;
    if (status !== 200 || path !== gguf) return;
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // Gone meanwhile.
    }
  }
}

function flatten(start: Result<string, { sentence: string }>): Result<string, string> {
  return start.ok ? start : err(start.error.sentence);
}

/** The file's name without its ending: no path of the owner's leaves the machine. */
export function nameOf(gguf: string): string {
  return basename(gguf.replaceAll('\\', '/')).replace(/\.gguf$/i, '');
}

function findPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function ask(url: string): Promise<{ status: number; json: unknown }> {
  return new Promise((resolve) => {
    const request = get(url, { signal: AbortSignal.timeout(LOOK_LIMIT_MS), agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text = (text + part).slice(0, 1 << 20)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, json: parseJson(text) }));
      response.on('error', () => resolve({ status: 0, json: null }));
    });
    request.on('error', () => resolve({ status: 0, json: null }));
  });
}
