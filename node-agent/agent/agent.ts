// The agent put together: key, receipts, backends, one connection. Wiring only; what is decided stands in the rooms.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCurve } from '../../schema/chosen-curve.ts';
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Backend } from '../backends/backend.ts';
import type { AgentConfig } from '../config/config.ts';
import { DiskWatch } from '../home/disk-watch.ts';
import { findGpu } from '../home/gpu-probe.ts';
import type { FolderLock } from '../home/instance-lock.ts';
import type { IdentityFile } from '../home/identity-file.ts';
import { MemoryTrimmer } from '../home/memory.ts';
import { AbilityScout } from '../home/ability-scout.ts';
import type { ModelChoice } from '../home/model-choice.ts';
import { ModelShelf } from '../home/model-shelf.ts';
import { openDoors } from './agent-doors.ts';
import type { AgentDoors } from './agent-doors.ts';
import { tellStatus } from './agent-status.ts';
import { FirstOffer } from './first-offer.ts';
import { openModelStanding } from './model-standing.ts';
import type { ModelStanding } from './model-standing.ts';
import { Metering } from './metering.ts';
import { Lending } from './lending.ts';
import type { LendingFiles } from './lending.ts';
import { makeOwnerDesk } from './owner-desk.ts';
import { openBackends } from './opened-backends.ts';
import { openMirror } from './opened-mirror.ts';
import { OwnerPage } from './page.ts';
import { settleWithin } from './settle-within.ts';
import { Updating } from './updating.ts';
import { hearOwner } from '../home/owner-line.ts';
import type { HeardAsk, OwnerAnswer } from '../home/owner-line.ts';
import { PauseBoard } from '../home/pause-board.ts';
import { Prefetcher } from '../home/prefetcher.ts';
import type { SpeedFile } from '../home/speed-file.ts';
import { SpeedScout } from '../home/speed-scout.ts';
import { StatusFile } from '../home/status-file.ts';
import type { AgentStatus } from '../home/status-file.ts';
import { Totals } from '../jobs/totals.ts';
import { SignatureQueue } from '../receipts/signature-queue.ts';
import { UnsealedJobs } from '../jobs/unsealed-jobs.ts';
import { FlushClock } from '../jobs/flush-clock.ts';
import type { AgentShared } from '../jobs/job-runner.ts';
import { Slots } from '../home/slots.ts';
import { Connection } from '../link/connection.ts';
import type { LinkEnd } from '../link/connection.ts';
import type { Log } from '../log.ts';
import type { EarnedJournal } from '../receipts/earned-journal.ts';
import { isOutboxFull, OUTBOX_LIMITS } from '../receipts/judge-outbox.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { VERSION } from '../version.ts';

/** Looks at the backends this often: more often while one is away. */
const LOOK_MS = 60_000;
const LOOK_AWAY_MS = 3_000;
/** So long a start waits for what small requests show of models. */
const ABILITIES_MS = 1_500;
/** Running jobs may finish for this long after the owner said stop; then other homes go on with those that can be continued. */
const FINISH_MS = 5_000;
/** The rest may finish for this long in all. */
const DRAIN_MS = 30_000;
/** How long the last receipts may wait for their answers before the agent leaves; they are on disk anyway. */
const RECEIPTS_MS = 2_000;

export class Agent {
  readonly #config: AgentConfig;
  readonly #log: Log;
  readonly #key: SessionKey;
  readonly #backends: readonly Backend[];
  readonly #shelf: ModelShelf;
  readonly #shared: AgentShared;
  readonly #connection: Connection;
  readonly #abilities: AbilityScout;
  readonly #status: StatusFile;
  readonly #lock: FolderLock;
  readonly #lending: Lending;
  readonly #prefetcher: Prefetcher;
  readonly #speeds: SpeedFile;
  readonly #memory: MemoryTrimmer;
  readonly #disk: DiskWatch;
  readonly #page: OwnerPage;
  readonly #journal: EarnedJournal;
  readonly #mirror: ReturnType<typeof openMirror>;
  readonly #standing: ModelStanding;
  readonly #offer = new FirstOffer();
  readonly #updates: Updating;
  readonly #metering: Metering;
  readonly #startedAt = Date.now();
  #lookTimer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #isOutboxFull = false;

