// What the owner's page shows and does, done by the rooms of the running agent. Wiring: what is decided stands there.
import { hostname } from 'node:os';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { checkFiles } from '../../schema/verify/check-files.ts';
import { tellPart, tellTogether } from '../../schema/verify/tell-report.ts';
import { buildDay } from '../dashboard/build-day.ts';
import type { OwnSpan } from '../dashboard/build-day.ts';
import { buildView, listModels } from '../dashboard/build-view.ts';
import type { PageAction, PageDesk } from '../dashboard/page-desk.ts';
import { toEarningsView } from '../dashboard/to-earnings-view.ts';
import type {
  ActionView,
  CatalogueView,
  DoctorView,
  EarningsView,
  ForecastView,
  HomesView,
  LogsView,
  ModelView,
  PageSettings,
  PageView,
  StandingView,
  VerifyView,
  WhyView,
} from '../dashboard/page-view.ts';
import type { StandingClock } from '../dashboard/standing-clock.ts';
import type { TodayBook } from '../dashboard/today-book.ts';
import type { WhyBook } from '../dashboard/why-book.ts';
import type { ModelChoice } from '../home/model-choice.ts';
import type { HeardAsk, OwnerAnswer } from '../home/owner-line.ts';
import type { SpeedFile } from '../home/speed-file.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { JobProgress } from '../jobs/job-outcome.ts';
import type { AgentShared } from '../jobs/job-runner.ts';
import { formatEarningsCsv, reportEarnings } from '../link/earnings-report.ts';
import type { EarningsReport } from '../link/earnings-report.ts';
import type { PageRouter } from './page-router.ts';
import type { PageSettingsFile } from './page-settings.ts';
import type { RecentLog } from './recent-log.ts';

export interface DeskDoors {
  readonly folder: string;
  readonly shared: AgentShared;
  readonly speeds: SpeedFile;
  readonly choice: ModelChoice;
  readonly router: PageRouter;
  readonly clock: StandingClock;
  readonly today: TodayBook;
  readonly whys: WhyBook;
  readonly settings: PageSettingsFile;
  readonly recent: RecentLog;
  readonly status: () => AgentStatus;
  readonly running: () => readonly JobProgress[];
  readonly obey: (ask: HeardAsk<'pause' | 'resume'>) => Promise<OwnerAnswer>;
  /** ms since epoch. */
  readonly now: () => number;
}

const DAY_MS = 86_400_000;
const NOT_YET = 'This agent cannot do that yet.';

export class AgentDesk implements PageDesk {
  readonly #doors: DeskDoors;
  #catalogue: ReadonlyMap<string, CatalogueView> = new Map();

  constructor(doors: DeskDoors) {
    this.#doors = doors;
  }

  view(): Promise<PageView> {
    const { status: describe, today, running, now } = this.#doors;
    const status = describe();
    const view = buildView({
      status,
      now: now(),
      platform: `${hostname()} · ${process.platform} ${process.arch} · Node ${process.versions.node}`,
      standing: this.#tellStanding(status),
      jobs: running(),
      today: today.tell(now()),
      cards: [],
      power: null,
      models: this.#listModels(),
      rules: null,
      update: null,
    });
    return Promise.resolve(view);
  }

