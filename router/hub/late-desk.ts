// Late receipts on their way to their nodes' accounts: each costs a call there, so only a few of one home and of all are asked at once, in the order
// in which they came, and only so many wait. A home keeps a receipt that is not answered and offers it again.
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import { LATE_AT_ONCE, LATE_AT_ONCE_IN_ALL, LATE_WAITING, LATE_WAITING_IN_ALL } from './door-limits.ts';

/** Never rejects. */
export type TakeLate = (nodeId: string, late: LateReceipt) => Promise<void>;

interface Line {
  readonly waiting: LateReceipt[];
  asked: number;
}

export class LateDesk {
  readonly #take: TakeLate;
  /** By node, whoever was served longest ago first. */
  readonly #lines = new Map<string, Line>();
  #waiting = 0;
  #asked = 0;

  constructor(take: TakeLate) {
    this.#take = take;
  }

  /** Homes with receipts here. */
  get size(): number {
    return this.#lines.size;
  }

  /** False where it is passed over, since too many wait. */
  offer(nodeId: string, late: LateReceipt): boolean {
    const line = this.#lines.get(nodeId) ?? { waiting: [], asked: 0 };
    if (line.waiting.length >= LATE_WAITING || this.#waiting >= LATE_WAITING_IN_ALL) return false;
    this.#lines.set(nodeId, line);
    line.waiting.push(late);
    this.#waiting++;
    this.#serve();
    return true;
  }

  #serve(): void {
    for (const [nodeId, line] of this.#lines) {
      if (this.#asked >= LATE_AT_ONCE_IN_ALL) return;
      if (line.asked >= LATE_AT_ONCE) continue;
      const late = line.waiting.shift();
      if (late) this.#ask(nodeId, line, late);
    }
  }

  #ask(nodeId: string, line: Line, late: LateReceipt): void {
    this.#waiting--;
    this.#asked++;
    line.asked++;
    // Who was served goes behind the others.
    this.#lines.delete(nodeId);
    this.#lines.set(nodeId, line);
    void this.#take(nodeId, late).finally(() => {
      this.#asked--;
      line.asked--;
      if (line.asked === 0 && line.waiting.length === 0) this.#lines.delete(nodeId);
      this.#serve();
    });
  }
}