  private constructor(doors: AgentDoors) {
    const { config, log, key, book, identity, lock, speeds, choice } = doors;
    this.#journal = doors.journal;
    this.#config = config;
    this.#log = log;
    this.#key = key;
    this.#lock = lock;
    this.#speeds = speeds;
    this.#backends = openBackends(config, () => void this.#look(true), choice);
    const onChange = (): void => this.#tellState();
    this.#shelf = this.#makeShelf(choice, onChange);
    this.#metering = this.#makeMetering(doors.lending);
    this.#shared = {
      node: key.address,
      shelf: this.#shelf,
      slots: new Slots<Backend>(() => this.#noteWork()),
      pause: new PauseBoard(onChange),
      book,
      signatures: new SignatureQueue(),
      unsealed: new UnsealedJobs(() => performance.now()),
      clock: new FlushClock(Math.min(10, config.windowMs / 10)),
      totals: new Totals(),
      log,
      windowMs: config.windowMs,
      onReceipts: () => this.#checkOutbox(),
      onPrefetch: (model) => void this.#prefetcher.hint(model),
      onUnsentReceipt: () => this.#connection.session?.offerUnsent(),
      onLostReceipt: () => this.#disk.noteFailure(),
      meter: this.#metering,
    };
    const { slots: places, pause } = this.#shared;
    const mayLoad = (): boolean => config.load !== 'never' && pause.reason === null && places.running === 0;
    this.#abilities = new AbilityScout({ backends: this.#backends, slots: places, pause });
    this.#prefetcher = new Prefetcher({ shelf: this.#shelf, mayLoad, log, now: () => performance.now() });
    this.#updates = new Updating({ settings: config, log, stop: () => this.stop(), shared: this.#shared });
    this.#hearOwner();
    this.#status = new StatusFile(config.state, log, () => this.status());
    this.#connection = this.#makeConnection(identity);
    this.#lending = this.#makeLending(doors.lending);
    const { readFree } = this.#lending;
    this.#disk = new DiskWatch({ folder: config.state, log, onChange: (isFull) => this.#noteDisk(isFull), readFree });
    this.#mirror = openMirror(config, doors);
    this.#standing = openModelStanding(config, key, { log, onChange: () => this.#status.touch() });
    this.#page = this.#makePage(doors);
    this.#memory = new MemoryTrimmer(() => this.#shared.slots.running > 0);
  }

  /** Opens the state folder and everything in it. The error is a sentence for the owner. */
  static async open(config: AgentConfig, lines: Log): Promise<Result<Agent, string>> {
    const doors = await openDoors(config, lines);
    return doors.ok ? ok(new Agent(doors.value)) : doors;
  }

