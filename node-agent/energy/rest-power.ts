// What the meters of this machine read at rest: learned from quiet time, kept over restarts.
import type { RestWatts } from './compute-margin.ts';
import type { Learned } from './energy-file.ts';
import { addRest, learnRest, REST_EVERY_MS } from './learn-rest.ts';

type Meter = 'boards' | 'host' | 'wall';

export class RestPower {
  readonly #samples: Record<Meter, readonly number[]>;
  readonly #notedAtMs: Record<Meter, number> = { boards: -Infinity, host: -Infinity, wall: -Infinity };

  constructor({ boards, host, wall }: Pick<Learned, Meter>) {
    this.#samples = { boards, host, wall };
  }

  /** A reading of quiet time, W; of readings close together one counts. */
  note(meter: Meter, watts: number, nowMs: number): void {
    if (nowMs - this.#notedAtMs[meter] < REST_EVERY_MS) return;
    this.#notedAtMs[meter] = nowMs;
    this.#samples[meter] = addRest(this.#samples[meter], watts);
  }

  /** The machine has other cards now. */
  forgetBoards(): void {
    this.#samples.boards = [];
  }

  get watts(): RestWatts {
    const { boards, host, wall } = this.#samples;
    return { boardsW: learnRest(boards), hostW: learnRest(host), wallW: learnRest(wall) };
  }

  get samples(): { boards: number[]; host: number[]; wall: number[] } {
    const { boards, host, wall } = this.#samples;
    return { boards: [...boards], host: [...host], wall: [...wall] };
  }
}
