// A hub's session in this process, with a fake backend and no network: what the agent would write to its socket is kept as frames.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from '../../schema/bytes.ts';
import type { JobFrameJson } from '../../schema/frames-to-node.ts';
import type { JobRequestOf } from '../../schema/job-request.ts';
import { decodeFrames, encodeJsonFrame, nameFrame, readData, readJson } from '../../schema/frames.ts';
import type { Frame } from '../../schema/frames.ts';
import { readReceiptsFrame } from '../../schema/seal.ts';
import type { ReceiptsFrame } from '../../schema/seal.ts';
import { JOB_TICKET, toMessageJson } from '../../schema/receipt.ts';
import type { JobTicket, UsageReceiptJson } from '../../schema/receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN } from '../../schema/typed-data.ts';
import { sampleRequest, sampleTicket } from '../../schema/sample-messages.ts';
import type { Backend } from '../backends/backend.ts';
import { ModelShelf } from '../home/model-shelf.ts';
import { PauseBoard } from '../home/pause-board.ts';
import { Totals } from '../jobs/totals.ts';
import { SignatureQueue } from '../receipts/signature-queue.ts';
import { UnsealedJobs } from '../jobs/unsealed-jobs.ts';
import { FlushClock } from '../jobs/flush-clock.ts';
import type { AgentShared } from '../jobs/job-runner.ts';
import { Slots } from '../home/slots.ts';
import type { LinkOutcome } from '../link/decide-retry.ts';
import { HubSession } from '../link/hub-session.ts';
import { DISK } from '../receipts/append-file.ts';
import type { LogDisk } from '../receipts/append-file.ts';
import { ReceiptBook } from '../receipts/receipt-book.ts';
import { encodeTickets, ROUTER, signer } from './hub-seals.ts';
import { collectLog } from './collect-log.ts';

const KEY = new Uint8Array(32).fill(5);
const NODE = addressOfPrivateKey(KEY);
export const SESSION_KEY = { address: NODE, privateKey: KEY };

/** A frame the agent wrote; `events` and `tokenIds` of `data` only. */
export interface Wrote {
  readonly name: string;
  readonly job: number;
  readonly json: unknown;
  /** Of a `receipts` frame. */
  readonly receipts: ReceiptsFrame | null;
  readonly tokens: number;
  readonly bytes: number;
  readonly events: Uint8Array;
  readonly tokenIds: readonly number[] | null;
}

export interface SessionBench {
  readonly session: HubSession;
  /** The hub says welcome, where it has not yet. */
  readonly welcome: () => void;
  readonly shared: AgentShared;
  /** The agent's state folder: its receipts. */
  readonly folder: string;
  readonly lines: string[];
  readonly outcomes: LinkOutcome[];
  readonly socket: { bufferedAmount: number };
  /** Frames the agent wrote, in order. */
  readonly wrote: () => Wrote[];
  readonly give: (
    number: number,
    wish?: {
      maxTokens?: number;
      creditBytes?: number;
      ticket?: Partial<JobTicket>;
      resume?: JobFrameJson['resume'];
      request?: Partial<JobRequestOf<'chat'>>;
    },
  ) => { sign: () => void; ticketHash: Hex };
  readonly until: (holds: () => boolean) => Promise<void>;
  readonly close: () => void;
}

export interface SharedBench {
  readonly shared: AgentShared;
  readonly folder: string;
  readonly lines: string[];
  readonly close: () => void;
}

