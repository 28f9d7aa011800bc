// Callers that stream one answer after another for as long as the day lasts, and what became of each answer.
import { ask } from '../../test/ask.ts';
import type { Answer } from '../../test/ask.ts';
import { words } from '../../test/model-server.ts';
import type { DayGround } from './day-ground.ts';
import { DAY_MODEL } from './day-ground.ts';

/** Half a second of text in the near home, and a little more in the far one: long enough to be caught in the middle. */
const TOKENS = 24;
const PROMPT = `say-${TOKENS}x20`;

export interface Streamed {
  /** Where it began. */
  readonly node: string;
  /** What is wrong with it; null of one that ended as it should. */
  fault: string | null;
  isOver: boolean;
  chargeMicro: number;
  /** Homes that it took. */
  attempts: number;
}

export class DayCallers {
  readonly streams: Streamed[] = [];
  /** Calls that were refused before they began. */
  readonly refusals: string[] = [];
  readonly #ground: DayGround;
  readonly #loops: Promise<void>[];
  #isOver = false;

  constructor(ground: DayGround, count: number) {
    this.#ground = ground;
    this.#loops = Array.from({ length: count }, () => this.#loop());
  }

  /** Those that have not ended. */
  live(): Streamed[] {
    return this.streams.filter(({ isOver }) => !isOver);
  }

  /** Asks nothing more; resolves when the last answer has ended. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    while (!this.#isOver) {
      const { stack, caller: account, place } = this.#ground;
      try {
        await this.#follow(await ask(stack, { account, model: DAY_MODEL, prompt: PROMPT, place }));
      } catch (error) {
        this.refusals.push(error instanceof Error ? error.message.slice(0, 200) : String(error));
      }
    }
  }

  async #follow(answer: Answer): Promise<void> {
    const stream: Streamed = { node: answer.irori.node, fault: null, isOver: false, chargeMicro: 0, attempts: 1 };
    this.streams.push(stream);
    try {
      await answer.read();
      stream.fault = findFault(answer);
    } catch (error) {
      stream.fault = error instanceof Error ? error.message.slice(0, 200) : 'it broke off';
    }
    stream.chargeMicro = answer.irori.charge_micro ?? 0;
    stream.attempts = answer.irori.attempts;
    stream.isOver = true;
  }
}

function findFault(answer: Answer): string | null {
  if (answer.error) return `${answer.error.code}: ${answer.error.message}`;
  if (!answer.isDone || answer.finish !== 'stop') return `it ended without a proper end (${answer.finish ?? 'none'})`;
  if (answer.text !== words(TOKENS)) return 'its text is not the one that an undisturbed home gives';
  return answer.usage?.completion_tokens === TOKENS
    ? null
    : `${answer.usage?.completion_tokens} tokens are counted, not ${TOKENS}`;
}
