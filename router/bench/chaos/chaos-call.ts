// One call of a chaos run as its caller sees it: what it was told of jobs and charges, and how it ended. It comes again where it was refused, as clients do.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FinalFacts } from '../../../schema/chunks.ts';
import type { PlannedJob } from './draw-chaos.ts';

/** How a call ended for its caller. `cut`: its connection broke after the job had begun; `unseen`: before it was told of a job. */
export type CallEnd = 'done' | 'left' | 'error' | 'cut' | 'refused';

/** One job as its caller was told of it. */
export interface ToldJob {
  readonly job: string;
  /** Units; null where none was told. */
  readonly charge: number | null;
  /** Output tokens that it was told of; null where none were. */
  readonly outputTokens: number | null;
}

export interface CalledJob {
  readonly planned: PlannedJob;
  readonly end: CallEnd;
  /** With `two` one for each answer, where their facts were told. */
  readonly told: readonly ToldJob[];
  /** Jobs of tries that were refused or broke off before. */
  readonly earlier: readonly string[];
  /** Tries whose connection broke before they were told of any job: there may be one. */
  readonly unseen: number;
  readonly error: string | null;
}

export interface ChaosDoor {
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  /** Takes this home away, or its hub, in the middle of an answer. */
  readonly disturb: (nodeId: string) => void;
}

/** How an error says that what was sent is charged. */
const CHARGED = 'is charged';
const MOST_TRIES = 60;
const PAUSE_MS = 250;
const CALL_LIMIT_MS = 60_000;

interface Tried {
  readonly end: CallEnd | 'unseen';
  readonly told: readonly ToldJob[];
  readonly error: string | null;
}

/** Never rejects. */
export async function callJob(door: ChaosDoor, planned: PlannedJob): Promise<CalledJob> {
  const earlier: string[] = [];
  let unseen = 0;
  for (let tries = 1; ; tries++) {
    const tried = await tryOnce(door, planned);
    if (tried.end === 'unseen') unseen += 1;
    const isOver = (tried.end !== 'unseen' && tried.end !== 'refused') || tries === MOST_TRIES;
    if (isOver) {
      const { end, told, error } = tried;
      return { planned, end: end === 'unseen' ? 'refused' : end, told, earlier, unseen, error };
    }
    earlier.push(...tried.told.map(({ job }) => job));
    await sleep(PAUSE_MS);
  }
}

async function tryOnce(door: ChaosDoor, planned: PlannedJob): Promise<Tried> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CALL_LIMIT_MS);
  let job: string | null = null;
  let hasLeft = false;
  const leave = (): void => {
    hasLeft = true;
    controller.abort();
  };
  try {
    const response = await send(door, planned, controller.signal);
    job = response.headers.get('x-irori-job');
    const bare = job === null ? [] : [{ job, charge: null, outputTokens: null }];
    if (response.status !== 200) {
      const error = `${response.status} ${await readCode(response)}`;
      // What a home failed on fails at the next one, too; all else is worth another try.
      return { end: planned.kind === 'failed' ? 'error' : 'refused', told: bare, error };
    }
    return isWhole(planned)
      ? await readWhole(response)
      : await readStream(response, { planned, leave, bare, disturb: door.disturb });
  } catch (error) {
    const told = job === null ? [] : [{ job, charge: null, outputTokens: null }];
    // A caller who leaves breaks the connection.
    if (hasLeft) return { end: 'left', told, error: null };
    return { end: job === null ? 'unseen' : 'cut', told, error: String(error) };
  } finally {
    clearTimeout(timer);
  }
}

function isWhole({ kind, tokens }: PlannedJob): boolean {
  return kind === 'whole' || (kind === 'two' && tokens % 2 === 0);
}

function send(door: ChaosDoor, planned: PlannedJob, signal: AbortSignal): Promise<Response> {
  const { kind, prompt, after } = planned;
  const stream = !isWhole(planned);
  const body = {
    model: door.model,
    messages: [{ role: 'user', content: prompt }],
    stream,
    ...(kind === 'two' ? { n: 2 } : {}),
    ...(kind === 'limited' ? { max_tokens: after } : {}),
    ...(kind === 'free' ? { provider: { pool: 'mine' } } : { provider: { pool: 'public' } }),
  };
  return fetch(`${door.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${door.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
}

async function readCode(response: Response): Promise<string> {
  const body = (await response.json().catch(() => null)) as { error?: { code?: string } } | null;
  return body?.error?.code ?? 'no code';
}

type Facts = FinalFacts & { readonly choices?: readonly FinalFacts[] };

function toTold(facts: Facts): ToldJob[] {
  return (facts.choices ?? [facts]).map((one) => ({
    job: one.job,
    charge: one.charge_micro,
    outputTokens: one.output_tokens,
  }));
}

async function readWhole(response: Response): Promise<Tried> {
  const { irori } = (await response.json()) as { irori: Facts };
  return { end: 'done', told: toTold(irori), error: null };
}

async function readStream(
  response: Response,
  call: {
    readonly planned: PlannedJob;
    readonly leave: () => void;
    readonly disturb: ChaosDoor['disturb'];
    readonly bare: readonly ToldJob[];
  },
): Promise<Tried> {
  const { planned, leave, disturb, bare } = call;
  let node = nodeOf(response);
  const decoder = new TextDecoder();
  let text = '';
  let facts: Facts | null = null;
  let error: string | null = null;
  let isDone = false;
  let tokens = 0;
  for await (const bytes of response.body ?? []) {
    const events = (text + decoder.decode(bytes, { stream: true })).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = event.slice(event.indexOf('data: ') + 6);
      if (data === '[DONE]') isDone = true;
      if (!data.startsWith('{')) continue;
      const chunk = JSON.parse(data) as {
        irori?: Facts;
        error?: { code: string; message: string };
        choices?: unknown[];
      };
      if (chunk.irori?.charge_micro !== undefined) facts = chunk.irori;
      if (chunk.error) error = tellError(chunk.error);
      if (data.includes('"content"')) tokens += 1;
    }
    if (planned.kind === 'resumed' && tokens >= planned.after && node !== null) {
      disturb(node);
      node = null;
    }
    if (planned.kind === 'left' && tokens >= planned.after && !isDone && !facts) {
      leave();
      return { end: 'left', told: bare, error: null };
    }
  }
  if (isDone && facts) return { end: 'done', told: toTold(facts), error: null };
  return { end: error === null ? 'cut' : 'error', told: bare, error };
}

/** The home that answers; null where nobody says. */
function nodeOf(response: Response): string | null {
  const facts = JSON.parse(response.headers.get('x-irori') ?? '{}') as { node?: string };
  return facts.node ?? null;
}

/** Its code, and whether it says that something is charged. */
function tellError({ code, message }: { code: string; message: string }): string {
  return message.includes(CHARGED) ? `${code}, charged` : code;
}
