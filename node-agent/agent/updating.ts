// Updates of the running agent: looked for once a day, told, and installed where the owner wants that when no job runs: nothing new is taken then, what runs
// ends, the agent stops, and the launcher starts the new version. Never in the middle of a job.
import type { Slots } from '../home/slots.ts';
import type { PauseBoard } from '../home/pause-board.ts';
import type { AgentConfig } from '../config/config.ts';
import type { Log } from '../log.ts';
import { tellWhen } from '../tell-time.ts';
import { formatBytes } from '../update/tell-bytes.ts';
import { bringUpdate, findUpdate } from '../update/updater.ts';
import type { Offer } from '../update/read-manifest.ts';
import { VersionStore } from '../update/version-store.ts';
import { VERSION } from '../version.ts';

interface UpdatingDoors {
  /** Looked at each time: some of it may change. */
  readonly settings: Pick<AgentConfig, 'state' | 'manifest' | 'updateKey' | 'updates'>;
  readonly log: Log;
  readonly shared: {
    readonly slots: Pick<Slots<unknown>, 'whenIdle' | 'running'>;
    readonly pause: PauseBoard;
  };
  /** Ends the agent in order. */
  readonly stop: () => Promise<void>;
}

/** Not at the start, when there is enough to do; then once a day, each home at a time of its own. */
const FIRST_MS = 5 * 60_000;
const EVERY_MS = 24 * 3_600_000;
/** A version that ran so long has started. */
const GOOD_MS = 30_000;

export class Updating {
  readonly #doors: UpdatingDoors;
  readonly #store: VersionStore;
  #timer: NodeJS.Timeout | undefined;
  #goodTimer: NodeJS.Timeout | undefined;
  #told = '';
  #isInstalling = false;
  wantsRestart = false;

  constructor(doors: UpdatingDoors) {
    this.#doors = doors;
    this.#store = new VersionStore(doors.settings.state);
  }

  start(): void {
    this.#tellRestored();
    this.#goodTimer = setTimeout(() => void this.#store.markGood(), GOOD_MS).unref();
    this.#plan(FIRST_MS);
  }

  /** `isInOrder`: the agent was stopped, and did not fail. */
  async close(isInOrder: boolean): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#goodTimer);
    if (isInOrder && !this.wantsRestart) await this.#store.markGood();
  }

  /** The owner asks: a sentence on what there is. With `install` it is taken when no job runs. */
  async ask(install: boolean): Promise<string> {
    const found = await this.#find();
    if (typeof found === 'string') return found;
    if (!install) return `${describeOffer(found)} Take it with irori-node update --when-idle.`;
    if (this.#isInstalling) return 'It is being installed already.';
    const { running } = this.#doors.shared.slots;
    void this.#install(found);
    return running === 0
      ? `Version ${found.version} comes now (${formatBytes(found.bytes)}), and the agent starts with it.`
      : `Version ${found.version} comes now (${formatBytes(found.bytes)}); the agent starts with it once ${running === 1 ? 'its job has' : `its ${running} jobs have`} ended.`;
  }

  #plan(baseMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), baseMs * (0.75 + Math.random() / 2)).unref();
  }

  async #look(): Promise<void> {
    this.#plan(EVERY_MS);
    const { updates, manifest } = this.#doors.settings;
    if (updates === 'off' || manifest === null) return;
    const found = await this.#find();
    if (typeof found === 'string') return;
    if (updates === 'when-idle') return void this.#install(found);
    if (this.#told !== found.version) this.#doors.log.info(`${describeOffer(found)} Take it with irori-node update.`);
    this.#told = found.version;
  }

  /** A sentence where there is nothing to take. */
  async #find(): Promise<Offer | string> {
    const { state, manifest, updateKey: ownKey } = this.#doors.settings;
    if (manifest === null) return NO_MANIFEST;
    const found = await findUpdate({ state, manifestUrl: manifest, ownKey, current: VERSION }, Date.now());
    if (!found.ok) {
      this.#doors.log.warn('no update can be looked for', { reason: found.error });
      return found.error;
    }
    return found.value ?? `This is the newest version (${VERSION}).`;
  }

  async #install(offer: Offer): Promise<void> {
    if (this.#isInstalling) return;
    this.#isInstalling = true;
    const { log, shared, stop, settings } = this.#doors;
    const { pause, slots } = shared;
    const brought = await bringUpdate(settings, offer);
    if (!brought.ok) {
      this.#isInstalling = false;
      log.warn('an update could not be installed', { reason: brought.error });
      return;
    }
    log.info('an update is installed: the agent starts with it when no job runs', {
      version: offer.version,
      jobs: slots.running,
    });
    pause.set('update', true);
    await slots.whenIdle();
    this.wantsRestart = true;
    await stop();
  }

  #tellRestored(): void {
    const { restored } = this.#store.read();
    if (restored !== null && restored.to === VERSION)
      this.#doors.log.warn(`version ${restored.from} did not start three times: version ${restored.to} was restored`, {
        at: tellWhen(restored.at, Date.now()),
      });
  }
}

export const NO_MANIFEST =
  'No list of versions is set: irori-node config set manifest URL. Without one, update the package as it was installed.';

export function describeOffer({ version, bytes, notes }: Offer): string {
  return `Version ${version} is there (${formatBytes(bytes)}; this is ${VERSION})${notes === '' ? '' : `: ${notes.replace(/[.\s]+$/, '')}`}.`;
}
