// One attack while it runs: whom it brings along, what it may use, and all that has to go with it when it is over.
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { RAW_DIGEST, RAW_MODEL, RawNode } from '../../test/raw-node.ts';
import type { RawJob } from '../../test/raw-node.ts';
import type { TestAccount } from '../../test/stack.ts';
import { callStream } from './call.ts';
import type { CallAsk, Called } from './call.ts';
import { FREE, NANO, OPEN, PARIS } from './ground.ts';
import type { Ground } from './ground.ts';

/** One attack. */
export interface Attack {
  readonly name: string;
  /** What it does, for people. */
  readonly does: string;
  readonly run: (round: Round) => Promise<void>;
}

export interface HomeOptions {
  /** Left out, one of its own. */
  readonly owner?: TestAccount;
  readonly place?: string;
  /** `nano` to be given honest calls; left out, the model of the hostile. */
  readonly model?: 'nano' | 'open';
  readonly slots?: number;
  readonly resume?: 'exact' | 'text' | 'none';
  readonly url?: string;
  readonly onJob?: (job: RawJob) => void;
}

/** Accounts of one mind, in whose pocket what is made out of nothing would be. */
export interface League {
  readonly owners: TestAccount[];
  readonly callers: { readonly account: TestAccount; readonly granted: number }[];
}

export interface AskOptions extends Partial<CallAsk> {
  /** The homes that may answer. */
  readonly only?: readonly RawNode[];
  /** Hangs up. */
  readonly signal?: AbortSignal;
}

/** Each kind of finding is told so often at most. */
const MAX_NOTES = 6;
const MODEL_WAIT_MS = 3000;
/** A hub that hangs answers no close. */
const CLOSE_WAIT_MS = 2000;
const CREDIT = 100_000_000;
/** Hostile machines have addresses of their own, as the platform would tell. */
export const HOSTILE_ADDRESS = { 'cf-connecting-ip': '203.0.113.66' };

export class Round {
  readonly ground: Ground;
  /** How long it goes on, ms. */
  readonly ms: number;
  /** Who is in league with whom: what one league makes out of nothing is not paid for by what another loses. */
  readonly leagues: League[] = [];
  /** Calls of people who are in no league with a hostile home, and reached one. */
  readonly victims: Called[] = [];
  /** What it got through, for people: none where the network holds. */
  readonly notes = new Set<string>();
  readonly #startedAt = performance.now();
  readonly #main = this.openLeague();
  readonly #closers: (() => unknown)[] = [];

  constructor(ground: Ground, ms: number) {
    this.ground = ground;
    this.ms = ms;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  get isOver(): boolean {
    return this.elapsedMs > this.ms;
  }

  /** Tells what was got through. */
  note(text: string): void {
    if (this.notes.size < MAX_NOTES) this.notes.add(text);
  }

  /** What is done at the end, whatever happens. */
  onEnd(close: () => unknown): void {
    this.#closers.push(close);
  }

  async end(): Promise<void> {
    const closing = this.#closers.toReversed().map(async (close) => {
      await Promise.race([close(), sleep(CLOSE_WAIT_MS)]);
    });
    await Promise.allSettled(closing);
  }

  /** Waits, at most until the round is over. */
  async wait(ms: number): Promise<void> {
    for (const until = performance.now() + ms; performance.now() < until && !this.isOver;)
      await sleep(Math.min(50, Math.max(1, until - performance.now())));
  }

  openLeague(): League {
    const league = { owners: [], callers: [] };
    this.leagues.push(league);
    return league;
  }

  async makeOwner(league = this.#main): Promise<TestAccount> {
    const owner = await this.ground.stack.makeAccount();
    league.owners.push(owner);
    return owner;
  }

  async makeCaller(granted = CREDIT, league = this.#main): Promise<TestAccount> {
    const account = await this.ground.stack.makeAccount(granted);
    league.callers.push({ account, granted });
    return account;
  }

  /** A hostile home that is connected and has told what it serves. */
  async joinHome(options: HomeOptions = {}): Promise<RawNode> {
    const owner = options.owner ?? (await this.makeOwner());
    const { place = PARIS, url } = options;
    const node = await RawNode.join(this.ground.stack, owner, { place, ...(url === undefined ? {} : { url }) });
    this.onEnd(() => node.close());
    if (options.onJob) node.onJob = options.onJob;
    node.send('state', this.makeState(options));
    return node;
  }

  /** What a home says of itself. */
  makeState({ model = 'open', slots = 8, resume = 'text' }: HomeOptions = {}): {
    models: object[];
    slots: number;
    paused: null;
  } {
    const facts =
      model === 'nano'
        ? { name: FREE, digest: this.ground.digest, contextTokens: 512, quantisation: 'fp32' }
        : { name: RAW_MODEL, digest: RAW_DIGEST, contextTokens: 100_000, quantisation: 'none' };
    return { models: [{ ...facts, resume, promptTokensPerS: 2000, decodeTokensPerS: 200 }], slots, paused: null };
  }

  /** Waits a while for the edge to know as many homes of a model; goes on without, since a home that is kept out is a defence. */
  async waitForHomes(model: 'nano' | 'open', homes: number): Promise<void> {
    const { stack, honest, agents } = this.ground;
    const [id, count] = model === 'nano' ? [NANO.id, agents + homes] : [OPEN.id, homes];
    await Promise.race([stack.waitForModel(honest, id, count).catch(() => undefined), sleep(MODEL_WAIT_MS)]);
  }

  /** One streamed call by somebody; `only` names the homes that may answer. */
  async ask(account: TestAccount, ask: AskOptions): Promise<Called> {
    const { only, signal, more, ...said } = ask;
    const provider = only ? { provider: { only: only.map(({ id }) => id) } } : {};
    const base = { model: OPEN.id, tokenizer: OPEN.tokenizer, prompt: 'hello there', maxTokens: 64, place: PARIS };
    const door = { url: this.ground.stack.url, apiKey: account.apiKey };
    return callStream(door, { ...base, ...said, more: { ...provider, ...more } }, signal);
  }

  /** A call of somebody who is no part of the attack at these homes, of the honest model: what is forged or charged too much is found. */
  async askAsVictim(only: readonly RawNode[], more: AskOptions = {}): Promise<Called> {
    const called = await this.ask(this.ground.honest, { model: NANO.id, tokenizer: NANO.tokenizer, only, ...more });
    this.victims.push(called);
    return called;
  }

  /** A socket of the bench's that ends with the round. */
  keep(ws: WebSocket): WebSocket {
    this.onEnd(() => ws.terminate());
    return ws;
  }
}
