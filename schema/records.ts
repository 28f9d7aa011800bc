// What a hub writes to an edge as the body of one part: length-prefixed records, so the edge forwards bytes it never has to parse.
// Record: u8 kind, u32 length (big-endian), payload. Head, end and fail hold JSON. `data` and `thinking` hold u32 tokens, u32 count of token ids (0
// where the home does not tell them), the ids (u32 each) and complete events.
// `alive` holds nothing: the hub lives, and what it waits for has not come yet.
import type { FinalFacts, FinishReason } from './chunks.ts';
import type { Decision } from './placement.ts';
import type { PartBill, ResumeClass } from './settlement.ts';

export const RECORD = { head: 1, data: 2, end: 3, fail: 4, alive: 5, thinking: 6 } as const;
export type RecordKind = (typeof RECORD)[keyof typeof RECORD];
const HEADER_BYTES = 5;
const DATA_HEADER_BYTES = 8;
const MAX_RECORD_BYTES = 8 * 1024 * 1024;

/** Says that the hub is there while there is nothing else to say. */
export const ALIVE_RECORD: Uint8Array = Uint8Array.of(RECORD.alive, 0, 0, 0, 0);

/** Which home took the part. */
export interface HeadRecord {
  readonly node: string;
  readonly country: string;
  readonly digest: string;
  readonly decision: Decision;
  /** How it goes on; null where the part begins the answer. */
  readonly resumed: ResumeClass | null;
}

/** What the hub settled of a part. */
export interface PartCounts {
  /** Prompt tokens that the caller sent: the answer so far, where the part went on with one, is not among them. */
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Thinking, among the output tokens. */
  readonly thinkingTokens: number;
  /** The same line of the job's bill that the caller's account makes of the settlement. */
  readonly bill: PartBill;
}

/** How the part ended well, with the counts that are charged. */
export interface EndRecord extends PartCounts {
  readonly finish: FinishReason;
  readonly ttftMs: number | null;
  readonly receiptHash: FinalFacts['receipt_hash'];
}

/** Why the part broke off. */
export interface FailRecord {
  readonly code:
    | 'lost'
    | 'preempted'
    | 'fault'
    | 'unreachable'
    | 'busy'
    | 'first-token-timeout'
    | 'token-timeout'
    | 'expired'
    | 'slow'
    | 'protocol'
    | 'context'
    | 'bad-request';
  readonly message: string;
  /** What the home's model server said, cleaned by the hub; its own words, never ours. Absent where it said nothing. */
  readonly reason?: string;
  /** For `context`, as far as it is known: what the prompt holds, and what the home's model takes in all. */
  readonly promptTokens?: number;
  readonly contextTokens?: number;
  /** For `busy`: when the home's model server may take a job again, ms from now; absent where jobs of this network keep it busy, whose end is waited for. */
  readonly retryMs?: number;
  /** True where the part was the job's last and what the caller has read of it is charged: its hub has the last word. */
  readonly isCharged?: boolean;
  /** What the hub settled as delivered, to be charged if the answer goes on elsewhere; null where nothing is charged whatever follows. */
  readonly delivered: PartCounts | null;
}

/** Events of one frame with the tokens that made them. */
export interface DataPiece {
  readonly events: Uint8Array;
  readonly tokens: number;
  /** Null where the home does not tell them. */
  readonly tokenIds: readonly number[] | null;
  /** True where the events are thinking: none of the answer's text is in them. */
  readonly isThinking?: boolean;
}

export interface PartRecord {
  readonly kind: number;
  readonly payload: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One record of pieces that belong together, all thinking or all text: they are joined once, here. Ids travel only where every piece has them. */
export function encodeDataRecord(pieces: readonly DataPiece[]): Uint8Array {
  let tokens = 0;
  let bytes = 0;
  let hasIds = true;
  for (const piece of pieces) {
    tokens += piece.tokens;
    bytes += piece.events.length;
    hasIds &&= piece.tokenIds !== null;
  }
  const ids = hasIds ? pieces.flatMap((piece) => piece.tokenIds ?? []) : [];
  const length = DATA_HEADER_BYTES + 4 * ids.length + bytes;
  const record = new Uint8Array(HEADER_BYTES + length);
  writeHeader(record, pieces[0]?.isThinking ? RECORD.thinking : RECORD.data, length);
  const view = new DataView(record.buffer, HEADER_BYTES);
  view.setUint32(0, tokens);
  view.setUint32(4, ids.length);
  ids.forEach((id, i) => view.setUint32(DATA_HEADER_BYTES + 4 * i, id));
  let at = HEADER_BYTES + DATA_HEADER_BYTES + 4 * ids.length;
  for (const { events } of pieces) {
    record.set(events, at);
    at += events.length;
  }
  return record;
}

/** What a data or thinking record holds; the events are a view into it. Written by our own hub, so its shape is trusted. */
export function readDataRecord(record: PartRecord): DataPiece {
  const { payload } = record;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const tokens = view.getUint32(0);
  const idCount = view.getUint32(4);
  const tokenIds =
    idCount === 0 && tokens > 0
      ? null
      : Array.from({ length: idCount }, (_, i) => view.getUint32(DATA_HEADER_BYTES + 4 * i));
  const events = payload.subarray(DATA_HEADER_BYTES + 4 * idCount);
  return { tokens, tokenIds, events, isThinking: record.kind === RECORD.thinking };
}

/** A record that holds JSON. */
export function encodeJsonRecord(kind: RecordKind, value: HeadRecord | EndRecord | FailRecord): Uint8Array {
  const payload = encoder.encode(JSON.stringify(value));
  const record = new Uint8Array(HEADER_BYTES + payload.length);
  writeHeader(record, kind, payload.length);
  record.set(payload, HEADER_BYTES);
  return record;
}

function writeHeader(record: Uint8Array, kind: number, length: number): void {
  const view = new DataView(record.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, length);
}

/** The JSON of a head, end or fail record: written by our own hub, so its shape is trusted. */
export function readRecordJson<T extends HeadRecord | EndRecord | FailRecord>(record: PartRecord): T {
  return JSON.parse(decoder.decode(record.payload)) as T;
}

/** Takes body chunks as they come, however they are split, and gives back the complete records so far. */
export class RecordReader {
  #rest: Uint8Array | null = null;

  /** Complete records in order. Throws RangeError when the stream is not a record stream (a bug, never a caller's doing). */
  push(chunk: Uint8Array): PartRecord[] {
    const bytes = this.#rest ? join(this.#rest, chunk) : chunk;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const records: PartRecord[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = view.getUint32(at + 1);
      if (length > MAX_RECORD_BYTES) throw new RangeError('a record is longer than any hub writes');
      if (bytes.length - at - HEADER_BYTES < length) break;
      records.push({ kind: view.getUint8(at), payload: bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length) });
      at += HEADER_BYTES + length;
    }
    this.#rest = at === bytes.length ? null : bytes.subarray(at);
    return records;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a, 0);
  all.set(b, a.length);
  return all;
}
