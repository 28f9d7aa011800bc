// One chat call as its caller sees it: events as they come, told apart into text, usage, facts, errors and the end.
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

export interface Irori {
  readonly job: string;
  readonly node: string;
  readonly digest: string;
  readonly attempts: number;
  readonly ttft_ms: number | null;
  readonly receipt: string;
  readonly resumed?: string | null;
  readonly charge_micro?: number;
  readonly receipt_hash?: string | null;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}

interface Chunk {
  readonly choices: readonly {
    delta?: { content?: string; reasoning_content?: string; role?: string };
    finish_reason?: string | null;
  }[];
  readonly usage?: Usage;
  readonly irori?: Irori;
  readonly error?: { code: string; message: string };
}

export interface AskOptions {
  readonly account: TestAccount;
  readonly model: string;
  /** `say-…`: how the model server answers. */
  readonly prompt: string;
  readonly maxTokens?: number;
  readonly place?: string;
  /** More fields of the request's body. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A streamed answer that is being read. */
export class Answer {
  readonly response: Response;
  readonly startedAt = Date.now();
  /** When each piece of the body came, ms since epoch, and how many content events it held. */
  readonly pieces: { at: number; events: number }[] = [];
  text = '';
  thinking = '';
  /** Chunks that tell who speaks. */
  roles = 0;
  contentEvents = 0;
  comments = 0;
  finish: string | null = null;
  usage: Usage | null = null;
  irori: Irori;
  error: { code: string; message: string } | null = null;
  isDone = false;
  isOver = false;
  readonly #controller: AbortController;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #rest = '';

  constructor(response: Response, controller: AbortController) {
    this.response = response;
    this.#controller = controller;
    if (!response.body) throw new Error('no body');
    this.#reader = response.body.getReader();
    this.irori = JSON.parse(response.headers.get('x-irori') ?? '{}') as Irori;
  }

  get job(): string {
    return this.response.headers.get('x-irori-job') ?? '';
  }

  /** Words of the model server that have come: one a token. */
  get tokens(): number {
    return this.contentEvents === 0 ? 0 : this.text.split(' ').length - 1;
  }

  /** Reads until `isEnough`, or to the end. */
  async read(isEnough: (answer: Answer) => boolean = () => false): Promise<this> {
    while (!isEnough(this)) {
      const { value, done } = await this.#reader.read();
      if (done) {
        this.isOver = true;
        return this;
      }
      this.#take(value);
    }
    return this;
  }

  /** Hangs up. */
  async leave(): Promise<void> {
    this.#controller.abort();
    await this.#reader.cancel().catch(() => undefined);
  }

  #take(bytes: Uint8Array): void {
    const before = this.contentEvents;
    const events = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n\n');
    this.#rest = events.pop() ?? '';
    for (const event of events) this.#takeEvent(event);
    this.pieces.push({ at: Date.now(), events: this.contentEvents - before });
  }

  #takeEvent(event: string): void {
    const lines = event.split('\n');
    const data = lines.filter((line) => !line.startsWith(':')).join('\n');
    this.comments += lines.filter((line) => line.startsWith(':')).length;
    if (data === 'data: [DONE]') this.isDone = true;
    else this.#takeChunk(JSON.parse(data.slice(6)) as Chunk);
  }

  #takeChunk(chunk: Chunk): void {
    const choice = chunk.choices[0];
    this.finish = choice?.finish_reason ?? this.finish;
    this.usage = chunk.usage ?? this.usage;
    this.irori = chunk.irori ?? this.irori;
    this.error = chunk.error ?? this.error;
    this.thinking += choice?.delta?.reasoning_content ?? '';
    if (choice?.delta?.role) this.roles++;
    if (!choice?.delta?.content) return;
    this.text += choice.delta.content;
    this.contentEvents++;
  }
}

function toBody({ model, prompt, maxTokens, more }: AskOptions, stream: boolean): object {
  return {
    model,
    messages: [{ role: 'user', content: prompt }],
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...more,
  };
}

/** A call whose body is left alone; hang up by the signal. */
export function send(stack: Stack, options: AskOptions & { stream: boolean; signal?: AbortSignal }): Promise<Response> {
  return stack.call('/v1/chat/completions', {
    key: options.account.apiKey,
    body: toBody(options, options.stream),
    ...(options.place === undefined ? {} : { place: options.place }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
}

/** Opens a streamed answer. Throws when the call is refused. */
export async function ask(stack: Stack, options: AskOptions): Promise<Answer> {
  const controller = new AbortController();
  const response = await send(stack, { ...options, stream: true, signal: controller.signal });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return new Answer(response, controller);
}

/** A streamed answer, read to its end. */
export async function askAll(stack: Stack, options: AskOptions): Promise<Answer> {
  return (await ask(stack, options)).read();
}

/** A call's status and JSON, for refusals and whole answers. */
export async function askWhole(
  stack: Stack,
  options: AskOptions & { stream?: boolean },
): Promise<{ status: number; headers: Headers; json: Record<string, any> }> {
  const response = await send(stack, { ...options, stream: options.stream ?? false });
  return { status: response.status, headers: response.headers, json: (await response.json()) as Record<string, any> };
}

/** Puts a model that `owner`'s homes serve under their own name into the catalogue, and waits until it can be called. */
export async function listModel(
  stack: Stack,
  listing: { owner: TestAccount; id: string; digest: string; homes?: number; model?: Record<string, unknown> },
): Promise<void> {
  const { owner, id, digest, homes = 1, model } = listing;
  const body = { digests: [digest], ...PRICED, ...model };
  const put = await stack.admin('PUT', `/models/${id}`, body);
  if (put.status !== 200) throw new Error(JSON.stringify(put.json));
  await stack.waitForModel(owner, id, homes);
}

/** One unit a prompt token, two an output token: a charge can be read off its counts. */
export const PRICED = {
  price_in: 1_000_000,
  price_out: 2_000_000,
  context_tokens: 100_000,
  max_output_tokens: 32_768,
};

/** The digest under which a home serves one of its owner's own names. */
export async function learnDigest(stack: Stack, owner: TestAccount, model: string): Promise<string> {
  await stack.waitForModel(owner, model);
  const answer = await until('the first answer', async () => {
    const response = await send(stack, { account: owner, model, prompt: 'say-1x0', maxTokens: 1, stream: true });
    if (response.status === 200) return response;
    await response.text();
    return null;
  });
  await answer.text();
  return (JSON.parse(answer.headers.get('x-irori') ?? '{}') as Irori).digest;
}

/** As `ask`, tried again while a home finds back: after a restart the presence table knows it before its hub does. */
export async function askOnline(stack: Stack, options: AskOptions): Promise<Answer> {
  return until('a home that answers', () => ask(stack, options).catch(() => null));
}
