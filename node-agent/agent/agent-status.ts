// What the agent says of itself to its owner, gathered from the rooms.
import type { Hex } from '../../schema/bytes.ts';
import { toEvidenceJson } from '../../schema/evidence.ts';
import { describeProof } from '../../schema/verify/describe-proof.ts';
import type { AgentConfig } from '../config/config.ts';
import type { PowerStatus } from '../energy/energy-meter.ts';
import type { Lending } from './lending.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { AgentShared } from '../jobs/job-runner.ts';
import type { Connection } from '../link/connection.ts';
import { VERSION } from '../version.ts';
import type { ModelStanding } from './model-standing.ts';

interface Told {
  readonly config: AgentConfig;
  readonly shared: AgentShared;
  readonly address: Hex;
  readonly link: Pick<Connection, 'status' | 'clockAheadMs'>;
  readonly standing: Pick<ModelStanding, 'notes'>;
  readonly power: PowerStatus | null;
  readonly lending: Lending;
  /** ms since epoch. */
  readonly startedAt: number;
  /** Where the owner's page is. */
  readonly page: string | null;
}

export function tellStatus(of: Told): AgentStatus {
  const link = of.link.status;
  const { pause, slots, book, totals } = of.shared;
  const { earned, restored, unpaid, numbers, evidence } = book;
  const acceptance = earned?.acceptance;
  return {
    pid: process.pid,
    version: VERSION,
    name: of.config.name,
    startedAt: of.startedAt,
    writtenAt: Date.now(),
    router: of.config.router.origin,
    node: link.node,
    address: of.address,
    state: link.state,
    problem: link.problem,
    paused: pause.reason,
    pausedUntilAt: of.lending.ownerPause.untilAt,
    standing: of.lending.watch.standing(),
    hub: link.hub,
    area: link.area,
    models: of.shared.shelf.offered.map((model) => model.name),
    abilities: Object.fromEntries(of.shared.shelf.offered.map(({ name, can = [] }) => [name, can])),
    modelNotes: of.standing.notes,
    serverNotes: of.shared.shelf.faults,
    slots: slots.limit,
    running: slots.running,
    ...totals.now(),
    outbox: book.unacknowledged,
    outboxMicro: book.measure().units.toString(),
    sealedReceipts: { receipt: numbers.seq.toString(), seal: numbers.seal.toString() },
    proof: earned && describeProof(earned.router, earned.sealed),
    evidence: evidence.map(toEvidenceJson),
    clockAheadMs: of.link.clockAheadMs,
    restoredAtReceipt: restored === null ? null : restored.next.toString(),
    answeredReceipts: unpaid.answered,
    unpaidReceipts: unpaid.unpaid,
    unpaidInARow: unpaid.inARow,
    earnedMicro: (acceptance?.cumulativeAmount ?? 0n).toString(),
    acceptedReceipts: (acceptance?.count ?? 0n).toString(),
    power: of.power,
    page: of.page === null ? null : { url: of.page },
    residentBytes: process.memoryUsage.rss(),
  };
}
