// What a day is played on: a whole router, one home whose signals are played in, another far away that takes over, and callers near the first.
import { appendFileSync, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../../../schema/json.ts';
import { askAgent } from '../../../node-agent/home/owner-line.ts';
import { enterPage } from '../../../node-agent/test/page-client.ts';
import { claimPort } from '../../local/free-port.ts';
import { askWhole, learnDigest, listModel } from '../../test/ask.ts';
import { startModelServer } from '../../test/model-server.ts';
import type { ModelServer } from '../../test/model-server.ts';
import { startStack } from '../../test/stack.ts';
import type { Stack, TestAccount, TestAgent } from '../../test/stack.ts';
import { until } from '../../test/until.ts';
import { CutLine } from './cut-line.ts';
import type { DayScript } from './day-script.ts';

export const DAY_MODEL = 'day/priced';
const OWN_MODEL = 'say-8x0';
const GRANTED = 100_000_000;
const HERE = '48.9,2.4,FR';
const FAR = '59.3,18.1,SE';
const SLOTS = '8';
/** Tokens a second of the home that takes over: slower, so that callers come back to the nearer one as soon as they may. */
const FAR_PACE = '30';

/** What an agent tells of itself, as far as it is held against the script. */
export interface Told {
  readonly state: string;
  readonly paused: string | null;
  readonly standing: { readonly level: string; readonly reason: string | null };
  readonly outbox: number;
}

/** What the router tells the owner of the home. */
export interface RouterTold {
  readonly online: boolean;
  readonly pause: string | null;
}

/** The home whose day it is. */
export interface PlayedHome {
  readonly agent: TestAgent;
  readonly node: string;
  readonly line: CutLine;
  /** Plays signals. */
  play(line: { readonly atMs: number; readonly set: object }): void;
  /** The word that its owner's page shows; null while it does not answer. */
  readPage(): Promise<string | null>;
  /** Sets the clock on its wall, ms since epoch. Between two events only what has to last runs fast: no hour comes before its event does. */
  setClock(wallAt: number): void;
}

export class DayGround {
  readonly stack: Stack;
  readonly caller: TestAccount;
  /** The served model of the played home: what was asked of it, and what was broken off. */
  readonly server: ModelServer;
  readonly #owner: TestAccount;
  readonly #farServer: ModelServer;
  #homes = 0;
  #calledMicro = 0;
  #isListed = false;

  private constructor(parts: {
    stack: Stack;
    server: ModelServer;
    far: ModelServer;
    owner: TestAccount;
    caller: TestAccount;
  }) {
    this.stack = parts.stack;
    this.server = parts.server;
    this.#farServer = parts.far;
    this.#owner = parts.owner;
    this.caller = parts.caller;
  }

  static async open(): Promise<DayGround> {
    const stack = await startStack({ timings: { turnWaitMs: 10_000, resumeWaitMs: 10_000, shutOutMs: 200 } });
    const [server, far] = [
      await startModelServer({ isContinuing: true }),
      await startModelServer({ isContinuing: true }),
    ];
    const owner = await stack.makeAccount();
    const caller = await stack.makeAccount(GRANTED);
    const ground = new DayGround({ stack, server, far, owner, caller });
    await stack.startAgent({
      owner,
      place: FAR,
      args: ['--backend', far.url, '--models', OWN_MODEL, '--slots', SLOTS, '--pace', FAR_PACE],
    });
    return ground;
  }

  get place(): string {
    return HERE;
  }

  /** A home of its own for this script, with its rules, its clock at `wallAt` (ms since epoch) and nothing played yet. */
  async startHome(script: DayScript, wallAt: number): Promise<PlayedHome> {
    const { stack } = this;
    this.#homes += 1;
    const folder = join(stack.folder, `day-${this.#homes}`);
    mkdirSync(folder, { recursive: true });
    const signals = join(folder, 'signals.jsonl');
    const add = (one: object): void => appendFileSync(signals, `${JSON.stringify(one)}\n`);
    const setClock = (at: number): void => add({ speed: script.minutesPerS * 60, wallAt: at, wallSpeed: 1 });
    setClock(wallAt);
    const line = await CutLine.open(stack.network.port);
    const words = [
      '--backend',
      this.server.url,
      '--models',
      OWN_MODEL,
      '--slots',
      SLOTS,
      '--signals',
      signals,
      '--page-port',
      String(await claimPort('127.0.0.1', 0)),
    ];
    const files = { 'rules.json': JSON.stringify(script.rules) };
    const agent = await stack.startAgent({ owner: this.#owner, place: HERE, router: line.url, args: words, files });
    const node = await until(
      'the home is connected',
      () => /connected hub=\S+ .*node=(\S+)/.exec(agent.lines.join('\n'))?.[1],
    );
    if (!this.#isListed)
      await listModel(stack, {
        owner: this.#owner,
        id: DAY_MODEL,
        digest: await learnDigest(stack, this.#owner, OWN_MODEL),
        homes: 2,
      });
    else await stack.waitForModel(this.#owner, DAY_MODEL, 2);
    this.#isListed = true;
    const asked = await askAgent(agent.stateDir, { do: 'open' });
    const url = asked.kind === 'answered' ? asked.answer.url : null;
    if (url === null) throw new Error('the home has no page');
    const page = await enterPage(url);
    const readPage = async (): Promise<string | null> => {
      const view = parseJson(await page('/api/view')) as { standing?: { word?: string } } | undefined;
      return view?.standing?.word ?? null;
    };
    return { agent, node, line, play: add, setClock, readPage };
  }

  /** What the agent says when it is asked; null while it does not answer. */
  async ask(home: PlayedHome): Promise<Told | null> {
    const asked = await askAgent(home.agent.stateDir, { do: 'status' });
    return asked.kind === 'answered' ? (asked.answer as unknown as Told) : null;
  }

  /** What it says in its file, which `irori-node status` prints. */
  async readFile(home: PlayedHome): Promise<Told | null> {
    const text = await readFile(join(home.agent.stateDir, 'status.json'), 'utf8').catch(() => 'null');
    return JSON.parse(text) as Told | null;
  }

  /** What the router says to the home's owner. */
  async why(home: PlayedHome): Promise<RouterTold | null> {
    const response = await this.stack.call(`/node/v1/why?node=${home.node}`, { key: this.#owner.apiKey });
    const { nodes = [] } = (await response.json()) as { nodes?: (RouterTold & { node: string })[] };
    return nodes.find(({ node }) => node === home.node) ?? null;
  }

  /** Whether a call that only this home's country may answer is answered; what it was told where it is not. */
  async callHere(): Promise<string | null> {
    const more = { provider: { country: ['FR'] } };
    const asked = { account: this.caller, model: DAY_MODEL, prompt: 'say-1x0', place: HERE, more };
    const { status, json } = await askWhole(this.stack, asked);
    this.#calledMicro += status === 200 ? Number(json['irori'].charge_micro) : 0;
    return status === 200 ? null : `${status} ${String(json['error']?.code)}`;
  }

  /** What such calls cost, units. */
  get calledMicro(): number {
    return this.#calledMicro;
  }

  /** Jobs that the played home's model server works on now. */
  running(): number {
    return this.server.seen.filter(({ abortedAt, isFinished }) => abortedAt === null && !isFinished).length;
  }

  async end(): Promise<void> {
    await this.stack.stop();
    await Promise.all([this.server.stop(), this.#farServer.stop()]);
  }
}
