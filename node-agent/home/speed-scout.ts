// Replaces the first guess at this home's speed while the home already works: by the card's name, and by short runs of the models.
// Each run takes a slot, so that a job that comes meanwhile is refused rightly as busy; a job that came first goes first.
import type { Backend } from '../backends/backend.ts';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import type { Slots } from './slots.ts';
import type { Log } from '../log.ts';
import type { Gpu } from './guess-speed.ts';
import { BUILT_IN_LIMITS, measureSpeed, SERVER_LIMITS } from './speed-trial.ts';
import type { ModelShelf } from './model-shelf.ts';
import type { SpeedFile } from './speed-file.ts';
import type { PauseBoard } from './pause-board.ts';

interface SpeedScoutDoors {
  readonly shelf: ModelShelf;
  readonly slots: Slots<Backend>;
  readonly pause: PauseBoard;
  /** Which models may be measured: the built-in one, servers' loaded ones too, or none. */
  readonly choice: 'built-in' | 'all' | 'none';
  readonly findGpu: () => Promise<Gpu | null>;
  /** What was measured at earlier starts. */
  readonly file: SpeedFile;
  /** ms since epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** A server with hundreds of models is not run for minutes. */
const MODELS_MAX = 4;

export class SpeedScout {
  readonly #doors: SpeedScoutDoors;

  constructor(doors: SpeedScoutDoors) {
    this.#doors = doors;
  }

  /** Looks once; every finding is told with the state that follows. Never rejects. */
  async run(): Promise<void> {
    const { shelf, choice, findGpu } = this.#doors;
    const byBackend = shelf.listByBackend();
    if (byBackend.some(([backend]) => backend.capabilities().computesOn === 'graphics-card')) {
      shelf.noteGpu(await findGpu());
      await shelf.refresh();
    }
    for (const [backend, models] of byBackend) {
      const { isBuiltIn } = backend.capabilities();
      if (choice === 'none' || (choice === 'built-in' && !isBuiltIn)) continue;
      // A server's model that is not in memory stays where it is: loading it only to time it is not what its owner allowed.
      const measurable = models.filter((model) => isBuiltIn || (model.loadMs ?? 0) === 0);
      for (const model of measurable.slice(0, MODELS_MAX)) await this.#measure(backend, model);
    }
    await shelf.refresh();
  }

  async #measure(backend: Backend, model: NodeModel): Promise<void> {
    const { shelf, slots, pause, file, now, log } = this.#doors;
    if (file.find(model.digest)) return;
    const { isBuiltIn } = backend.capabilities();
    if (pause.reason !== null) return;
    if (isBuiltIn && !(await shelf.load(backend, model.name))) return;
    const release = pause.reason === null ? slots.take(backend) : null;
    if (!release) return;
    try {
      const speed = await measureSpeed(backend, model.name, isBuiltIn ? BUILT_IN_LIMITS : SERVER_LIMITS);
      if (!speed)
        return log.warn('a model could not be measured: its run failed or was too short', { model: model.name });
      shelf.noteSpeed(model.digest, speed);
      await file.save(model.digest, speed, now());
      log.info('measured', { model: model.name, ...speed });
    } finally {
      release();
    }
  }
}