  async earnings(days: number): Promise<Result<EarningsView, string>> {
    const report = await this.#report(days);
    return report.ok ? ok(toEarningsView(report.value, days, this.#doors.now())) : report;
  }

  async earningsCsv(days: number): Promise<Result<string, string>> {
    const report = await this.#report(days);
    return report.ok ? ok(formatEarningsCsv(report.value)) : report;
  }

  async why(): Promise<WhyView> {
    const { router, whys, now } = this.#doors;
    const told = await router.why();
    if (told.ok) await whys.note(told.value, now());
    const at = now();
    const spans = buildDay({ own: this.#listOwnSpans(at), told: whys.spans, now: at });
    return {
      at: new Date(at).toISOString(),
      from: spans[0]?.from ?? new Date(at - DAY_MS).toISOString(),
      spans,
      isFromRouter: told.ok,
      problem: told.ok ? null : told.error,
    };
  }

  async forecast(): Promise<ForecastView> {
    const told = await this.#doors.router.forecast();
    const settings = this.#doors.settings.now;
    if (!told.ok) return { isEnough: false, models: [], whDay: null, settings, problem: told.error };
    return { ...told.value, whDay: null, settings, problem: null };
  }

  async homes(): Promise<HomesView> {
    const homes = await this.#doors.router.homes(this.#doors.status().node);
    return homes.ok ? { homes: homes.value, problem: null } : { homes: [], problem: homes.error };
  }

  receipt(job: string): Promise<Result<string, string>> {
    return this.#doors.router.receipt(job);
  }

  async verify(job: string): Promise<Result<VerifyView, string>> {
    const receipt = await this.receipt(job);
    if (!receipt.ok) return receipt;
    const report = checkFiles([{ name: job, text: receipt.value }]);
    if (!report.ok) return report;
    const facts = [...report.value.parts.flatMap((part) => tellPart(part)), ...tellTogether(report.value)];
    return ok({ verdict: report.value.verdict, facts });
  }

  doctor(): Promise<Result<DoctorView, string>> {
    return Promise.resolve(err(NOT_YET));
  }

  logs(): Promise<Result<LogsView, string>> {
    const lines = this.#doors.recent.lines.map(({ at, level, text }) => ({
      at: new Date(at).toISOString(),
      level,
      text,
    }));
    return Promise.resolve(ok({ lines: lines.toReversed() }));
  }

  async act(action: PageAction): Promise<Result<ActionView, string>> {
    switch (action.name) {
      case 'pause':
        return this.#pause(action);
      case 'resume':
        await this.#doors.obey({ do: 'resume' });
        return DONE;
      case 'share':
        return this.#share(action.model, action.isShared);
      case 'settings':
        return this.#saveSettings(action);
      case 'rules':
      case 'name':
      case 'test':
      case 'update':
      case 'leave':
        return err(NOT_YET);
    }
  }

  #tellStanding({ problem, pausedUntilAt }: AgentStatus): StandingView {
    const { word, sinceAt, idleSinceAt } = this.#doors.clock;
    const { reason } = this.#doors.shared.pause;
    return {
      word,
      level: reason === null ? 'full' : 'off',
      sinceAt: new Date(sinceAt).toISOString(),
      untilAt: word === 'owner' && pausedUntilAt !== null ? new Date(pausedUntilAt).toISOString() : null,
      problem,
      also: reason !== null && reason !== word ? [reason] : [],
      pausesAfterJob: false,
      idleSinceAt: idleSinceAt === null ? null : new Date(idleSinceAt).toISOString(),
    };
  }

  /** What the network makes of them comes when it comes: nobody waits for the router to see this machine. */
  #listModels(): ModelView[] {
    const { shared, speeds, router } = this.#doors;
    const { offered, known } = shared.shelf;
    const measured = new Set(speeds.list().map(([digest]) => digest));
    const names = new Set(offered.map(({ name }) => name));
    const kept = known.filter((name) => !names.has(name)).map((name) => ({ name, digest: null }));
    const asked = [...offered, ...kept];
    if (asked.length > 0)
      void router.demand(asked).then((told) => {
        if (told.ok) this.#catalogue = told.value;
      });
    return listModels({ offered, known, measured, catalogue: this.#catalogue });
  }

  async #report(days: number): Promise<Result<EarningsReport, string>> {
    const { router, folder, status } = this.#doors;
    const told = await router.earnings(days);
    return told.ok ? ok(await reportEarnings({ folder, days, status: status() }, told.value)) : told;
  }

  #listOwnSpans(now: number): OwnSpan[] {
    const { clock } = this.#doors;
    return [...clock.spans, { fromAt: clock.sinceAt, toAt: now, word: clock.word }];
  }

  async #pause({ forMs, untilAt, when }: PageAction & { name: 'pause' }): Promise<Result<ActionView, string>> {
    const until = untilAt === null ? null : new Date(untilAt).getTime();
    if (until !== null && until <= this.#doors.now()) return err('That time is over.');
    await this.#doors.obey({ do: 'pause', forMs, untilAt: until, when });
    return DONE;
  }

  async #share(model: string, isShared: boolean): Promise<Result<ActionView, string>> {
    const { shared, choice } = this.#doors;
    if (!shared.shelf.known.includes(model)) return err(`There is no model '${model}' here.`);
    await choice.switch(model, isShared);
    await shared.shelf.refresh();
    return DONE;
  }

  async #saveSettings(settings: PageSettings): Promise<Result<ActionView, string>> {
    const { kwhPrice, currency, creditPrice } = settings;
    await this.#doors.settings.save({ kwhPrice, currency, creditPrice });
    return DONE;
  }
}

const DONE = ok({ done: true, told: null, confirm: null });
