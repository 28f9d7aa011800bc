// What goes wrong on the ways of money inside the router: messages that are lost, whose answers are lost, that come twice, late or again. Each fault
// is drawn from a seed and told in a line of the log, which is how a run counts them: a router that is killed takes its memory with it.
import { makeRandom } from '../draw-losses.ts';

const FAULTS = ['dropped', 'answer-lost', 'doubled', 'delayed', 'came-again'] as const;
type Fault = (typeof FAULTS)[number];

/** How the log tells of one; the rest of the line is its door and its name. */
export const FAULT_MARK = 'chaos:';

/** What the Worker is started with. */
export interface TroubleOptions {
  /** Another one in each life of the router, from one seed of the run. */
  readonly seed: number;
  /** Of a hundred messages so many go wrong; 0 for none. */
  readonly percent: number;
}

const SHORTEST_DELAY_MS = 20;
const LONGEST_DELAY_MS = 1500;
const AGAIN_AFTER_MS = 3000;

export class Trouble {
  readonly #random: () => number;
  #percent: number;
  #isBooksAway = false;

  constructor({ seed, percent }: TroubleOptions) {
    this.#random = makeRandom(seed);
    this.#percent = percent;
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#percent = 0;
    this.#isBooksAway = false;
  }

  /** While they are away nothing that is asked of D1 is done or answered. */
  set isBooksAway(isAway: boolean) {
    this.#isBooksAway = isAway;
  }

  get isBooksAway(): boolean {
    return this.#isBooksAway;
  }

  /** The fault of the next message at a door; null for most. */
  draw(door: string): Fault | null {
    if (this.#random() * 100 >= this.#percent) return null;
    const fault = FAULTS[Math.floor(this.#random() * FAULTS.length)] ?? 'dropped';
    console.log(`${FAULT_MARK} ${door} ${fault}`);
    return fault;
  }

  /** ms. */
  drawDelay(): number {
    return SHORTEST_DELAY_MS + this.#random() * (LONGEST_DELAY_MS - SHORTEST_DELAY_MS);
  }

  /** Sends a message that may be repeated, or does with it what was drawn. Rejects where it, or its answer, is lost. */
  async pass<T>(door: string, send: () => Promise<T>): Promise<T> {
    const fault = this.draw(door);
    if (fault === 'dropped') throw new Error(`${door}: the message was lost`);
    if (fault === 'delayed') await sleep(this.drawDelay());
    // Of two that arrive at once the one that was taken second is believed.
    if (fault === 'doubled') return (await Promise.all([send(), send()]))[1];
    const answer = await send();
    if (fault === 'answer-lost') throw new Error(`${door}: the answer was lost`);
    if (fault === 'came-again') setTimeout(() => void send().catch(() => undefined), this.#random() * AGAIN_AFTER_MS);
    return answer;
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
