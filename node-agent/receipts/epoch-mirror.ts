// Keeps what the router published of this home at the end of each epoch, with its proof, and tells the owner where it is not what the home was told: a
// router that changes its word later has this copy against it. One small question an epoch.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { endOfEpoch } from '../../schema/epoch.ts';
import type { Result } from '../../schema/result.ts';
import { readJsonFile, writeWhole } from '../home/durable-file.ts';
import { makePrivateFolder } from '../home/private-folder.ts';
import { describeError } from '../log.ts';
import type { Log } from '../log.ts';
import { checkEpoch, toldEpochSchema } from './check-epoch.ts';
import type { ToldEpoch, ToldEpochJson } from './check-epoch.ts';
import type { EarnedJournal } from './earned-journal.ts';

/** Epochs that are kept: days of more than a year. */
const KEPT_EPOCHS = 400;
/** The router closes an epoch some time after its end, ms; homes ask in the time after that, not all at once. */
const CLOSING_MS = 900_000;
const SPREAD_MS = 1_800_000;
/** Timers hold no longer waits; to ask once a day more costs nothing. */
const MOST_WAIT_MS = 86_400_000;
/** Epochs in which the last leaf is looked for. */
const LOOKED_BACK = 8;
const FILE = /^(\d{1,16})\.json$/;

const mirroredSchema = z.object({ told: toldEpochSchema, differences: z.array(z.string()) });
export type MirroredEpoch = z.output<typeof mirroredSchema>;

export interface MirrorDoors {
  /** `epochs` in the state folder. */
  readonly folder: string;
  readonly node: Hex;
  /** What the router says of this home in the last epoch; null: nothing is published. The error is a sentence. */
  readonly ask: () => Promise<Result<ToldEpochJson | null, string>>;
  readonly journal: Pick<EarnedJournal, 'lastUntil'>;
  /** Hears of each epoch that was told, new or not; false where it wants to hear of it again soon. Never rejects. */
  readonly onTold?: (told: ToldEpoch) => Promise<boolean>;
  readonly log: Log;
  readonly now: () => number;
  readonly random: () => number;
  /** How soon it is asked again where nothing new was published, or the router did not answer, ms. */
  readonly retryMs: number;
}

export class EpochMirror {
  readonly #doors: MirrorDoors;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isFailing = false;

  constructor(doors: MirrorDoors) {
    this.#doors = doors;
  }

  /** Looks soon, and then after each epoch. */
  start(): void {
    this.#later(this.#doors.random() * Math.min(60_000, this.#doors.retryMs));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Asks once; gives how long to wait until the next time, ms. Never rejects. */
  async look(): Promise<number> {
    const { ask, log, retryMs } = this.#doors;
    const answer = await ask();
    if (!answer.ok) {
      if (!this.#isFailing)
        log.warn('what the router published of this home could not be read', { reason: answer.error });
      this.#isFailing = true;
      return retryMs;
    }
    this.#isFailing = false;
    const told = toldEpochSchema.safeParse(answer.value);
    if (answer.value === null) return retryMs;
    if (!told.success) {
      log.warn('what the router says of an epoch cannot be read', { reason: told.error.issues[0]?.message ?? '' });
      return retryMs;
    }
    const { epoch, epoch_seconds: seconds } = told.data;
    const isNew = await this.#keep(told.data, answer.value);
    const isDone = (await this.#doors.onTold?.(told.data)) ?? true;
    return isNew && isDone ? this.#waitFor(epoch + 1, seconds) : retryMs;
  }

  /** False for one that is kept already. */
  async #keep(told: MirroredEpoch['told'], json: ToldEpochJson): Promise<boolean> {
    const { folder, node, journal, log } = this.#doors;
    try {
      await makePrivateFolder(folder);
      const names = listFiles(folder);
      if (numberOf(names.at(-1)) >= told.epoch) {
        const same = (await readOne(folder, `${told.epoch}.json`))?.told;
        if (same && (same.root !== told.root || same.sha256 !== told.sha256))
          log.error('the router has changed an epoch that it had published', {
            epoch: told.epoch,
            sha256: told.sha256,
            before: same.sha256,
          });
        return false;
      }
      const before = (await this.#findBefore(names))?.told.leaf ?? null;
      const differences = checkEpoch(told, { node, before, accepted: journal.lastUntil(told.epoch)?.accepted ?? null });
      for (const difference of differences)
        log.error('an epoch is not what this home was told', { epoch: told.epoch, difference });
      await writeWhole(join(folder, `${told.epoch}.json`), `${JSON.stringify({ told: json, differences })}\n`);
      for (const name of listFiles(folder).slice(0, -KEPT_EPOCHS)) rmSync(join(folder, name), { force: true });
    } catch (error) {
      log.warn('what the router published cannot be kept: is the disk full?', { reason: describeError(error) });
    }
    return true;
  }

  /** The newest that this home has a leaf in, among the last few. */
  async #findBefore(names: readonly string[]): Promise<MirroredEpoch | null> {
    for (const name of names.slice(-LOOKED_BACK).toReversed()) {
      const one = await readOne(this.#doors.folder, name);
      if (one?.told.leaf) return one;
    }
    return null;
  }

  #waitFor(epoch: number, seconds: number): number {
    const { now, random, retryMs } = this.#doors;
    const share = Math.min(1, retryMs / SPREAD_MS);
    const due = endOfEpoch(epoch, seconds) + share * (CLOSING_MS + random() * SPREAD_MS);
    return Math.min(MOST_WAIT_MS, Math.max(due - now(), retryMs));
  }

  async #round(): Promise<void> {
    this.#later(await this.look());
  }

  #later(waitMs: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#round(), waitMs).unref();
  }
}

/** The last epochs that are kept here, at most so many, the oldest first; those that cannot be read are left out. */
export async function readMirrored(folder: string, most: number): Promise<MirroredEpoch[]> {
  const read = await Promise.all(
    listFiles(folder)
      .slice(-most)
      .map((name) => readOne(folder, name)),
  );
  return read.filter((one) => one !== null);
}

async function readOne(folder: string, name: string): Promise<MirroredEpoch | null> {
  return mirroredSchema.safeParse(await readJsonFile(join(folder, name)).catch(() => null)).data ?? null;
}

function listFiles(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => FILE.test(name));
    return names.toSorted((a, b) => numberOf(a) - numberOf(b));
  } catch {
    return [];
  }
}

/** -1 for none. */
function numberOf(name: string | undefined): number {
  return name === undefined ? -1 : Number.parseInt(name, 10);
}
