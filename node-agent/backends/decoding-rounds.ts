// Interleaves several answers on one model, one token each in turn. Runs inside the worker; ends a run within one token of its cancel.

import type { ChatJob } from './backend.ts';
import { DecodingRun } from './decoding-run.ts';
import { UNACKED_LIMIT, type FromWorker, type RunEnd } from './onnx-messages.ts';
import type { OnnxSession } from './onnx-session.ts';
import type { PassGuard } from './pass-guard.ts';
import type { Codec } from './render-prompt.ts';

interface Seat {
  readonly run: number;
  readonly decode: DecodingRun;
  unacked: number;
  /** When the next token may be made (performance.now()). */
  dueAt: number;
}

export class DecodingRounds {
  readonly #session: OnnxSession;
  readonly #codec: Codec;
  readonly #post: (message: FromWorker) => void;
  readonly #gapMs: number;
  readonly #guard: PassGuard;
  readonly #seats = new Map<number, Seat>();
  #turning: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    model: { session: OnnxSession; codec: Codec; paceTokensPerS: number; guard: PassGuard },
    post: (message: FromWorker) => void,
  ) {
    this.#session = model.session;
    this.#codec = model.codec;
    this.#guard = model.guard;
    this.#gapMs = model.paceTokensPerS > 0 ? 1000 / model.paceTokensPerS : 0;
    this.#post = post;
  }

  start(run: number, job: ChatJob): void {
    const decode = DecodingRun.open(job, this.#codec, this.#session);
    if (!decode.ok)
      return this.#post({ type: 'finish', run, reason: 'error', promptTokens: null, error: decode.error });
    this.#seats.set(run, { run, decode: decode.value, unacked: 0, dueAt: 0 });
    this.#wake();
  }

  ack(run: number): void {
    const seat = this.#seats.get(run);
    if (seat !== undefined) seat.unacked -= 1;
    this.#wake();
  }

  cancel(run: number): void {
    const seat = this.#seats.get(run);
    if (seat !== undefined) this.#end(seat, { reason: 'cancelled', promptTokens: seat.decode.promptTokens });
  }

  /** Cancels every run and settles when no forward pass is under way any more: only then may the model be freed. */
  async stop(): Promise<void> {
    for (const run of this.#seats.keys()) this.cancel(run);
    clearTimeout(this.#timer);
    await this.#turning;
  }

  #wake(): void {
    clearTimeout(this.#timer);
    this.#turning ??= this.#turn().finally(() => {
      this.#turning = undefined;
      this.#sleep();
    });
  }

  /** Makes one token for each seat that may go on, round after round, until none may. Never rejects. */
  async #turn(): Promise<void> {
    for (let moved = true; moved;) {
      moved = false;
      for (const seat of this.#seats.values()) {
        if (!this.#mayGo(seat)) continue;
        moved = true;
        await this.#advance(seat);
      }
    }
  }

  #mayGo(seat: Seat): boolean {
    return this.#seats.has(seat.run) && seat.unacked < UNACKED_LIMIT && seat.dueAt <= performance.now();
  }

  #sleep(): void {
    const waiting = [...this.#seats.values()].filter((seat) => seat.unacked < UNACKED_LIMIT).map((seat) => seat.dueAt);
    if (waiting.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, Math.ceil(Math.min(...waiting) - performance.now())));
  }

  async #advance(seat: Seat): Promise<void> {
    const promptTokens = seat.decode.promptTokens;
    try {
      const next = seat.decode.next();
      if (next === null) return this.#end(seat, { reason: 'length', promptTokens });
      const { logits, cache } = await this.#guard.pass(() => this.#session.step(next.ids, next.cache));
      if (!this.#seats.has(seat.run)) return;
      const { delta, reason } = seat.decode.accept(logits, cache);
      if (delta !== null) {
        seat.unacked += 1;
        this.#post({ type: 'delta', run: seat.run, delta });
      }
      seat.dueAt = this.#dueAfter(seat);
      if (reason !== null) this.#end(seat, { reason, promptTokens });
    } catch (error) {
      const message = `the model failed: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown reason'}`;
      this.#end(seat, { reason: 'error', promptTokens, error: { code: 'internal', message } });
    }
  }

  /** One gap after the last due time; time lost beyond one gap is not made up for. */
  #dueAfter(seat: Seat): number {
    const now = performance.now();
    return this.#gapMs + (seat.dueAt === 0 ? now : Math.max(seat.dueAt, now - this.#gapMs));
  }

  #end(seat: Seat, end: RunEnd): void {
    this.#seats.delete(seat.run);
    this.#post({ type: 'finish', run: seat.run, ...end });
  }
}
