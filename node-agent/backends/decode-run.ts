// One answer in the making inside the worker: what to feed next, what came out, when to stop. Does no forward pass itself.

import { AnswerText } from './answer-text.ts';
import type { BackendError, BackendJob, Delta } from './backend.ts';
import { err, ok, type Result } from '../../schema/result.ts';
import type { Cache } from './onnx-session.ts';
import { renderPrompt, type Codec } from './render-prompt.ts';
import { sampleToken } from './sample-token.ts';

export interface ModelLimits {
  readonly contextTokens: number;
  readonly endIds: readonly number[];
}

export class DecodeRun {
  readonly #job: BackendJob;
  readonly #limits: ModelLimits;
  readonly #banned: readonly number[];
  readonly #counts = new Map<number, number>();
  readonly #answer: AnswerText;
  readonly promptTokens: number;
  #feed: readonly number[];
  #cache: Cache | null = null;
  #made = 0;
  #length: number;

  private constructor(
    job: BackendJob,
    codec: Codec,
    limits: ModelLimits,
    ids: { prompt: readonly number[]; answered: readonly number[] },
  ) {
    this.#job = job;
    this.#limits = limits;
    this.#banned = [...codec.controls.values()].filter((id) => !limits.endIds.includes(id));
    this.#answer = new AnswerText(codec.bytesOf, job.stop);
    this.promptTokens = ids.prompt.length;
    this.#feed = [...ids.prompt, ...ids.answered];
    this.#length = this.#feed.length;
    for (const id of ids.answered) this.#count(id);
  }

  /** Builds the prompt and checks that it fits; the error goes to the caller of the job. */
  static open(job: BackendJob, codec: Codec, limits: ModelLimits): Result<DecodeRun, BackendError> {
    const prompt = renderPrompt(codec, job.messages);
    if (!prompt.ok) return err({ code: 'bad-request', message: prompt.error });
    if (prompt.value.length >= limits.contextTokens) {
      const message = `the prompt has ${prompt.value.length} tokens; this model takes ${limits.contextTokens} with the answer`;
      return err({ code: 'context', message });
    }
    const answered = job.resume?.tokenIds ?? codec.encode(job.resume?.text ?? '');
    const controls = new Set(codec.controls.values());
    if (answered.some((id) => codec.bytesOf(id) === undefined || controls.has(id))) {
      return err({ code: 'bad-request', message: 'resume.tokenIds holds an id that is no text token of this model' });
    }
    return ok(new DecodeRun(job, codec, limits, { prompt: prompt.value, answered }));
  }

  /** What the next forward pass takes, or null when nothing may be added. */
  next(): { ids: readonly number[]; cache: Cache | null } | null {
    return this.#full() ? null : { ids: this.#feed, cache: this.#cache };
  }

  /** Takes the logits of the pass and gives what may be shown, and the reason when the answer is complete. */
  accept(logits: Float32Array, cache: Cache): { delta: Delta | null; reason: 'stop' | 'length' | null } {
    this.#cache = cache;
    const position = (this.#job.resume?.count ?? 0) + this.#made;
    const id = sampleToken(logits, { ...this.#job, position, counts: this.#counts, banned: this.#banned });
    if (this.#limits.endIds.includes(id)) return { delta: this.#answer.flush(), reason: 'stop' };
    this.#made += 1;
    this.#length += 1;
    this.#count(id);
    this.#feed = [id];
    const { delta, stopped } = this.#answer.push(id);
    if (stopped) return { delta, reason: 'stop' };
    return this.#full()
      ? { delta: joinDeltas(delta, this.#answer.flush()), reason: 'length' }
      : { delta, reason: null };
  }

  #full(): boolean {
    return this.#made >= this.#job.maxTokens || this.#length >= this.#limits.contextTokens;
  }

  #count(id: number): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
  }
}

function joinDeltas(a: Delta | null, b: Delta | null): Delta | null {
  if (a === null || b === null) return a ?? b;
  return {
    text: a.text + b.text,
    tokens: a.tokens + b.tokens,
    tokenIds: [...(a.tokenIds ?? []), ...(b.tokenIds ?? [])],
  };
}
