// The agent's one line to the network: a single loop that enrols, dials, works and waits, until it is told to stop.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from '../../schema/bytes.ts';
import { readOrigin } from '../../schema/origin.ts';
import type { IdentityFile } from '../home/identity-file.ts';
import type { AgentShared } from '../jobs/job-runner.ts';
import { describeError } from '../log.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { tellSpan } from '../tell-time.ts';
import { decideRetry } from './decide-retry.ts';
import type { LinkOutcome } from './decide-retry.ts';
import { enrol } from './enrolment.ts';
import { HubSession } from './hub-session.ts';
import type { Welcome } from './hub-session.ts';
import type { RouterUrl } from './parse-router-url.ts';
import type { RouterClock } from './router-clock.ts';
import { sendSigned } from './signed-question.ts';
import { dialHub, SOCKET_TIMES } from './socket.ts';
import type { Dial, HubSocket, SocketTimes } from './socket.ts';

interface ConnectionDoors {
  readonly router: RouterUrl;
  /** One-time enrolment code, when the owner gave one. */
  readonly code: string | null;
  readonly wallet: Hex | null;
  /** What the owner calls this machine: told to an account that has no name for it yet. */
  readonly name?: string | null;
  /** `lat,lon,CC[,region]`, sent as it stands; only a router on this machine looks at it. */
  readonly place: string | null;
  readonly key: SessionKey;
  readonly identity: IdentityFile;
  readonly shared: AgentShared;
  readonly agent: string;
  readonly platform: string;
  /** Drawn at the agent's start, so that a hub can tell this agent from a second one with the same key. */
  readonly instance: string;
  /** In [0, 1). */
  readonly random: () => number;
  readonly times?: SocketTimes;
  /** What has to be there before a code is spent. Left out: nothing. */
  readonly offer?: { readonly isThere: boolean; readonly wait: (signal: AbortSignal) => Promise<void> };
  /** Called when `status` changed. */
  readonly onChange: () => void;
}

interface LinkStatus {
  readonly state: 'starting' | 'enrolling' | 'dialling' | 'connected' | 'waiting' | 'stopped';
  readonly hub: string | null;
  readonly area: string | null;
  readonly node: string | null;
  /** Why it is not connected, in a sentence. */
  readonly problem: string | null;
}

/** How the loop ended: told to stop, or something only the owner can mend before another start. */
export type LinkEnd = { readonly kind: 'stopped' } | { readonly kind: 'owner'; readonly sentence: string };

const NOTHING_TO_SHARE =
  'This home has nothing to share yet, so it does not join and its code is not used. It goes on by itself when a model is there.';

/** How long an owner who asks waits for the hub's word. */
const CHECK_MS = 1_500;
const SILENT = 'The hub does not answer now: the line may be cut. It is dialled again by itself.';

/** A connection that held this long was a good one: the next failure counts as the first. */
const STEADY_MS = 10_000;
/** How long a hub may take to answer a home that was away. */
const PROVE_MS = 5_000;

export class Connection {
  readonly #doors: ConnectionDoors;
  #status: LinkStatus = { state: 'starting', hub: null, area: null, node: null, problem: null };
  #session: HubSession | null = null;
  /** `freshUntil` by performance.now(). */
  #token: { readonly text: string; readonly freshUntil: number } | null = null;
  #clock: RouterClock | null = null;
  #isStopping = false;
  #wake: () => void = () => undefined;
  #dial: Dial | null = null;
  #mustEnrol = false;
  #attempt = 0;
  /** What the owner was told last of why it is not connected, and how often in a row it was so; forgotten with a connection. */
  #told: { readonly sentence: string; readonly times: number } | null = null;
  #moves = 0;
  #socket: HubSocket | null = null;
  #bytes = 0;

  constructor(doors: ConnectionDoors) {
    this.#doors = doors;
  }

  get status(): LinkStatus {
    return this.#status;
  }

  /** The session with the hub, while there is one. */
  get session(): HubSession | null {
    return this.#session;
  }

  /** How far this machine's clock is ahead of the router's, ms, as last compared; null before the first connection. */
  get clockAheadMs(): number | null {
    return this.#clock?.aheadMs ?? null;
  }