/** What an agent's connections share, around one backend, in a folder of its own. */
export async function openShared(
  backend: Backend,
  windowMs = 100,
  mayLoad = true,
  disk: LogDisk = DISK,
): Promise<SharedBench> {
  const folder = mkdtempSync(join(tmpdir(), 'irori-session-'));
  const { log, lines } = collectLog();
  const book = await ReceiptBook.open(folder, SESSION_KEY.privateKey, { now: () => performance.now(), log, disk });
  const shelf = new ModelShelf({
    backends: [backend],
    choice: { names: null },
    slots: null,
    paceTokensPerS: 0,
    mayLoad,
    log,
    onChange: () => undefined,
  });
  await shelf.look();
  const slots = new Slots<Backend>(() => undefined);
  slots.setLimits(shelf.limits, shelf.slots);
  const shared: AgentShared = {
    node: NODE,
    shelf,
    slots,
    pause: new PauseBoard(() => undefined),
    book,
    signatures: new SignatureQueue(),
    unsealed: new UnsealedJobs(() => performance.now()),
    clock: new FlushClock(Math.min(10, windowMs / 10)),
    totals: new Totals(),
    log,
    windowMs,
    onReceipts: () => undefined,
    onPrefetch: () => undefined,
    onLostReceipt: () => undefined,
    onUnsentReceipt: () => undefined,
  };
  const close = (): void => {
    shared.clock.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { shared, folder, lines, close };
}

type LastReceipt = { readonly receipt: UsageReceiptJson; readonly signature: Hex };

/** A session past its welcome, or before it with `isWelcomed` false. */
export async function openSession(
  backend: Backend,
  options: {
    windowMs?: number;
    isWelcomed?: boolean;
    mayLoad?: boolean;
    lastReceipt?: LastReceipt;
    disk?: LogDisk;
  } = {},
): Promise<SessionBench> {
  const { shared, folder, lines, close } = await openShared(backend, options.windowMs, options.mayLoad, options.disk);
  const frames: Frame[] = [];
  const outcomes: LinkOutcome[] = [];
  const socket = {
    bufferedAmount: 0,
    send: (message: Uint8Array) => {
      const decoded = decodeFrames(Uint8Array.from(message));
      if (!decoded.ok) throw new Error(decoded.error.message);
      frames.push(...decoded.value);
    },
    close: () => undefined,
    prove: () => undefined,
  };
  const session = new HubSession(socket, {
    shared,
    key: SESSION_KEY,
    origin: 'https://irori.example',
    agent: 'a',
    platform: 'p',
    instance: 'one',
    onWelcome: () => undefined,
    onLeave: (outcome) => void outcomes.push(outcome),
  });
  const welcome = {
    node: 'node_x',
    area: 'weur',
    hub: 'h',
    router: ROUTER,
    domain: PLACEHOLDER_DOMAIN,
    token: 't',
    tokenUntilAt: 0,
    lastReceipt: options.lastReceipt ?? null,
  };
  const sayWelcome = (): void => session.hear(encodeJsonFrame('welcome', welcome));
  if (options.isWelcomed !== false) sayWelcome();
  const until = async (holds: () => boolean): Promise<void> => {
    for (const end = performance.now() + 90_000; !holds();) {
      if (performance.now() > end) throw new Error(`it never held: ${holds.toString()}`);
      await sleep(2);
    }
  };
  return {
    session,
    shared,
    folder,
    lines,
    outcomes,
    socket,
    welcome: sayWelcome,
    until,
    wrote: () => frames.map(describe),
    give: (number, wish = {}) => {
      const ticket = makeTicket(number, wish.ticket);
      const request = sampleRequest({ model: 'fake', maxTokens: wish.maxTokens ?? 100, ...wish.request });
      const chunk = { id: 'c', created: 1, model: 'fake' };
      const job: JobFrameJson = {
        ticket: toMessageJson(ticket),
        request,
        chunk,
        stream: true,
        creditBytes: wish.creditBytes ?? 100_000,
        ...(wish.resume ? { resume: wish.resume } : {}),
      };
      session.hear(encodeJsonFrame('job', job, number));
      const ticketHash = signer.hash(JOB_TICKET, ticket);
      return {
        sign: () => session.hear(encodeTickets([{ number, ticketHash }])),
        ticketHash,
      };
    },
    close: () => {
      session.end();
      close();
    },
  };
}

/** A ticket of this bench's node, as its router would sign it. */
export function makeTicket(number: number, change: Partial<JobTicket> = {}): JobTicket {
  return sampleTicket({
    jobId: `0x${number.toString(16).padStart(64, '0')}`,
    node: NODE,
    expiresAtMs: BigInt(Date.now() + 60_000),
    ...change,
  });
}

function describe(frame: Frame): Wrote {
  const name = nameFrame(frame.type) ?? String(frame.type);
  const json = name === 'data' || name === 'receipts' ? null : readJson(frame);
  const receipts = name === 'receipts' ? readReceiptsFrame(frame.payload) : null;
  const data = name === 'data' ? readData(frame) : null;
  const events = data?.ok ? data.value.events : new Uint8Array(0);
  return {
    name,
    job: frame.job,
    json: json?.ok ? json.value : null,
    receipts: receipts?.ok ? receipts.value : null,
    tokens: frame.tokens,
    bytes: events.length,
    events,
    tokenIds: data?.ok ? data.value.tokenIds : null,
  };
}
