// How the owner's commands reach the running agent: lines of JSON over the state folder's socket. Knows nothing of what they do.
// An ask is good for seconds: an agent that was frozen when it came finds it stale when it wakes, and does nothing of it.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { findSocketPath } from './instance-lock.ts';

const pausedSchema = z.object({
  /** Why the home takes no work now, null when it does. */
  paused: z.string().nullable(),
  /** When an owner's pause ends by itself, ms since epoch. */
  untilAt: z.number().nullable(),
  /** Jobs that were handed over, and how long it took until the last had left and memory was free. */
  handedOver: z.number(),
  tookMs: z.number(),
});
export type OwnerAnswer = z.output<typeof pausedSchema>;

const at = z.number().int().min(0);

/** What an owner may ask, and what comes of it. One more line here, and a handler in `agent/owner-desk.ts`, is one more ask. */
const ASKS = {
  /** Give the machine back: for so long, until then, or until `resume`; at once, or when the running jobs have ended. */
  pause: {
    ask: z.object({
      do: z.literal('pause'),
      forMs: z.number().int().min(1).nullable(),
      untilAt: at.nullable().default(null),
      when: z.enum(['now', 'after-job']).default('now'),
    }),
    answer: pausedSchema,
  },
  resume: { ask: z.object({ do: z.literal('resume') }), answer: pausedSchema },
  /** Reads config.json again: which settings are in effect now, and which wait for a restart. */
  reload: {
    ask: z.object({ do: z.literal('reload') }),
    answer: z.object({ applied: z.array(z.string()), waiting: z.array(z.string()) }),
  },
  /** Takes nothing new, lets jobs finish or hands them over, and ends; answered before it has. */
  stop: { ask: z.object({ do: z.literal('stop') }), answer: z.object({ jobs: z.number() }) },
  /** Looks for a newer version now; with `install` it is taken when no job runs. */
  update: {
    ask: z.object({ do: z.literal('update'), install: z.boolean() }),
    answer: z.object({ told: z.string() }),
  },
  /** What it does now, as it stands in status.json. */
  status: { ask: z.object({ do: z.literal('status') }), answer: z.record(z.string(), z.unknown()) },
  /** The address of the agent's page with a token that opens it once; null where there is no page. */
  open: { ask: z.object({ do: z.literal('open') }), answer: z.object({ url: z.string().nullable() }) },
} as const;

export type AskName = keyof typeof ASKS;
export type OwnerAsk<K extends AskName = AskName> = { [N in K]: z.input<(typeof ASKS)[N]['ask']> }[K];
export type HeardAsk<K extends AskName> = z.output<(typeof ASKS)[K]['ask']>;
export type AnswerTo<K extends AskName> = z.output<(typeof ASKS)[K]['answer']>;

/** What the agent does for each ask. */
export type OwnerDesk = { readonly [K in AskName]: (ask: HeardAsk<K>) => Promise<AnswerTo<K>> };

/** What became of an ask: `none`: no agent runs there; `silent`: one runs and does not answer, and will do nothing of it later; `refused`: it does not know the ask. */
export type Asked<K extends AskName> =
  { readonly kind: 'answered'; readonly answer: AnswerTo<K> } | { readonly kind: 'none' | 'silent' | 'refused' };

const lineSchema = z.object({ goodUntil: at, ask: z.object({ do: z.string().max(40) }).loose() });
const reply = { heard: JSON.stringify({ heard: true }), unknown: JSON.stringify({ unknown: true }) };

const ASK_BYTES = 4096;
/** A status with many models. */
const ANSWER_BYTES = 4 * 1024 * 1024;
/** A peer that says nothing for so long is turned away. */
const SILENCE_MS = 2_000;
/** An ask that is not taken up by then never is. */
const GOOD_MS = 3_000;
/** Longer than that, so that what was done is never told as not done. */
const HEARD_MS = 4_000;
/** An agent that frees a large model takes a while. */
const ANSWER_MS = 15_000;

/** The agent's side: answers one ask of a peer that just connected. A peer that says nothing, or nonsense, is turned away; a stale ask does nothing. */
export function hearOwner(peer: Socket, desk: OwnerDesk, now: () => number = Date.now): void {
  const lines = new Lines(peer, ASK_BYTES);
  void lines.next(SILENCE_MS).then(async (text) => {
    const line = lineSchema.safeParse(parseJson(text ?? ''));
    if (!line.success || now() > line.data.goodUntil || peer.destroyed) return void peer.destroy();
    const { ask } = line.data;
    if (!isAskName(ask.do)) return hangUp(peer, reply.unknown);
    const answering = answer(desk, ask.do, ask);
    if (!answering) return hangUp(peer, reply.unknown);
    peer.write(`${reply.heard}\n`);
    await answering.then(
      (told) => hangUp(peer, JSON.stringify(told)),
      // The command says that nothing came; what failed stands in the agent's own log.
      () => peer.destroy(),
    );
  });
}

/** The last line of a talk: a peer that then keeps its end open holds nothing of ours. */
function hangUp(peer: Socket, line: string): void {
  peer.end(`${line}\n`, () => peer.destroy());
}

function answer<K extends AskName>(desk: OwnerDesk, name: K, said: unknown): Promise<AnswerTo<K>> | null {
  const ask = ASKS[name].ask.safeParse(said);
  return ask.success ? desk[name](ask.data as HeardAsk<K>) : null;
}

function isAskName(name: string): name is AskName {
  return Object.hasOwn(ASKS, name);
}

/** The command's side. Never rejects. */
export async function askAgent<K extends AskName>(
  folder: string,
  ask: OwnerAsk<K> & { readonly do: K },
  now: () => number = Date.now,
): Promise<Asked<K>> {
  const peer = connect(findSocketPath(folder));
  peer.on('error', () => peer.destroy());
  const isThere = new Promise<boolean>((resolve) => {
    peer.once('connect', () => resolve(true));
    peer.once('close', () => resolve(false));
  });
  const lines = new Lines(peer, ANSWER_BYTES);
  try {
    if (!(await isThere)) return { kind: 'none' };
    peer.write(`${JSON.stringify({ goodUntil: now() + GOOD_MS, ask })}\n`);
    const heard = await lines.next(HEARD_MS);
    if (heard === reply.unknown) return { kind: 'refused' };
    if (heard !== reply.heard) return { kind: 'silent' };
    const told = ASKS[ask.do].answer.safeParse(parseJson((await lines.next(ANSWER_MS)) ?? ''));
    return told.success ? { kind: 'answered', answer: told.data as AnswerTo<K> } : { kind: 'silent' };
  } finally {
    peer.destroy();
  }
}

/** A peer's lines, one at a time. */
class Lines {
  readonly #peer: Socket;
  readonly #mostBytes: number;
  #text = '';
  #wake: () => void = () => undefined;
  #isOver = false;

  constructor(peer: Socket, mostBytes: number) {
    this.#peer = peer;
    this.#mostBytes = mostBytes;
    peer.setEncoding('utf8');
    peer.on('data', (part: string) => {
      this.#text += part;
      if (this.#text.length > mostBytes) peer.destroy();
      this.#wake();
    });
    peer.once('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** Null when the peer ends, says too much, or takes longer than so many ms: it is hung up then. */
  async next(limitMs: number): Promise<string | null> {
    const timer = setTimeout(() => this.#peer.destroy(), limitMs);
    try {
      for (;;) {
        const end = this.#text.indexOf('\n');
        if (end >= 0 && end <= this.#mostBytes) {
          const line = this.#text.slice(0, end);
          this.#text = this.#text.slice(end + 1);
          return line;
        }
        if (this.#isOver) return null;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