  /** Works until it is stopped, or until the owner has to act. */
  async run(): Promise<LinkEnd> {
    this.#log.info('irori-node', {
      version: VERSION,
      node: this.#key.address,
      state: this.#config.state,
      curve: getCurve().name,
    });
    await this.#metering.start();
    this.#lending.start();
    await this.#look();
    // Servers that answer at once are offered with all that they can do from the start.
    await settleWithin(this.#abilities.run(), ABILITIES_MS);
    this.#checkOutbox();
    await this.#page.start();
    await this.#status.write();
    void this.#learnSpeeds();
    this.#mirror.start();
    this.#updates.start();
    const end = await this.#connection.run();
    this.#mirror.close();
    await this.#updates.close(end.kind === 'stopped');
    this.#standing.close();
    this.#page.close();
    clearTimeout(this.#lookTimer);
    await this.#lending.close();
    this.#disk.close();
    await this.#metering.close();
    this.#shared.clock.close();
    await Promise.all(this.#backends.map((backend) => backend.close()));
    await this.#shared.book.settled();
    this.#journal.flush();
    await this.#status.write();
    this.#lock.release();
    return end;
  }

  /** Takes nothing new, lets running jobs finish or hands them over, waits a moment for the answers to their receipts, and leaves. */
  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const { pause, slots, book } = this.#shared;
    pause.set('draining', true);
    if (slots.running > 0) this.#log.info('finishing what runs', { jobs: slots.running });
    const runner = this.#connection.session?.runner;
    const idle = Promise.all([slots.whenIdle(), runner?.whenIdle()]);
    await settleWithin(idle, FINISH_MS);
    runner?.preemptResumable();
    await settleWithin(idle, DRAIN_MS - FINISH_MS);
    runner?.preemptAll();
    await settleWithin(runner?.whenIdle() ?? Promise.resolve(), RECEIPTS_MS);
    const until = performance.now() + RECEIPTS_MS;
    while (this.#connection.session && book.unacknowledged > 0 && performance.now() < until) await sleep(20);
    this.#connection.stop();
  }

  /** Ends what runs as preempted, receipts and all, and leaves: for an owner who said stop twice. */
  async stopNow(): Promise<void> {
    await settleWithin(this.#lending.handOver(), RECEIPTS_MS);
    this.#connection.session?.leave();
    await this.#shared.book.settled();
  }

  /** It has stopped so that another version can start. */
  get wantsRestart(): boolean {
    return this.#updates.wantsRestart;
  }

  /** Answers when `irori-node status` shows the change too. */
  async #obeyOwner(ask: HeardAsk<'pause' | 'resume'>): Promise<OwnerAnswer> {
    const answer = await this.#lending.ownerPause.obey(ask);
    await this.#status.write();
    return answer;
  }

  #makeConnection(identity: IdentityFile): Connection {
    const { router, code, wallet, place, name } = this.#config;
    return new Connection({
      router,
      code,
      wallet,
      place,
      name,
      key: this.#key,
      identity,
      shared: this.#shared,
      agent: `irori-node/${VERSION}`,
      platform: `${process.platform}-${process.arch} node ${process.versions.node}`,
      instance: randomUUID(),
      random: Math.random,
      offer: this.#offer,
      onChange: () => this.#noteOffer(),
    });
  }

  #makeShelf(choice: ModelChoice, onChange: () => void): ModelShelf {
    const { slots, pace: paceTokensPerS, priceShare, load, benchmark } = this.#config;
    const wishes = { choice, slots, paceTokensPerS, priceShare, mayLoad: load !== 'never' };
    const shelf = new ModelShelf({ backends: this.#backends, ...wishes, log: this.#log, onChange });
    if (benchmark !== 'none') for (const [digest, speed] of this.#speeds.list()) shelf.noteSpeed(digest, speed);
    return shelf;
  }

  #makeMetering({ played }: LendingFiles): Metering {
    const isLending = (): boolean => this.#connection.session !== null && this.#shared.pause.reason === null;
    const inputIdleS = (): number | null => this.#lending.watch.signals().inputIdleS;
    const onChange = (): void => this.#tellState();
    const doors = { config: this.#config, log: this.#log, backends: this.#backends, cards: played?.gpus };
    return new Metering({ ...doors, inputIdleS, isLending, onChange });
  }

  #hearOwner(): void {
    const desk = makeOwnerDesk({
      pause: (ask) => this.#obeyOwner(ask),
      status: () => this.status(),
      check: () => this.#connection.check(),
      openPage: () => this.#page.mintUrl(),
      stop: () => this.stop(),
      config: this.#config,
      shared: this.#shared,
      updates: this.#updates,
    });
    this.#lock.serve((peer) => hearOwner(peer, desk));
  }

  #makePage({ config, log: recent, key, speeds, journal, choice }: AgentDoors): OwnerPage {
    return new OwnerPage({
      config,
      recent,
      key,
      speeds,
      journal,
      choice,
      shared: this.#shared,
      lending: this.#lending,
      metering: this.#metering,
      update: (install) => this.#updates.ask(install),
      relook: () => this.#look(true),
      status: () => this.status(),
      linkState: () => this.#connection.status.state,
      running: () => this.#connection.session?.runner?.listProgress() ?? [],
      obey: (ask) => this.#obeyOwner(ask),
    });
  }

  #makeLending(files: LendingFiles): Lending {
    return new Lending({
      config: this.#config,
      log: this.#log,
      files,
      shared: this.#shared,
      link: this.#connection,
      gpus: this.#metering.cards,
      tellState: () => this.#tellState(),
      onDisk: () => void this.#disk.check(),
      onReturn: () => void (this.#config.load === 'keep' && this.#shelf.loadBuiltIns()),
    });
  }

  /** Nothing waits for this: the home works meanwhile, offered with a first guess. */
  async #learnSpeeds(): Promise<void> {
    const { slots, pause } = this.#shared;
    const { load, benchmark: choice } = this.#config;
    if (load === 'keep') await this.#shelf.loadBuiltIns();
    // A server with one slot is asked what it can do first: what is timed beside other work is no speed.
    await this.#abilities.run();
    const found = { shelf: this.#shelf, file: this.#speeds, findGpu, now: Date.now };
    await new SpeedScout({ ...found, slots, pause, choice, log: this.#log }).run();
  }

  /** `isAnew`: somebody knows of a change that a look under way may have missed. */
  async #look(isAnew = false): Promise<void> {
    await Promise.all([isAnew ? this.#shelf.refresh() : this.#shelf.look(), this.#disk.check()]);
    this.#lending.setSlots();
    const isDown = this.#shelf.offered.length === 0;
    this.#shared.pause.set('backend-down', isDown);
    this.#offer.note(!isDown);
    if (this.#isStopping) return;
    void this.#abilities.run();
    clearTimeout(this.#lookTimer);
    this.#lookTimer = setTimeout(() => void this.#look(), isDown ? LOOK_AWAY_MS : LOOK_MS);
  }

  /** Not called for jobs: what is offered is costly to list. */
  #noteOffer(): void {
    this.#standing.note(this.#shelf.offered, this.#connection.status.state === 'connected');
    this.#noteWork();
  }

  #noteWork(): void {
    this.#status.touch();
    this.#memory.touch();
  }

  #tellState(): void {
    this.#abilities.heed();
    this.#lending.setSlots();
    this.#lending.noteBoard();
    this.#connection.session?.sendState();
    this.#noteOffer();
  }

  /** Work that the router has not accepted may never be paid: past the limits the home takes no more until it has. */
  #checkOutbox(): void {
    const { pause, book } = this.#shared;
    const facts = book.measure();
    const isFull = isOutboxFull(facts, { ...OUTBOX_LIMITS, receipts: this.#config.exposure }, this.#isOutboxFull);
    if (isFull && !this.#isOutboxFull)
      this.#log.warn('too much work waits for the router’s acceptance: no new jobs until some of it is accepted', {
        receipts: facts.receipts,
        credits: Number(facts.units) / 1e6,
        lateCredits: Number(facts.agedUnits) / 1e6,
      });
    this.#isOutboxFull = isFull;
    pause.set('outbox', isFull);
    this.#status.touch();
  }

  /** With room again, what the disk refused is stored. */
  #noteDisk(isFull: boolean): void {
    this.#shared.pause.set('disk', isFull);
    if (!isFull && this.#shared.book.retry()) this.#log.info('receipts that the disk refused are stored now');
  }

  /** What it does now. */
  status(): AgentStatus {
    return tellStatus({
      config: this.#config,
      shared: this.#shared,
      address: this.#key.address,
      link: this.#connection,
      standing: this.#standing,
      power: this.#metering.status(),
      lending: this.#lending,
      startedAt: this.#startedAt,
      page: this.#page.url,
    });
  }
}
