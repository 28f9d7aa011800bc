// One answer in the making inside the worker: what to feed next, what came out, when to stop. Does no forward pass itself.

import { alignResume, type ResumeStart } from './align-resume.ts';
import { AnswerText } from './answer-text.ts';
import type { BackendError, ChatJob, Delta } from './backend.ts';
import { err, ok, type Result } from '../../schema/result.ts';
import type { Cache } from './onnx-session.ts';
import { tellContext } from './read-context.ts';
import { renderPrompt, type Codec } from './render-prompt.ts';
import { sampleToken } from './sample-token.ts';

interface ModelLimits {
  readonly contextTokens: number;
  readonly endIds: readonly number[];
}

export class DecodingRun {
  readonly #job: ChatJob;
  readonly #limits: ModelLimits;
  readonly #banned: readonly number[];
  readonly #counts = new Map<number, number>();
  readonly #answer: AnswerText;
  /** Tokens that the model reads first: the prompt, and what stands of the answer that it continues. */
  readonly promptTokens: number;
  #feed: readonly number[];
  #cache: Cache | null = null;
  /** Tokens of the answer so far, whichever home made them. */
  #position: number;
  /** Where the answer ends at the latest, as a position. */
  readonly #lastPosition: number;
  #length: number;

  private constructor(
    job: ChatJob,
    codec: Codec,
    limits: ModelLimits,
    from: { prompt: readonly number[]; start: ResumeStart },
  ) {
    const { prompt, start } = from;
    this.#job = job;
    this.#limits = limits;
    this.#banned = [...codec.controls.values()].filter((id) => !limits.endIds.includes(id));
    this.#answer = new AnswerText(codec.bytesOf, job.stop, start.told);
    this.#feed = [...prompt, ...start.ids];
    this.promptTokens = this.#feed.length;
    this.#length = this.#feed.length;
    this.#position = start.position;
    // The home that sent these tokens counted them; making them again counts no second time.
    this.#lastPosition = start.position + start.told.tokens + job.maxTokens;
    for (const id of start.ids) this.#count(id);
  }

  /** Builds the prompt and checks that it fits; the error goes to the caller of the job. */
  static open(job: ChatJob, codec: Codec, limits: ModelLimits): Result<DecodingRun, BackendError> {
    const prompt = renderPrompt(codec, job.messages);
    if (!prompt.ok) return err({ code: 'bad-request', message: prompt.error });
    if (prompt.value.length >= limits.contextTokens) {
      return err(tellContext({ promptTokens: prompt.value.length, contextTokens: limits.contextTokens }));
    }
    const start = alignResume(job.resume, codec);
    if (!start.ok) return err({ code: 'bad-request', message: start.error });
    return ok(new DecodingRun(job, codec, limits, { prompt: prompt.value, start: start.value }));
  }

  /** What the next forward pass takes, or null when nothing may be added. */
  next(): { ids: readonly number[]; cache: Cache | null } | null {
    return this.#full() ? null : { ids: this.#feed, cache: this.#cache };
  }

  /** Takes the logits of the pass and gives what may be shown, and the reason when the answer is complete. */
  accept(logits: Float32Array, cache: Cache): { delta: Delta | null; reason: 'stop' | 'length' | null } {
    this.#cache = cache;
    const id = sampleToken(logits, {
      ...this.#job,
      position: this.#position,
      counts: this.#counts,
      banned: this.#banned,
    });
    if (this.#limits.endIds.includes(id)) return { delta: this.#answer.flush(), reason: 'stop' };
    this.#position += 1;
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
    return this.#position >= this.#lastPosition || this.#length >= this.#limits.contextTokens;
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
