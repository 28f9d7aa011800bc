// Who calls the models that this home offers, as its router tells: asked when what is offered changes, and now and then. A model outside the catalogue is
// told at once, in the log and in the status: its owner would wait for calls that cannot come.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import type { Result } from '../../schema/result.ts';
import type { AgentConfig } from '../config/config.ts';
import { makeNotes, readDemand } from '../link/read-demand.ts';
import type { ModelNotes } from '../link/read-demand.ts';
import { askSigned } from '../link/signed-question.ts';
import type { Log } from '../log.ts';
import type { SessionKey } from '../receipts/session-key.ts';

type Offered = Pick<NodeModel, 'name' | 'digest'>;

interface StandingDoors {
  /** Asks the router about these; null where it knows no such question. */
  readonly ask: (models: readonly Offered[]) => Promise<Result<unknown, string>>;
  readonly log: Log;
  /** Called when the notes changed. */
  readonly onChange: () => void;
  readonly againMs?: number;
  readonly soonMs?: number;
  readonly retryMs?: number;
}

/** Catalogues change seldom, and a question costs a connection: some 6 KB. */
const AGAIN_MS = 6 * 3_600_000;
/** The same while there is a model that only its owner calls. */
const SOON_MS = 1_800_000;
const RETRY_MS = 60_000;
/** Models asked about at once: an address of some kilobytes. */
const MOST_ASKED = 24;
/** A home with more learns of these. */
const MOST_NOTED = 4 * MOST_ASKED;

/** Asks the router of the settings, as this home. */
export function openModelStanding(
  { router }: Pick<AgentConfig, 'router'>,
  key: SessionKey,
  doors: Pick<StandingDoors, 'log' | 'onChange'>,
): ModelStanding {
  const ask: StandingDoors['ask'] = (models) => {
    const query = new URLSearchParams();
    for (const { name, digest } of models) {
      query.append('model', name);
      query.append('digest', digest);
    }
    return askSigned({ router: router.origin, key, path: `/node/v1/demand?${query.toString()}` }, Date.now());
  };
  return new ModelStanding({ ...doors, ask });
}

export class ModelStanding {
  readonly #doors: StandingDoors;
  #notes: ModelNotes = {};
  /** What the notes are about; '' before the first answer. */
  #askedFor = '';
  #offered: readonly Offered[] = [];
  #isConnected = false;
  #isAsking = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #told = new Set<string>();

  constructor(doors: StandingDoors) {
    this.#doors = doors;
  }

  /** What the router said last, by the names of models. What it did not say is not in here. */
  get notes(): ModelNotes {
    return this.#notes;
  }

  /** What is offered now, and whether the router is there to be asked. Patterns name no model. */
  note(offered: readonly Offered[], isConnected: boolean): void {
    this.#offered = offered.filter(({ name }) => !name.endsWith('*')).slice(0, MOST_NOTED);
    this.#isConnected = isConnected;
    if (isConnected && this.#offered.length > 0 && keyOf(this.#offered) !== this.#askedFor) void this.#ask();
  }

  /** No timer stays behind. */
  close(): void {
    clearTimeout(this.#timer);
    this.#isConnected = false;
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || !this.#isConnected) return;
    this.#isAsking = true;
    clearTimeout(this.#timer);
    const asked = this.#offered;
    const answers = await this.#askAll(asked);
    this.#isAsking = false;
    if (answers === null) return this.#askIn(this.#doors.retryMs ?? RETRY_MS);
    this.#askedFor = keyOf(asked);
    this.#take(answers, asked);
    const { againMs = AGAIN_MS, soonMs = SOON_MS } = this.#doors;
    this.#askIn(this.#isOwnOnly ? soonMs : againMs);
    // It may have changed meanwhile.
    this.note(this.#offered, this.#isConnected);
  }

  /** An operator may list a model while its owner watches. */
  get #isOwnOnly(): boolean {
    return Object.values(this.#notes).some(({ servedTo }) => servedTo !== 'everyone');
  }

  /** While there is no connection the question stays due. */
  #askIn(waitMs: number): void {
    this.#timer = setTimeout(() => {
      this.#askedFor = '';
      this.note(this.#offered, this.#isConnected);
    }, waitMs).unref();
  }

  async #askAll(asked: readonly Offered[]): Promise<ModelNotes | null> {
    const notes: [string, ModelNotes[string]][] = [];
    for (let from = 0; from < asked.length; from += MOST_ASKED) {
      const part = asked.slice(from, from + MOST_ASKED);
      const answer = await this.#doors.ask(part);
      if (!answer.ok) return null;
      const names = part.map(({ name }) => name);
      notes.push(...Object.entries(makeNotes(readDemand(answer.value), names)));
    }
    return Object.fromEntries(notes);
  }

  #take(notes: ModelNotes, asked: readonly Offered[]): void {
    const isChanged = JSON.stringify(notes) !== JSON.stringify(this.#notes);
    this.#notes = notes;
    for (const { name, digest } of asked) this.#tell(name, digest);
    if (isChanged) this.#doors.onChange();
  }

  /** Each once, and again where its digest or its note changes. */
  #tell(name: string, digest: string): void {
    const note = Object.hasOwn(this.#notes, name) ? this.#notes[name] : undefined;
    if (note === undefined || note.servedTo === 'everyone') return;
    const said = `${name} ${digest} ${note.told}`;
    if (this.#told.has(said)) return;
    this.#told.add(said);
    this.#doors.log.warn(`${name}: ${note.told}`, { digest });
  }
}

function keyOf(models: readonly Offered[]): string {
  return models.map(({ name, digest }) => `${name} ${digest}`).join('\n');
}
