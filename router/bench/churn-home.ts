// One home of a churn run: a real agent process behind a connection that can be cut, lost and given back as owners and chance would.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { resolve } from 'node:path';
import type { LossKind } from './draw-losses.ts';

const AGENT = resolve(import.meta.dirname, '../../node-agent/main.ts');
const HOST = '127.0.0.1';
const LAST_LINES = 40;

export interface ChurnHomeOptions {
  readonly routerPort: number;
  readonly stateDir: string;
  /** `lat,lon,CC` */
  readonly place: string;
  readonly code: string;
  /** More words of its command line. */
  readonly args: readonly string[];
  /** Gets all that the agent writes and what befalls it; null for nowhere. */
  readonly logFile: string | null;
}

export class ChurnHome {
  /** What it wrote last, for whoever asks why it is away. */
  readonly lines: string[] = [];
  readonly #options: ChurnHomeOptions;
  readonly #line: Line;
  #child: ChildProcess | null = null;
  #isAway = false;

  private constructor(options: ChurnHomeOptions, line: Line) {
    this.#options = options;
    this.#line = line;
  }

  static async start(options: ChurnHomeOptions): Promise<ChurnHome> {
    const home = new ChurnHome(options, await Line.open(options.routerPort));
    home.#spawn();
    return home;
  }

  /** True from a loss until the owner is back. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Resolves when it is gone; a planned stop may take as long as its jobs. */
  async lose(kind: LossKind): Promise<void> {
    this.#isAway = true;
    this.#note(`lost: ${kind}`);
    if (kind === 'cut') this.#line.cut();
    else if (kind === 'kill') await this.#end('SIGKILL');
    else if (kind === 'stop') await this.#end('SIGTERM');
    else if (kind === 'freeze') this.#child?.kill('SIGSTOP');
    else await this.#command('pause');
  }

  /** Its connection breaks; it dials again by itself. */
  breakLine(): void {
    this.#note('cut');
    this.#line.cut();
  }

  /** The owner lends it again. */
  async giveBack(kind: LossKind): Promise<void> {
    this.#note(`given back: ${kind}`);
    if (kind === 'kill' || kind === 'stop') this.#spawn();
    else if (kind === 'freeze') this.#child?.kill('SIGCONT');
    else if (kind === 'pause') await this.#command('resume');
    this.#isAway = false;
  }

  /** As an owner stops it for good; its receipts leave first. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    this.#line.close();
  }

  /** At once and without a word. */
  async destroy(): Promise<void> {
    await this.#end('SIGKILL');
    this.#line.close();
  }

  #note(text: string): void {
    this.lines.push(...text.split('\n'));
    this.lines.splice(0, this.lines.length - LAST_LINES);
    const { logFile } = this.#options;
    if (logFile !== null) appendFileSync(logFile, `${new Date().toISOString()} ${text}\n`);
  }

  #spawn(): void {
    const { stateDir, place, code, args } = this.#options;
    const router = `http://${HOST}:${this.#line.port}`;
    const words = ['up', '--router', router, '--code', code, '--state', stateDir, '--place', place, ...args];
    // What else the machine does that the bench runs on pauses no home of it.
    const env = { IRORI_SIGNALS: 'none', ...process.env };
    const child = spawn(process.execPath, [AGENT, ...words], { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const output of [child.stdout, child.stderr])
      output?.on('data', (data: Buffer) => this.#note(data.toString('utf8').trimEnd()));
    this.#child = child;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await gone;
  }

  /** `irori-node pause` and `resume`, as the owner types them. */
  async #command(command: 'pause' | 'resume'): Promise<void> {
    const words = [AGENT, command, '--state', this.#options.stateDir];
    const child = spawn(process.execPath, words, { stdio: 'ignore' });
    await new Promise((done) => child.once('exit', done));
  }
}

/** The home's way to the router: a local port whose connections can be broken. */
class Line {
  readonly port: number;
  readonly #server: Server;
  readonly #ends: Set<Socket>;

  private constructor(server: Server, ends: Set<Socket>) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#ends = ends;
  }

  static async open(routerPort: number): Promise<Line> {
    const ends = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(routerPort, HOST);
      for (const end of [near, far]) {
        ends.add(end.setNoDelay(true));
        end.on('error', () => end.destroy());
        end.once('close', () => {
          ends.delete(end);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((done) => server.listen(0, HOST, done));
    return new Line(server, ends);
  }

  /** Both ends learn of it as of a router that was switched off. */
  cut(): void {
    for (const end of this.#ends) end.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
