// The owner's page, put together: its server on 127.0.0.1, what it remembers of the day, and the desk that answers it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AgentConfig } from '../config/config.ts';
import { chooseStanding } from '../dashboard/choose-standing.ts';
import { PageServer } from '../dashboard/page-server.ts';
import type { PageDocuments } from '../dashboard/page-server.ts';
import { PageSessions } from '../dashboard/page-sessions.ts';
import { StandingClock } from '../dashboard/standing-clock.ts';
import { TodayBook } from '../dashboard/today-book.ts';
import { WhyBook } from '../dashboard/why-book.ts';
import type { EarnedJournal } from '../receipts/earned-journal.ts';
import { readJournal } from '../receipts/earned-journal.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { AgentDesk } from './page-desk.ts';
import type { DeskDoors } from './page-desk.ts';
import { askOwn, runOwn } from './own-program.ts';
import { PageRouter } from './page-router.ts';
import { PageSettingsFile } from './page-settings.ts';

type FromAgent = Omit<
  DeskDoors,
  'folder' | 'router' | 'clock' | 'look' | 'today' | 'whys' | 'settings' | 'env' | 'own' | 'now'
>;

interface PageDoors extends FromAgent {
  readonly config: AgentConfig;
  readonly key: SessionKey;
  readonly journal: EarnedJournal;
  /** Of the link. */
  readonly linkState: () => string;
}

/** How often the home's standing is looked at, and its router asked why it waited: what that says reaches an hour back. */
const LOOK_MS = 1000;
const WHY_MS = 55 * 60_000;
/** Today by any clock lies within so many days of UTC. */
const JOURNAL_DAYS = 2;

export class OwnerPage {
  readonly #doors: PageDoors;
  readonly #clock = new StandingClock(Date.now());
  readonly #today = new TodayBook();
  #server: PageServer | null = null;
  #timers: NodeJS.Timeout[] = [];

  constructor(doors: PageDoors) {
    this.#doors = doors;
  }

  /** Where it is; null where the owner wants none, or the machine gives no port. */
  get url(): string | null {
    return this.#server?.url ?? null;
  }

  /** An address that opens it once, within a minute; null where there is no page. */
  mintUrl(): string | null {
    return this.#server?.mintUrl() ?? null;
  }

  /** Never rejects: a home works without its page. */
  async start(): Promise<void> {
    const { config, journal, recent: log } = this.#doors;
    if (config.pagePort === 0) return;
    for (const entry of readJournal(join(config.state, 'earned'), { days: JOURNAL_DAYS, now: Date.now() }))
      this.#today.note(entry, Date.now());
    journal.listen((entry) => this.#today.note(entry, Date.now()));
    const desk = await this.#openDesk();
    const sessions = await PageSessions.open(config.state, { log, now: Date.now, random: randomBytes });
    const server = new PageServer({ desk, sessions, documents: readDocuments, log, now: () => performance.now() });
    if (!(await server.listen(config.pagePort))) {
      log.warn('the page has no port on 127.0.0.1: choose one with --page-port');
      return;
    }
    this.#server = server;
    log.info('your page', { at: server.url, open: 'irori-node open' });
    this.#every(LOOK_MS, () => this.#look());
    this.#every(WHY_MS, () => void desk.why());
  }

  close(): void {
    this.#server?.close();
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #openDesk(): Promise<AgentDesk> {
    const { config, key, recent } = this.#doors;
    return new AgentDesk({
      ...this.#doors,
      folder: config.state,
      env: tellSettings(config),
      own: { ask: askOwn, run: runOwn },
      router: new PageRouter({ router: config.router.origin, key, now: Date.now }),
      clock: this.#clock,
      look: () => this.#look(),
      today: this.#today,
      whys: await WhyBook.open(config.state, recent),
      settings: await PageSettingsFile.open(config.state, recent),
      now: Date.now,
    });
  }

  #look(): void {
    const { shared, linkState, lending } = this.#doors;
    const { pause, slots, totals } = shared;
    const word = chooseStanding({
      link: linkState(),
      paused: pause.reason,
      running: slots.running,
      isEco: lending.watch.standing().level === 'eco',
    });
    this.#clock.note({ word, jobs: totals.now().jobs, now: Date.now() });
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms).unref());
  }
}

/** What its commands would not find in its folder where it was said on the command line. */
function tellSettings({ router, backends }: AgentConfig): Record<string, string> {
  return { IRORI_ROUTER: router.origin, ...(backends.length === 0 ? {} : { IRORI_BACKENDS: backends.join(',') }) };
}

/** Unpacked for the one answer that it is read for. */
async function readDocuments(): Promise<PageDocuments> {
  const { unpackPage } = await import('../dashboard/unpacked-page.ts');
  return unpackPage();
}
