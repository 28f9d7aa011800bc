// What the agent does, in DIR/status.json for `irori-node status` and other programs of the owner. Written now and then, never per token.
import { join } from 'node:path';
import * as z from 'zod';
import type { Log } from '../log.ts';
import { readJsonFile } from './durable-file.ts';
import { KeptFile } from './kept-file.ts';

const statusSchema = z.object({
  pid: z.number(),
  version: z.string(),
  name: z.string().nullable(),
  startedAt: z.number(),
  writtenAt: z.number(),
  router: z.string(),
  node: z.string().nullable(),
  address: z.string(),
  /** Of the link: starting, enrolling, dialling, connected, waiting or stopped. */
  state: z.string(),
  /** Why it is not connected, or why it takes no work. */
  problem: z.string().nullable(),
  paused: z.string().nullable(),
  /** When an owner's pause ends by itself, ms since epoch. */
  pausedUntilAt: z.number().nullable(),
  /** What the home may do now, and every reason why it may not do more; null from agents before it. Times in ms since epoch. */
  standing: z
    .object({
      level: z.enum(['off', 'eco', 'full']),
      reason: z.string().nullable(),
      sinceAt: z.number(),
      untilAt: z.number().nullable(),
      all: z.array(z.object({ reason: z.string(), sinceAt: z.number(), detail: z.string().nullable() })).readonly(),
    })
    .nullable()
    .default(null),
  hub: z.string().nullable(),
  area: z.string().nullable(),
  models: z.array(z.string()),
  /** What each can do beside text. */
  abilities: z.record(z.string(), z.array(z.string())).default({}),
  /** Who calls each model here, as the router told it: 'everyone' or 'own account only', and the same in words. What is not in here is not known. */
  modelNotes: z
    .record(
      z.string(),
      z.object({ inCatalogue: z.boolean(), servedTo: z.enum(['everyone', 'own account only']), told: z.string() }),
    )
    .default({}),
  /** What is wrong with each model server that shares nothing now, in a sentence. */
  serverNotes: z.array(z.string()).default([]),
  slots: z.number(),
  running: z.number(),
  jobs: z.number(),
  /** How those jobs ended. */
  done: z.number().default(0),
  failed: z.number().default(0),
  cancelled: z.number().default(0),
  handedOver: z.number().default(0),
  refused: z.number(),
  promptTokens: z.number(),
  outputTokens: z.number(),
  /** Why the model server failed the last job; null where it did not. */
  lastFailure: z.string().nullable().default(null),
  /** Receipts without an answer from the router. */
  outbox: z.number(),
  /** What these claim together, units. */
  outboxMicro: z.string().default('0'),
  /** Numbers of the newest receipt and of the newest seal of receipts. */
  sealedReceipts: z.object({ receipt: z.string(), seal: z.string() }).nullable().default(null),
  /** How far this machine's clock is ahead of the router's, ms; null before the first connection. */
  clockAheadMs: z.number().nullable().default(null),
  /** Where receipts went on, as the state folder was older than the router's newest; null where it was not. */
  restoredAtReceipt: z.string().nullable().default(null),
  /** Receipts answered since the start, those that earn nothing, and how many of these came last without a paid one between. */
  answeredReceipts: z.number().default(0),
  unpaidReceipts: z.number().default(0),
  unpaidInARow: z.number().default(0),
  /** Units (millionths of a credit) that the router has signed for in all, and in how many receipts. */
  earnedMicro: z.string(),
  acceptedReceipts: z.string(),
  /** What proves that: who signed, and the seal that the newest acceptance is under. */
  proof: z
    .object({
      signer: z.string(),
      seal: z
        .object({ kind: z.string(), number: z.string(), covers: z.number(), hashes: z.number(), total: z.string() })
        .nullable(),
    })
    .nullable()
    .default(null),
  /** Pairs of what the router has signed and that cannot both be honest: documents that `irori-node verify` and anyone else can check. */
  evidence: z.array(z.unknown()).default([]),
  /** What this machine draws (W at the wall), how that is known, and what today came to (millionths of a watt-hour); null where nobody meters. */
  power: z
    .object({
      watts: z.number().nullable(),
      idleW: z.number().nullable(),
      method: z.enum(['unknown', 'counter', 'sampled', 'estimated', 'wall']),
      /** Taken by jobs above rest, claimed of it by receipts, and taken at rest while the machine was awake for the network only. */
      todayMicroWh: z.number(),
      todayClaimedMicroWh: z.number().default(0),
      todayIdleMicroWh: z.number().default(0),
    })
    .nullable()
    .default(null),
  /** Where the owner's page is on this machine; `irori-node open` lets a browser in. */
  page: z.object({ url: z.string() }).nullable().default(null),
  residentBytes: z.number(),
});
export type AgentStatus = z.output<typeof statusSchema>;

const FILE = 'status.json';
const EVERY_MS = 1000;

export class StatusFile {
  readonly #file: KeptFile;
  readonly #describe: () => AgentStatus;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, log: Log, describe: () => AgentStatus) {
    this.#file = new KeptFile(join(folder, FILE), log);
    this.#describe = describe;
  }

  /** Something changed: it is written within a second. */
  touch(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.write();
    }, EVERY_MS);
    this.#timer.unref();
  }

  /** Writes now; never rejects. Where the disk refuses, the file is old. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#file.write(`${JSON.stringify(this.#describe(), null, 2)}\n`));
    return this.#writing;
  }
}

/** What a running agent answered; null where it is none. */
export function parseStatus(value: unknown): AgentStatus | null {
  return statusSchema.safeParse(value).data ?? null;
}

/** The last status written in a folder; null when no agent ever ran there or the file is not one. */
export async function readStatus(folder: string): Promise<AgentStatus | null> {
  const parsed = statusSchema.safeParse(await readJsonFile(join(folder, FILE)).catch(() => null));
  return parsed.success ? parsed.data : null;
}