  /** What went over the line both ways since the start, in messages' bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** After the machine slept: a line that died meanwhile is known within seconds, and a wait for the next try ends. */
  hurry(): void {
    if (this.#socket) this.#socket.prove(PROVE_MS);
    else this.#wake();
  }

  /** Runs until `stop`, or until the owner has to act. */
  async run(): Promise<LinkEnd> {
    while (!this.#isStopping) {
      const fault = await this.#ensureEnrolled();
      if (this.#isStopping) break;
      if (fault?.kind === 'owner') return this.#endFor(fault.sentence);
      const outcome = fault?.outcome ?? (await this.#connect());
      if (this.#isStopping) break;
      this.#noteRefusal(outcome);
      if (!this.#canEnrolAnew()) await this.#waitAfter(outcome);
    }
    this.#note({ state: 'stopped' });
    return { kind: 'stopped' };
  }

  /**
   * Asks the hub for a sign of life, so that nobody is told of a connection that was cut unseen. Without one the status says so, and the line is given up
   * as after any ping without an answer.
   */
  async check(): Promise<void> {
    if (this.#status.state !== 'connected' || !this.#dial) return;
    const dial = this.#dial;
    const isHeard = await dial.check(CHECK_MS);
    if (this.#dial !== dial || this.#status.state !== 'connected') return;
    const problem = isHeard ? null : SILENT;
    if (problem !== this.#status.problem) this.#note({ problem });
  }

  /** Says goodbye to the hub and ends the loop. */
  stop(): void {
    this.#isStopping = true;
    this.#wake();
    if (this.#session) this.#session.leave();
    else this.#dial?.stop();
  }

  #endFor(sentence: string): LinkEnd {
    this.#note({ state: 'stopped', problem: sentence });
    return { kind: 'owner', sentence };
  }

  /** Null when the node is enrolled. A code that was used already is not used again. */
  async #ensureEnrolled(): Promise<
    { kind: 'owner'; sentence: string } | { kind: 'later'; outcome: LinkOutcome } | null
  > {
    const { router, code, wallet, key, identity, shared } = this.#doors;
    const known = identity.find(router.origin);
    if (known) this.#status = { ...this.#status, node: known.node };
    if (known && !this.#canEnrolAnew()) return null;
    if (code === null) return { kind: 'owner', sentence: explainNoCode(router.origin) };
    await this.#waitForOffer();
    if (this.#isStopping) return null;
    this.#note({ state: 'enrolling', problem: null });
    const enrolled = await enrol({ url: router.enrolUrl, code, key, wallet });
    if (!enrolled.ok) return explainEnrolment(enrolled.error);
    const { node, account, name } = enrolled.value;
    try {
      await identity.save(router.origin, { node, account, codeHash: hashCode(code) });
    } catch (cause) {
      // The code counts as used by this home, which may ask with it again.
      return { kind: 'later', outcome: { kind: 'unkept', message: describeError(cause) } };
    }
    this.#mustEnrol = false;
    shared.log.info('enrolled', { node, account });
    await this.#tellName(name ?? null);
    return null;
  }

  /** Ten machines of one code would be ten numbers to their owner. A router that does not take it is lived with. */
  async #tellName(known: string | null): Promise<void> {
    const { name = null, router, key, shared } = this.#doors;
    if (name === null || known !== null) return;
    const question = { router: router.origin, key, path: '/node/v1/self', body: JSON.stringify({ name }) };
    const told = await sendSigned({ ...question, method: 'PATCH' }, Date.now());
    if (!told.ok) shared.log.warn('your account was not told this machine’s name: irori-node name TEXT does it');
  }

  /** A code works once: it is not spent while nothing can be shared. */
  async #waitForOffer(): Promise<void> {
    const { offer, shared } = this.#doors;
    if (!offer || offer.isThere) return;
    this.#note({ state: 'waiting', problem: NOTHING_TO_SHARE });
    shared.log.warn(NOTHING_TO_SHARE);
    const waiting = new AbortController();
    this.#wake = () => waiting.abort();
    await offer.wait(waiting.signal);
  }

  /** True when the router has forgotten this node and there is a code that was not used yet. */
  #canEnrolAnew(): boolean {
    const { router, code, identity } = this.#doors;
    return this.#mustEnrol && code !== null && identity.find(router.origin)?.codeHash !== hashCode(code);
  }

  /** One connection from the dial to its end. */
  #connect(): Promise<LinkOutcome> {
    const { router, times } = this.#doors;
    this.#note({ state: 'dialling', problem: this.#status.problem });
    return new Promise((resolve) => {
      let leaving: LinkOutcome | null = null;
      const leave = (outcome: LinkOutcome): void => {
        leaving ??= outcome;
        this.#session?.leave();
      };
      const events = {
        onOpen: (socket: HubSocket) => this.#open(socket, leave),
        onMessage: (bytes: Uint8Array) => this.#session?.hear(bytes),
        onTraffic: (bytes: number) => void (this.#bytes += bytes),
        onEnd: (outcome: LinkOutcome) => {
          this.#session?.end();
          this.#session = null;
          this.#socket = null;
          resolve(leaving ?? outcome);
        },
      };
      const dial = dialHub(router.linkUrl, this.#headers(), events, times ?? SOCKET_TIMES);
      this.#dial = dial;
    });
  }

  #open(socket: HubSocket, onLeave: (outcome: LinkOutcome) => void): void {
    this.#socket = socket;
    const { shared, key, agent, platform, instance, router } = this.#doors;
    const origin = readOrigin(new URL(router.linkUrl)) ?? router.origin;
    const onWelcome = (welcome: Welcome, clock: RouterClock): void => this.#enter(welcome, clock);
    this.#session = new HubSession(socket, { shared, key, origin, agent, platform, instance, onWelcome, onLeave });
  }

  #enter(welcome: Welcome, clock: RouterClock): void {
    this.#clock = clock;
    this.#token = { text: welcome.token, freshUntil: performance.now() + welcome.tokenUntilAt - clock.now() };
    const { hub, area, node } = welcome;
    this.#told = null;
    this.#note({ state: 'connected', hub, area, node, problem: null });
    this.#doors.shared.log.info('connected', { hub, area, node });
    const session = this.#session;
    setTimeout(() => {
      if (!session || this.#session !== session) return;
      this.#attempt = 0;
      this.#moves = 0;
    }, STEADY_MS).unref();
  }

  #headers(): Record<string, string> {
    const { router, identity, place } = this.#doors;
    const node = identity.find(router.origin)?.node;
    const isFresh = this.#token !== null && this.#token.freshUntil > performance.now();
    return {
      ...(node === undefined ? {} : { 'x-irori-node': node }),
      ...(isFresh && this.#token ? { authorization: `Bearer ${this.#token.text}` } : {}),
      ...(place === null ? {} : { 'x-irori-place': place }),
    };
  }

  /** A refused token must not be shown again. */
  #noteRefusal(outcome: LinkOutcome): void {
    if (outcome.kind !== 'http' && outcome.kind !== 'error-frame') return;
    this.#token = null;
    if (outcome.code === 'node_unenrolled') this.#mustEnrol = true;
  }

  async #waitAfter(outcome: LinkOutcome): Promise<void> {
    const { random, shared } = this.#doors;
    const plan = decideRetry({ outcome, attempt: this.#attempt, moves: this.#moves, random: random() });
    const isMoved = outcome.kind === 'moved';
    if (isMoved) this.#moves += 1;
    else this.#attempt += 1;
    this.#note({ state: 'waiting', hub: null, area: null, problem: plan.sentence });
    const line = plan.isForOwner ? shared.log.error : isMoved ? shared.log.info : shared.log.warn;
    const again =
      plan.waitMs === 0 ? 'Trying again at once.' : `Trying again in ${tellSpan(Math.max(1000, plan.waitMs))}.`;
    if (this.#isNews(plan.sentence)) line(`${plan.sentence} ${again}`);
    if (this.#isStopping || plan.waitMs === 0) return;
    const waiting = new AbortController();
    this.#wake = () => waiting.abort();
    // Woken early it rejects, which is as good as the end of the wait.
    await sleep(plan.waitMs, undefined, { signal: waiting.signal }).catch(() => undefined);
  }

  /** The same sentence once more, after twice as many tries each time: a router that is away for a night must not fill the log. */
  #isNews(sentence: string): boolean {
    const times = this.#told?.sentence === sentence ? this.#told.times + 1 : 1;
    this.#told = { sentence, times };
    return Number.isInteger(Math.log2(times));
  }

  #note(change: Partial<LinkStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#doors.onChange();
  }
}

function hashCode(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}

/** A refused code will not become right by waiting; a router that is away may come back. */
function explainEnrolment(
  outcome: LinkOutcome,
): { kind: 'owner'; sentence: string } | { kind: 'later'; outcome: LinkOutcome } {
  if (outcome.kind === 'http' && outcome.code === 'protocol-version')
    return { kind: 'owner', sentence: outcome.message };
  // Without a code it is not the router that refuses: another site answers there, or a proxy before it.
  const isRefused = outcome.kind === 'http' && outcome.code !== null && outcome.status >= 400 && outcome.status < 500;
  if (!isRefused || outcome.status === 408 || outcome.status === 429) return { kind: 'later', outcome };
  // Another code helps only where this one is at fault.
  const isCodes = outcome.param === undefined || outcome.param === 'code';
  const sentence = isCodes
    ? `The router did not take the code: ${outcome.message} Start again with a new one: --code CODE.`
    : `The router did not take this home: ${outcome.message}`;
  return { kind: 'owner', sentence };
}

function explainNoCode(router: string): string {
  return `This node is not enrolled at ${router} yet. Get a one-time code from your account there and start with \`irori-node up --router ${router} --code CODE\`.`;
}
