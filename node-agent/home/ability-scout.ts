// Lets model servers be asked what their models can do while the home has nothing better to do: each server in a slot of its own, so that a job that
// comes meanwhile is told rightly how busy it is, and never for long.
import type { Backend } from '../backends/backend.ts';
import type { PauseBoard } from './pause-board.ts';
import type { Slots } from './slots.ts';

interface AbilityScoutDoors {
  readonly backends: readonly Backend[];
  readonly slots: Pick<Slots<Backend>, 'take' | 'running'>;
  readonly pause: Pick<PauseBoard, 'reason'>;
}

/** One round of one server at most. What is left is asked after a later look. */
const ROUND_MS = 60_000;

export class AbilityScout {
  readonly #doors: AbilityScoutDoors;
  #running: Promise<void> | null = null;
  #round = new AbortController();

  constructor(doors: AbilityScoutDoors) {
    this.#doors = doors;
  }

  /** The home's pause may have changed: while there is one nothing is asked, and what is being asked is given up, so that the machine is free at once. */
  heed(): void {
    if (this.#doors.pause.reason !== null) this.#round.abort();
  }

  /** Asks what is open, of servers that rest; a round under way is shared. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const { slots, pause } = this.#doors;
    for (const backend of this.#doors.backends) {
      const { questions } = backend;
      if (questions === undefined || pause.reason !== null || slots.running > 0 || !questions.isOpen()) continue;
      const release = slots.take(backend);
      if (release === null) continue;
      this.#round = new AbortController();
      const signal = AbortSignal.any([AbortSignal.timeout(ROUND_MS), this.#round.signal]);
      await questions.ask(signal).finally(release);
    }
  }
}
