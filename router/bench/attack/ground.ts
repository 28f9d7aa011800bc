// The network that is attacked: the real router with its own waits, three real agents with the built-in model in one city, honest callers.
import { residentBytes } from '../../test/process-memory.ts';
import { until } from '../../test/until.ts';
import { RAW_DIGEST } from '../../test/raw-node.ts';
import { PRICED } from '../../test/ask.ts';
import { startStack } from '../../test/stack.ts';
import type { Stack, TestAccount } from '../../test/stack.ts';
import { TIMINGS } from '../../../schema/timings.ts';
import type { Timings } from '../../../schema/timings.ts';
import { callStream } from './call.ts';
import type { CallAsk } from './call.ts';
import { Traffic } from './traffic.ts';

/** The built-in model at a price: one unit a prompt token, two an output token. Honest homes serve it, and so do hostile ones that want honest calls. */
export const NANO = { id: 'attack/nano', tokenizer: 'nano' } as const;
/** Of hostile homes only, with a long context and no tokenizer that the router carries. */
export const OPEN = { id: 'attack/open', tokenizer: null } as const;
/** The built-in model for nothing. */
export const FREE = 'nano-demo';
/** Where the honest homes and callers are, and most attackers. */
export const PARIS = '48.9,2.4,FR';
/** Another area, with hubs of its own. */
export const TOKYO = '35.7,139.7,JP';
export const TOKYO_HUB = 'hub:apac-ne:0';

const AGENTS = 3;
const SLOTS = '4';
/** Tokens a second of each honest answer. */
const PACE = 40;
const GRANTED = 1_000_000_000;
const START_MS = 60_000;
/** A network that is left alone has so long to answer again. */
const RECOVER_MS = 10_000;
const PROBE_MS = 3000;
/** A router that holds this much more than when it was new is started again, so that one attack's garbage is not the next one's rest. */
const GARBAGE_BYTES = 250_000_000;

export interface GroundOptions {
  /** Honest homes; left out, three. */
  readonly agents?: number;
  /** What differs from the network's own timings. */
  readonly timings?: Partial<Timings>;
  readonly tell: (text: string) => void;
}

export class Ground {
  readonly stack: Stack;
  readonly traffic: Traffic;
  readonly honest: TestAccount;
  readonly granted = GRANTED;
  readonly agents: number;
  /** Of the built-in model. */
  readonly digest: string;
  readonly tell: (text: string) => void;
  #freshBytes = 0;

  private constructor(parts: Pick<Ground, 'stack' | 'traffic' | 'honest' | 'agents' | 'digest' | 'tell'>) {
    this.tell = parts.tell;
    this.stack = parts.stack;
    this.traffic = parts.traffic;
    this.honest = parts.honest;
    this.agents = parts.agents;
    this.digest = parts.digest;
  }

  /** Starts everything; resolves when honest calls are answered. */
  static async open({ agents = AGENTS, timings = {}, tell }: GroundOptions): Promise<Ground> {
    const stack = await startStack({ timings: { ...TIMINGS, ...timings }, ownsSignals: true });
    try {
      const owner = await stack.makeAccount();
      const honest = await stack.makeAccount(GRANTED);
      const args = ['--slots', SLOTS, '--pace', String(PACE)];
      await Promise.all(Array.from({ length: agents }, () => stack.startAgent({ owner, args, place: PARIS })));
      const digest = await listModels(stack);
      await stack.waitForModel(honest, NANO.id, agents);
      const ask = { ...HONEST_ASK, msPerToken: 1000 / PACE };
      const traffic = new Traffic({ door: { url: stack.url, apiKey: honest.apiKey }, ask });
      const ground = new Ground({ stack, traffic, honest, agents, digest, tell });
      await ground.#waitAnswered();
      return ground;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.traffic.end();
    await this.stack.stop();
  }

  /**
   * After an attack: waits until honest calls are answered, and starts the router again if it holds much garbage, is down or does not answer.
   * False where it did not come back by itself.
   */
  async recover(): Promise<boolean> {
    const pids = this.stack.network.workerdPids();
    const heldBytes = pids.reduce((sum, pid) => sum + residentBytes(pid), 0);
    this.#freshBytes ||= heldBytes;
    const isFull = pids.length === 0 || heldBytes > this.#freshBytes + GARBAGE_BYTES;
    if (!isFull && (await this.#isAnswered(RECOVER_MS))) return true;
    this.tell('  the router is started again');
    await this.stack.network.restart();
    await this.#waitAnswered();
    return isFull;
  }

  #isAnswered(waitMs: number): Promise<boolean> {
    return this.#waitAnswered(waitMs).then(
      () => true,
      () => false,
    );
  }

  /** Calls until as many in a row are answered as there are homes. */
  async #waitAnswered(waitMs = START_MS): Promise<void> {
    const door = { url: this.stack.url, apiKey: this.honest.apiKey };
    let inRow = 0;
    const isEnough = async (): Promise<boolean> => {
      const { isAnswered } = await callStream(door, { ...HONEST_ASK, maxTokens: 2 }, AbortSignal.timeout(PROBE_MS));
      inRow = isAnswered ? inRow + 1 : 0;
      return inRow >= this.agents;
    };
    await until('honest answers', isEnough, waitMs);
  }
}

/** What honest callers ask. */
const HONEST_ASK: CallAsk = {
  model: NANO.id,
  tokenizer: NANO.tokenizer,
  prompt: 'Tell me a story about a fox named Mika.',
  maxTokens: 24,
  place: PARIS,
};

/** Puts both models into the catalogue; gives the built-in model's digest. */
async function listModels(stack: Stack): Promise<string> {
  const free = (await stack.admin('GET', `/models/${FREE}`)).json;
  const digests = free['digests'] as string[];
  const { price_in, price_out } = PRICED;
  const { context_tokens, max_output_tokens, tokenizer } = free;
  const nano = { digests, context_tokens, max_output_tokens, tokenizer, price_in, price_out };
  await stack.admin('PUT', `/models/${NANO.id}`, nano);
  await stack.admin('PUT', `/models/${OPEN.id}`, { digests: [RAW_DIGEST], ...PRICED });
  return digests[0] ?? '';
}
