// A part between a fake node and a fake edge: what was sent to the node, what was settled, and what the edge reads of it and is told.
import { vi } from 'vitest';
import { COMMENT_LINE, makeChunkWriter } from '../../schema/chunks.ts';
import { decodeFrames, FRAME, nameFrame, readCredit, readJson } from '../../schema/frames.ts';
import type { NodeEnd } from '../../schema/frames-to-hub.ts';
import { FINISH } from '../../schema/receipt.ts';
import type { Finish } from '../../schema/receipt.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { NO_WISH } from '../../schema/placement.ts';
import { TIMINGS } from '../../schema/timings.ts';
import { Part } from '../hub/part.ts';
import type { PartDoors, PartSummary } from '../hub/part-doors.ts';
import { LAST_WORD, readLastWord } from '../../schema/records.ts';
import type { EndRecord, PartTold } from '../../schema/records.ts';
import { ToldReader } from '../../schema/told-events.ts';
import { countsOf, DECISION } from './fake-hubs.ts';

export const EXPIRES_AT = 900_000;
export const END: EndRecord = { finish: 'stop', ...countsOf(3, 2), ttftMs: 1, receiptHash: null };
export const MAX_TOKENS = 128;
/** What is left of the caller's limit for the first token, and the limit of each silence after it. */
export const MAX_FIRST_TOKEN_MS = 100_000;
export const MAX_SILENCE_MS = 120_000;
const offer = {
  jobId: `job_${'1'.repeat(32)}`,
  part: 0,
  attempt: 1,
  edgeRttMs: 0,
  stream: true,
  firstTokenMs: TIMINGS.firstTokenMs,
  maxFirstTokenMs: MAX_FIRST_TOKEN_MS,
  mostFirstTokenMs: MAX_FIRST_TOKEN_MS,
  maxSilenceMs: MAX_SILENCE_MS,
  expiresAt: EXPIRES_AT,
  request: { kind: 'chat', maxTokens: MAX_TOKENS },
  chunk: { id: 'c', created: 1, model: 'm' },
  isBegun: false,
  wish: NO_WISH,
  tokenizer: null,
  minBytesPerToken: 1,
} as JobOffer;
export const writer = makeChunkWriter({ id: 'c', created: 1, model: 'm' }, true);
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const event = (text: string): Uint8Array => bytesOf(writer.content(text));
/** A home's last word. */
export const ended = (finish: Finish): NodeEnd => ({ work: { finish: FINISH[finish] } }) as never;

interface PartOptions {
  readonly settle?: (summary: PartSummary) => Promise<EndRecord>;
  readonly isResumable?: boolean;
  readonly resume?: JobOffer['resume'];
  readonly tokenizer?: string;
  readonly hasIds?: boolean;
  readonly stream?: boolean;
}

/** A part that has just been offered to its node, at time 0. */
export function openPart(options: PartOptions = {}) {
  const { settle = async () => END, isResumable = false, resume = null, tokenizer = null } = options;
  const { hasIds = false, stream = true } = options;
  const sent: string[] = [];
  const settled: PartSummary[] = [];
  const ends: EndRecord[] = [];
  const told: PartTold[] = [];
  const doors: PartDoors = {
    send: (bytes) => {
      const frames = decodeFrames(bytes);
      for (const frame of frames.ok ? frames.value : []) {
        const detail = frame.type === FRAME.credit ? readCredit(frame) : readJson(frame);
        sent.push(`${nameFrame(frame.type)} ${JSON.stringify(detail.ok && detail.value)} of ${frame.job}`);
      }
    },
    settle: async (summary) => {
      settled.push(summary);
      const end = await settle(summary);
      ends.push(end);
      return end;
    },
    hasIds,
    onTold: (one) => void told.push(one),
    onRefused: vi.fn(),
    onHead: vi.fn(),
    onFirstToken: vi.fn(),
    onBroken: vi.fn(),
    onHeld: vi.fn(() => true),
    onDone: vi.fn(),
    country: 'FR',
    digest: 'd',
    contextTokens: 4096,
    nodeId: 'node_1',
    salt: new Uint8Array(32),
    decision: DECISION,
    resumed: null,
    timings: TIMINGS,
  };
  const part = new Part(7, { ...offer, isResumable, resume, tokenizer, stream }, doors, 0);
  return { part, doors, sent, settled, ends, told };
}

/** A part whose node has said `head` at 10 ms, and its body so far read to the end on demand. */
export async function openRunningPart(options?: Parameters<typeof openPart>[0]) {
  const opened = openPart(options);
  opened.part.onHead(10);
  const answer = await opened.part.answer;
  if (!(answer instanceof Response) || !answer.body) throw new Error('no response');
  const reader = answer.body.getReader();
  let isFailTold = false;
  /** The next chunk: its text, `alive` for a comment, the record that the last events tell, or how it broke off; `closed` at the end. */
  const readAny = async (): Promise<unknown[] | 'closed'> => {
    const { value } = await reader.read();
    if (value) return [tellChunk(new TextDecoder().decode(value), opened.ends.at(-1))];
    const fail = opened.told.find(({ kind }) => kind === 'fail');
    if (isFailTold || fail?.kind !== 'fail') return 'closed';
    isFailTold = true;
    return [fail.fail];
  };
  /** The same of the next chunk that holds more than the hub's word that it lives. */
  const read: typeof readAny = async () => {
    for (;;) {
      const told = await readAny();
      if (told === 'closed' || told.some((one) => one !== 'alive')) return told;
    }
  };
  const pieces = new ToldReader();
  /** What the edge is told of the tokens in the next chunk, where its home tells their ids. */
  const readTokens = async (): Promise<{ tokens: number; ids: readonly number[] | null }> => {
    const { value } = await reader.read();
    const [piece] = value ? pieces.push(value) : [];
    if (!piece) throw new Error('no piece');
    return { tokens: piece.tokens, ids: piece.tokenIds };
  };
  const say = (text: string, now: number, tokens = 1): void => {
    opened.part.onData({ events: event(text), tokens, tokenIds: null }, now);
    opened.part.flush(now);
  };
  const think = (text: string, now: number, tokens = 1): void => {
    const events = bytesOf(writer.thinking(text));
    opened.part.onData({ events, tokens, tokenIds: null, isThinking: true }, now);
    opened.part.flush(now);
  };
  return { ...opened, read, readAny, readTokens, say, think, leaveBody: () => reader.cancel() };
}

function tellChunk(text: string, end: EndRecord | undefined): unknown {
  if (text === new TextDecoder().decode(COMMENT_LINE)) return 'alive';
  if (text.includes(LAST_WORD)) return readLastWord(text.slice(text.indexOf(LAST_WORD)));
  if (!text.endsWith('data: [DONE]\n\n')) return text;
  // What the caller reads of the end is what was settled.
  if (!end || !text.includes(`"output_tokens":${end.outputTokens},`)) throw new Error(`the last events tell ${text}`);
  return end;
}
