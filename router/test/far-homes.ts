// Homes in five towns behind lines of a set length, and two edges that are near to some hubs and far from others.
import type { FinalFacts } from '../../schema/chunks.ts';
import { readFacts } from '../billing/pack-facts.ts';
import { parseSummary, summaryKey } from '../../schema/presence.ts';
import { learnDigest, PRICED } from './ask.ts';
import { DelayLine } from './delay-line.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { RAW_DIGEST, RAW_MODEL, RawNode } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

export const PLACES = {
  paris: '48.9,2.4,FR',
  lyon: '45.8,4.8,FR',
  rome: '41.9,12.5,IT',
  berlin: '52.5,13.4,DE',
  tokyo: '35.7,139.7,JP',
} as const;
export type Town = keyof typeof PLACES;

/** The catalogue's name for what all homes serve; their own names for it. */
const HOUSE = 'house';
const MODEL = 'say-8x0';

/** Edge to hub and back, ms. Berlin's hub is another one than that of Paris, Lyon and Rome. */
export const DELAYS = {
  paris: { weur: 6, eeur: 20, 'apac-ne': 320 },
  tokyo: { weur: 320, eeur: 340, 'apac-ne': 6 },
} as const;
export type Edge = keyof typeof DELAYS;

/** Hub to home and back, ms. */
export const LINES: Readonly<Record<Town, number>> = { paris: 20, lyon: 20, rome: 24, berlin: 20, tokyo: 20 };

/** Four times as fast as the promise asks, so that a busy machine does not make it a slow one. */
const FAIR = { answers: 'say-24x8', args: ['--pace', '120'] };
/** A first token that a busy machine keeps: where homes stand and how fast they are is what is tried here. */
const PATIENT = { preferred_max_latency: 5 };

export interface Said {
  readonly facts: FinalFacts;
  readonly headers: Headers;
  readonly tookMs: number;
}

export interface FarAsk {
  readonly account: TestAccount;
  readonly edge: Edge;
  /** Where the caller is. */
  readonly from: Town;
  readonly provider?: Readonly<Record<string, unknown>>;
  readonly maxTokens?: number;
}

export class FarHomes {
  readonly stack: Stack;
  readonly owner: TestAccount;
  /** Owns the home in Berlin. */
  readonly berlinOwner: TestAccount;
  /** Owns no home; a member of the pool `lab`, in which Berlin is. */
  readonly caller: TestAccount;
  /** Ids of the homes. */
  readonly nodes: Readonly<Record<Town, string>>;
  /** Model servers behind the agents. */
  readonly servers: ReadonlyMap<Town, ModelServer>;
  readonly #closers: (() => Promise<void>)[];

  private constructor(
    parts: Pick<FarHomes, 'stack' | 'owner' | 'berlinOwner' | 'caller' | 'nodes' | 'servers'>,
    closers: (() => Promise<void>)[],
  ) {
    this.stack = parts.stack;
    this.owner = parts.owner;
    this.berlinOwner = parts.berlinOwner;
    this.caller = parts.caller;
    this.nodes = parts.nodes;
    this.servers = parts.servers;
    this.#closers = closers;
  }

  /** Starts everything and waits until both edges know all homes. */
  static async start(): Promise<FarHomes> {
    const edges = Object.fromEntries(
      Object.entries(DELAYS).map(([name, delays]) => [name, { LOCAL_HUB_DELAYS: JSON.stringify(delays) }]),
    );
    const stack = await startStack({ edges });
    const closers = [() => stack.stop()];
    const [owner, berlinOwner, caller] = await Promise.all([
      stack.makeAccount(1e9),
      stack.makeAccount(1e9),
      stack.makeAccount(1e9),
    ]);
    const start = new Starting(stack, closers);
    const nodes = {
      paris: await start.agent(owner, 'paris', FAIR),
      lyon: await start.agent(owner, 'lyon', { answers: 'say-8x50', args: ['--pace', '20'] }),
      rome: await start.boaster(owner),
      berlin: await start.agent(berlinOwner, 'berlin', FAIR),
      tokyo: await start.agent(owner, 'tokyo', { answers: 'say-40x1-wait20', args: ['--benchmark', 'all'] }),
    };
    const digest = await learnDigest(stack, owner, MODEL);
    const pool = String((await stack.admin('POST', '/pools', { name: 'lab', owner_account_id: owner.id })).json['id']);
    await stack.admin('PUT', `/pools/${pool}/members/${caller.id}`);
    await stack.admin('PUT', `/pools/${pool}/nodes/${nodes.berlin}`);
    await stack.admin('PUT', `/models/${HOUSE}`, { digests: [digest, RAW_DIGEST], ...PRICED });
    await stack.waitForModel(caller, HOUSE, 5);
    return new FarHomes({ stack, owner, berlinOwner, caller, nodes, servers: start.servers }, closers);
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close();
  }

  /** The town that a node stands in. */
  townOf(node: string | null): Town | null {
    return (Object.keys(this.nodes) as Town[]).find((town) => this.nodes[town] === node) ?? null;
  }

