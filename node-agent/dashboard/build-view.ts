// The page's view from what the agent knows of itself. Pure.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { JobProgress } from '../jobs/job-outcome.ts';
import { describeClock } from '../link/router-clock.ts';
import type { CatalogueView, ModelView, PageView, RunningJobView, StandingView, WarningView } from './page-view.ts';

/** Beside the status: what only the running agent has. Times in ms since epoch. */
export interface ViewFacts {
  readonly status: AgentStatus;
  readonly now: number;
  readonly platform: string;
  readonly standing: StandingView;
  readonly jobs: readonly JobProgress[];
  readonly today: PageView['today'];
  readonly cards: PageView['cards'];
  readonly power: PageView['power'];
  readonly models: readonly ModelView[];
  readonly rules: PageView['rules'];
}

export function buildView(facts: ViewFacts): PageView {
  const { status, now, standing, today, cards, power, models, rules } = facts;
  return {
    at: iso(now),
    home: {
      name: status.name,
      node: status.node,
      address: status.address,
      router: status.router,
      hub: status.hub,
      version: status.version,
      platform: facts.platform,
      startedAt: iso(status.startedAt),
      residentBytes: status.residentBytes,
    },
    standing,
    slots: status.slots,
    running: facts.jobs.map((job) => toRunning(job, now)),
    today,
    total: { earnedMicro: Number(status.earnedMicro), receipts: Number(status.acceptedReceipts) },
    waiting: { receipts: status.outbox, micro: Number(status.outboxMicro) },
    cards,
    power,
    models,
    rules,
    warnings: listWarnings(status),
  };
}

function toRunning({ job, model, outputTokens, ranMs, ttftMs }: JobProgress, now: number): RunningJobView {
  const decodeMs = ttftMs === null ? 0 : ranMs - ttftMs;
  // Of the first tokens nobody can say how fast they come.
  const tokensPerS = decodeMs > 500 && outputTokens > 1 ? ((outputTokens - 1) / decodeMs) * 1000 : null;
  return { job, model, outputTokens, startedAt: iso(now - ranMs), tokensPerS };
}

/** What the owner should know whatever else is shown. */
function listWarnings(status: AgentStatus): WarningView[] {
  const clock = status.clockAheadMs === null ? null : describeClock(status.clockAheadMs);
  const found: (WarningView | null)[] = [
    status.evidence.length > 0 ? { code: 'evidence', count: status.evidence.length, told: null } : null,
    status.unpaidReceipts > 0 ? { code: 'unpaid', count: status.unpaidReceipts, told: null } : null,
    status.lastFailure === null ? null : { code: 'last-failure', count: null, told: status.lastFailure },
    status.restoredAtReceipt === null ? null : { code: 'restored', count: null, told: status.restoredAtReceipt },
    clock === null ? null : { code: 'clock', count: null, told: clock },
  ];
  return found.filter((one) => one !== null);
}

interface ModelFacts {
  readonly offered: readonly NodeModel[];
  /** Every name that is here. */
  readonly known: readonly string[];
  /** Digests of what was measured on this machine. */
  readonly measured: ReadonlySet<string>;
  readonly catalogue: ReadonlyMap<string, CatalogueView>;
}

/** Those on offer first, then what is here and kept back. */
export function listModels({ offered, known, measured, catalogue }: ModelFacts): ModelView[] {
  const names = new Set(offered.map(({ name }) => name));
  const kept = known.filter((name) => !names.has(name));
  return [
    ...offered.map((model) => toOffered(model, measured, catalogue)),
    ...kept.map((name) => toKept(name, catalogue)),
  ];
}

function toOffered(
  model: NodeModel,
  measured: ReadonlySet<string>,
  catalogue: ReadonlyMap<string, CatalogueView>,
): ModelView {
  return {
    name: model.name,
    digest: model.digest,
    isShared: true,
    canSwitch: !model.name.endsWith('*'),
    catalogue: catalogue.get(model.name) ?? null,
    promptTokensPerS: model.promptTokensPerS,
    decodeTokensPerS: model.decodeTokensPerS,
    speedIs: measured.has(model.digest) ? 'measured' : 'guessed',
    contextTokens: model.contextTokens,
    can: model.can ?? [],
    isInMemory: (model.loadMs ?? 0) === 0,
  };
}

function toKept(name: string, catalogue: ReadonlyMap<string, CatalogueView>): ModelView {
  return {
    name,
    digest: null,
    isShared: false,
    canSwitch: true,
    catalogue: catalogue.get(name) ?? null,
    promptTokensPerS: null,
    decodeTokensPerS: null,
    speedIs: null,
    contextTokens: null,
    can: [],
    isInMemory: null,
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
