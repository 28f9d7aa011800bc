// What the owner's page shows and does, done by the rooms of the running agent. Wiring: what is decided stands there.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { checkFiles } from '../../schema/verify/check-files.ts';
import { pickWords } from '../../schema/verify/pick-words.ts';
import { tellFileFault } from '../../schema/verify/tell-faults.ts';
import { tellPart, tellTogether } from '../../schema/verify/tell-report.ts';
import { buildDay } from '../dashboard/build-day.ts';
import { buildView, listModels } from '../dashboard/build-view.ts';
import type { PageAction, PageDesk } from '../dashboard/page-desk.ts';
import { toRulesPatch, toRulesView } from '../dashboard/to-rules-view.ts';
import { toEarningsView } from '../dashboard/to-earnings-view.ts';
import type {
  ActionView,
  CardView,
  CatalogueView,
  DoctorView,
  EarningsView,
  ForecastView,
  HomesView,
  LogsView,
  ModelView,
  PageSettings,
  PageView,
  PowerView,
  RulesView,
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
import type { Earnings } from '../link/earnings-question.ts';
import { formatEarningsCsv, reportEarnings } from '../link/earnings-report.ts';
import type { EarningsReport } from '../link/earnings-report.ts';
import type { Lending } from './lending.ts';
import type { Metering } from './metering.ts';
import type { askOwn, runOwn } from './own-program.ts';
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
  /** Looks how the home stands, for the clock. */
  readonly look: () => void;
  readonly today: TodayBook;
  readonly whys: WhyBook;
  readonly settings: PageSettingsFile;
  readonly recent: RecentLog;
  readonly lending: Pick<Lending, 'watch' | 'strip' | 'rules'>;
  readonly metering: Pick<Metering, 'status'>;
  /** Settings of this agent that its commands cannot read from its folder, as variables. */
  readonly env: Readonly<Record<string, string>>;
  /** This program's commands. */
  readonly own: { readonly ask: typeof askOwn; readonly run: typeof runOwn };
  /** A sentence on what there is, or on what is installed when no job runs. */
  readonly update: (install: boolean) => Promise<string>;
  /** Looks anew at what is here to lend, and tells the network. */
  readonly relook: () => Promise<void>;
  readonly status: () => AgentStatus;
  readonly running: () => readonly JobProgress[];
  readonly obey: (ask: HeardAsk<'pause' | 'resume'>) => Promise<OwnerAnswer>;
  /** ms since epoch. */
  readonly now: () => number;
}

const DAY_MS = 86_400_000;
const MB = 2 ** 20;
const MICRO = 1e6;
/** Who said that this home shall leave has so long to say it again. */
const LEAVE_MS = 60_000;
/** Of a day that has just begun nothing can be foreseen. */
const LEAST_DAY = 1 / 24;

const findingsSchema = z.object({
  at: z.iso.datetime(),
  findings: z
    .array(
      z.object({
        step: z.string().max(40),
        outcome: z.enum(['good', 'note', 'bad', 'skipped']),
        told: z.string().max(2000),
        remedy: z.string().max(2000).nullable(),
      }),
    )
    .max(200),
});
const testSchema = z.object({
  model: z.string().max(200).nullable(),
  firstTokenMs: z.number(),
  outputTokens: z.number().nullable(),
  tokensPerS: z.number().nullable(),
  receipt: z.object({ number: z.string().max(40), accepted: z.boolean() }).nullable(),
});

export class AgentDesk implements PageDesk {
  readonly #doors: DeskDoors;
  #catalogue: ReadonlyMap<string, CatalogueView> = new Map();
  #leaveWord: { readonly text: string; readonly untilAt: number } | null = null;

  constructor(doors: DeskDoors) {
    this.#doors = doors;
  }

  view(): Promise<PageView> {
    const { status: describe, today, running, look, now } = this.#doors;
    // Whoever has just paused it sees it paused.
    look();
    const status = describe();
    const view = buildView({
      status,
      now: now(),
      platform: `${hostname()} · ${process.platform} ${process.arch} · Node ${process.versions.node}`,
      standing: this.#tellStanding(status),
      jobs: running(),
      today: today.tell(now()),
      cards: this.#listCards(),
      power: this.#tellPower(),
      models: this.#listModels(),
      rules: this.#tellRules(),
    });
    return Promise.resolve(view);
  }