  /** A call at one of the edges, its body left alone. */
  send(ask: FarAsk, options: { stream?: boolean; signal?: AbortSignal } = {}): Promise<Response> {
    const { account, edge, from, provider, maxTokens } = ask;
    const body = {
      model: HOUSE,
      messages: [{ role: 'user', content: 'hi' }],
      stream: options.stream ?? false,
      provider: { ...PATIENT, ...provider },
      ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    };
    return fetch(`${this.stack.network.edgeUrls[edge]}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${account.apiKey}`,
        'content-type': 'application/json',
        'x-irori-place': PLACES[from],
      },
      body: JSON.stringify(body),
      ...(options.signal && { signal: options.signal }),
    });
  }

  /** An answer, streamed and read to its end. */
  async ask(ask: FarAsk): Promise<Said> {
    const startedAt = performance.now();
    const response = await this.send(ask, { stream: true });
    const text = await response.text();
    const tookMs = performance.now() - startedAt;
    if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
    const last = text.split('\n\n').find((event) => event.includes('"irori":'));
    if (last === undefined || !text.endsWith('data: [DONE]\n\n')) throw new Error(`the answer broke off: ${text}`);
    const { irori: facts } = JSON.parse(last.slice('data: '.length)) as { irori: FinalFacts };
    return { facts, headers: response.headers, tookMs };
  }

  /** The town whose home answers. */
  async townFor(ask: FarAsk): Promise<Town | null> {
    return this.townOf((await this.ask(ask)).facts.node);
  }

  /** Free slots of the first hub of an area, as the presence table has them. */
  async believedFree(area: string): Promise<number> {
    const packed = await this.stack.askPresence('HGET', summaryKey(HOUSE, area), `hub:${area}:0`);
    const summary = parseSummary(packed);
    return summary.ok ? summary.value.free : -1;
  }

  /** What was known and expected when a job's home was chosen, as far as the book keeps it. */
  async decisionOf(job: string): Promise<KeptDecision> {
    const db = await this.stack.network.database();
    const find = db.prepare('SELECT at, parts FROM flushes WHERE instr(parts, ?)');
    return until('the job in the book', async () => {
      const row = await find.bind(job.slice(4)).first<{ at: number; parts: string }>();
      return row && readFacts(row.parts, row.at).find(({ jobId }) => jobId === job)?.decision;
    });
  }
}

type KeptDecision = NonNullable<ReturnType<typeof readFacts>[number]['decision']>;

/** Starts homes one by one and remembers how to end them. */
class Starting {
  readonly #stack: Stack;
  readonly #closers: (() => Promise<void>)[];
  readonly servers = new Map<Town, ModelServer>();

  constructor(stack: Stack, closers: (() => Promise<void>)[]) {
    this.#stack = stack;
    this.#closers = closers;
  }

  /** A real agent with one slot; `answers` is how its model server does, which is as fast as it says of itself. */
  async agent(
    owner: TestAccount,
    town: Town,
    { answers, args }: { answers: string; args: readonly string[] },
  ): Promise<string> {
    const [line, server] = await Promise.all([this.#line(town), this.#server()]);
    server.behaviour = answers;
    this.servers.set(town, server);
    const all = ['--backend', server.url, '--models', MODEL, '--slots', '1', ...args];
    const agent = await this.#stack.startAgent({ owner, place: PLACES[town], router: line.url, args: all });
    const said = (pattern: RegExp) => () => pattern.exec(agent.lines.join('\n'))?.[1];
    const node = await until(`${town} is connected`, said(/connected hub.* node=(\S+)/));
    if (args.includes('all')) await until(`${town} is measured`, said(/(measured) /));
    return node;
  }

  /** A home that says it is the fastest of all, and gives ten tokens a second. */
  async boaster(owner: TestAccount): Promise<string> {
    const line = await this.#line('rome');
    const node = await RawNode.join(this.#stack, owner, { url: line.url, place: PLACES.rome });
    const speeds = { promptTokensPerS: 4000, decodeTokensPerS: 300 };
    const facts = { name: RAW_MODEL, digest: RAW_DIGEST, contextTokens: 100_000, quantisation: 'q8_0', resume: 'none' };
    node.onJob = (job) => void answerSlowly(job);
    node.send('state', { models: [{ ...facts, ...speeds }], slots: 1, paused: null });
    return node.id;
  }

  async #line(town: Town): Promise<DelayLine> {
    const line = await DelayLine.open(this.#stack.network.port, LINES[town]);
    this.#closers.push(() => line.close());
    return line;
  }

  async #server(): Promise<ModelServer> {
    const server = await startModelServer();
    this.#closers.push(() => server.stop());
    return server;
  }
}

async function answerSlowly(job: RawJob): Promise<void> {
  job.head();
  for (let i = 0; i < 12; i++) {
    await new Promise((wake) => setTimeout(wake, 100));
    job.say(` word${i}`, 1);
  }
  job.end(job.receipt());
}