  async earnings(days: number): Promise<Result<EarningsView, string>> {
    const report = await this.#report(days, await this.#doors.router.earnings(days));
    return report.ok ? ok(toEarningsView(report.value, days, this.#doors.now())) : report;
  }

  async earningsCsv(days: number): Promise<Result<string, string>> {
    const report = await this.#report(days, await this.#doors.router.earningsWhole(days));
    return report.ok ? ok(formatEarningsCsv(report.value)) : report;
  }

  async why(): Promise<WhyView> {
    const { router, whys, now } = this.#doors;
    const told = await router.why();
    if (told.ok) await whys.note(told.value, now());
    const at = now();
    const own = this.#doors.lending.strip.list();
    const spans = buildDay({ own, told: whys.spans, now: at });
    return {
      at: iso(at),
      from: spans[0]?.from ?? new Date(at - DAY_MS).toISOString(),
      spans,
      isFromRouter: told.ok,
      problem: told.ok ? null : told.error,
    };
  }

  async forecast(): Promise<ForecastView> {
    const told = await this.#doors.router.forecast();
    const settings = this.#doors.settings.now;
    const whDay = this.#foreseeWh();
    if (!told.ok) return { isEnough: false, models: [], whDay, settings, problem: told.error };
    return { ...told.value, whDay, settings, problem: null };
  }

  async homes(): Promise<HomesView> {
    const homes = await this.#doors.router.homes(this.#doors.status().node);
    return homes.ok ? { homes: homes.value, problem: null } : { homes: [], problem: homes.error };
  }

  receipt(job: string): Promise<Result<string, string>> {
    return this.#doors.router.receipt(job);
  }

  async verify(job: string, lang: string): Promise<Result<VerifyView, string>> {
    const receipt = await this.receipt(job);
    if (!receipt.ok) return receipt;
    const report = checkFiles([{ name: job, text: receipt.value }]);
    const words = pickWords(lang);
    if (!report.ok) return err(tellFileFault(report.error, words));
    const { parts } = report.value;
    const facts = [...parts.flatMap((part) => tellPart(part, words)), ...tellTogether(report.value, words)];
    return ok({ verdict: report.value.verdict, facts });
  }

  /** By the command, which needs more memory than this process should have. */
  async doctor(): Promise<Result<DoctorView, string>> {
    const { folder, env } = this.#doors;
    const told = await this.#doors.own.ask({ words: ['doctor', '--json', '--state', folder], env });
    if (!told.ok) return told;
    const read = findingsSchema.safeParse(told.value);
    if (!read.success) return err('The doctor said something that this page cannot read: run irori-node doctor.');
    const { at, findings } = read.data;
    return ok({
      at,
      checks: findings.map(({ step, outcome, told: text, remedy }) => ({ name: step, outcome, told: text, remedy })),
    });
  }

  logs(): Promise<Result<LogsView, string>> {
    const lines = this.#doors.recent.lines.map(({ at, level, text }) => ({
      at: iso(at),
      level,
      text,
    }));
    return Promise.resolve(ok({ lines: lines.toReversed() }));
  }

  async act(action: PageAction): Promise<Result<ActionView, string>> {
    switch (action.do) {
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
        return this.#changeRules(action);
      case 'name':
        // Behind the two dashes a name may begin with one.
        return this.#run(['name', '--json'], action.name);
      case 'test':
        return this.#test(action.model);
      case 'update':
        return ok({ done: true, told: await this.#doors.update(action.install), confirm: null });
      case 'leave':
        return this.#leave(action.confirm);
    }
  }

  #tellStanding({ problem, pausedUntilAt }: AgentStatus): StandingView {
    const { clock, lending, shared } = this.#doors;
    const { word, sinceAt, idleSinceAt } = clock;
    const { level, reason, untilAt, all } = lending.watch.standing();
    const until = word === 'owner' ? pausedUntilAt : word === reason || word === 'eco' ? untilAt : null;
    return {
      word,
      level,
      sinceAt: iso(sinceAt),
      untilAt: until === null ? null : iso(until),
      problem,
      detail: all.find((one) => one.reason === word)?.detail ?? null,
      also: all.map((one) => one.reason).filter((one) => one !== word),
      pausesAfterJob: shared.pause.reason === 'owner' && shared.slots.running > 0,
      idleSinceAt: idleSinceAt === null ? null : iso(idleSinceAt),
    };
  }

  #listCards(): CardView[] {
    const { watch, rules } = this.#doors.lending;
    return (watch.signals().gpus ?? []).map((card) => ({
      name: card.name,
      totalBytes: card.totalBytes,
      oursBytes: card.oursBytes,
      othersBytes: card.othersBytes,
      reservedBytes: rules.rules.gpu.reserveMb * MB,
      utilisation: card.utilisation === null ? null : card.utilisation / 100,
      temperatureC: card.temperatureC,
      powerW: card.powerW,
      fan: card.fanPercent === null ? null : card.fanPercent / 100,
    }));
  }

  #tellRules(): RulesView {
    const { watch, rules } = this.#doors.lending;
    const holding = new Set(watch.standing().all.map(({ reason }) => reason));
    return toRulesView({ rules: rules.rules, signals: watch.signals(), holding });
  }

  #tellPower(): PowerView | null {
    const power = this.#doors.metering.status();
    if (power === null) return null;
    const { watts, idleW, method, todayMicroWh, todayIdleMicroWh } = power;
    const isKnown = method !== 'unknown' || todayMicroWh > 0;
    return {
      watts,
      idleW,
      method,
      todayWh: isKnown ? (todayMicroWh + todayIdleMicroWh) / MICRO : null,
      idleTodayWh: todayIdleMicroWh > 0 ? todayIdleMicroWh / MICRO : null,
    };
  }

  /** A whole day as today went until now; null where nobody meters, and at its beginning. */
  #foreseeWh(): number | null {
    const today = this.#tellPower()?.todayWh ?? null;
    const now = new Date(this.#doors.now());
    const share = (this.#doors.now() - new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()) / DAY_MS;
    return today === null || share < LEAST_DAY ? null : today / Math.min(1, share);
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

  async #report(days: number, told: Result<Earnings, string>): Promise<Result<EarningsReport, string>> {
    const { folder, status } = this.#doors;
    return told.ok ? ok(await reportEarnings({ folder, days, status: status() }, told.value)) : told;
  }

  async #pause({ forMs, untilAt, when }: PageAction & { do: 'pause' }): Promise<Result<ActionView, string>> {
    const until = untilAt === null ? null : new Date(untilAt).getTime();
    if (until !== null && until <= this.#doors.now()) return err('That time is over.');
    await this.#doors.obey({ do: 'pause', forMs, untilAt: until, when });
    return DONE;
  }

  async #share(model: string, isShared: boolean): Promise<Result<ActionView, string>> {
    const { shared, choice, relook } = this.#doors;
    if (!shared.shelf.known.includes(model)) return err(`There is no model '${model}' here.`);
    await choice.switch(model, isShared);
    await relook();
    return DONE;
  }

  async #changeRules(change: PageAction & { do: 'rules' }): Promise<Result<ActionView, string>> {
    const { rules, watch } = this.#doors.lending;
    const written = await rules.write(toRulesPatch(change, rules.rules));
    if (!written.ok) return written;
    watch.look();
    return DONE;
  }

  async #test(model: string | undefined): Promise<Result<ActionView, string>> {
    const { folder, env } = this.#doors;
    const words = ['test', '--json', '--state', folder, ...(model === undefined ? [] : [`--model=${model}`])];
    const told = await this.#doors.own.ask({ words, env });
    if (!told.ok) return told;
    const read = testSchema.safeParse(told.value);
    if (!read.success) return err('The test said something that this page cannot read: run irori-node test.');
    const { firstTokenMs, tokensPerS, outputTokens, receipt, model: used } = read.data;
    const speed = tokensPerS === null ? '' : `, ${tokensPerS.toFixed(1)} tok/s`;
    const proof = receipt?.accepted === true ? ` Receipt ${receipt.number} accepted.` : ' No receipt was accepted yet.';
    const said = `${used ?? ''}: ${(firstTokenMs / 1000).toFixed(2)} s, ${outputTokens ?? '?'} tokens${speed}.${proof}`;
    return ok({ done: true, told: said, confirm: null });
  }

  /** Said once it gives a word; done when that word comes back soon. */
  async #leave(confirm: string | undefined): Promise<Result<ActionView, string>> {
    const now = this.#doors.now();
    const word = this.#leaveWord;
    this.#leaveWord = null;
    if (confirm !== undefined && word?.text === confirm && now < word.untilAt) return this.#run(['leave', '--yes']);
    if (confirm !== undefined) return err('Nothing was done: too long ago. Ask again.');
    const text = randomBytes(12).toString('base64url');
    this.#leaveWord = { text, untilAt: now + LEAVE_MS };
    return ok({ done: false, told: null, confirm: text });
  }

  /** A command of this program's on this home. */
  async #run(words: readonly string[], ...given: readonly string[]): Promise<Result<ActionView, string>> {
    const { folder, env } = this.#doors;
    const end = given.length === 0 ? [] : ['--', ...given];
    const ran = await this.#doors.own.run({ words: [...words, '--state', folder, ...end], env });
    if (!ran.ok) return ran;
    return ran.value.exit === 0 ? DONE : err(ran.value.output.trim());
  }

  async #saveSettings(settings: PageSettings): Promise<Result<ActionView, string>> {
    const { kwhPrice, currency, creditPrice } = settings;
    await this.#doors.settings.save({ kwhPrice, currency, creditPrice });
    return DONE;
  }
}

const DONE = ok({ done: true, told: null, confirm: null });

function iso(at: number): string {
  return new Date(at).toISOString();
}
