// What a hub tells an edge of one part: who runs it, in the head of its response; how it ended, in the last events of its body, or where it broke off,
// once the edge asks. The body itself is what the caller reads, byte for byte.
import type { FinalFacts, FinishReason } from './chunks.ts';
import type { PartEnergy } from './energy-told.ts';
import { parseJson } from './json.ts';
import type { Decision } from './placement.ts';
import type { PartBill, ResumeClass } from './settlement.ts';

/** Which home took the part: HEAD_HEADER of a granted part. */
export interface HeadRecord {
  readonly node: string;
  readonly country: string;
  readonly digest: string;
  readonly decision: Decision;
  /** How it goes on; null where the part begins the answer. */
  readonly resumed: ResumeClass | null;
  /** Samplers of the request that the home's server does not take: LACKING_HEADER. */
  readonly lacking?: readonly string[];
}

/** What a part adds to the answer. */
export type OutputCounts = Pick<PartCounts, 'outputTokens' | 'thinkingTokens'>;

/** What the hub settled of a part. */
export interface PartCounts {
  /** Prompt tokens that the caller sent: the answer so far, where the part went on with one, is not among them. */
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Thinking, among the output tokens. */
  readonly thinkingTokens: number;
  /** The same line of the job's bill that the caller's account makes of the settlement. */
  readonly bill: PartBill;
  /** As far as it is believed; null where nobody knows it, absent where its hub is of a version that does not tell. */
  readonly energy?: PartEnergy | null;
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
  /** True where the events are calls of tools. */
  readonly isCalls?: boolean;
}

/** What an edge hears that asks what became of a part whose body has ended without a last word, or was too long to be read along. */
export type PartTold =
  | { readonly kind: 'running' }
  | { readonly kind: 'end'; readonly end: EndRecord }
  /** It was complete, and is charged whatever follows; its hub has lost its memory since, and its last words may have reached nobody. */
  | {
      readonly kind: 'settled';
      readonly end: EndRecord;
      /** Units. */
      readonly charge: number;
      /** Of all its bytes behind the salt, SHA-256; null where it was not written down. */
      readonly digest: { readonly salt: string; readonly hash: string } | null;
    }
  | {
      readonly kind: 'fail';
      readonly fail: FailRecord;
      /** By its home's frames, as far as they are believed: output tokens, and thinking among them. */
      readonly outputTokens: number;
      readonly thinkingTokens: number;
      /** What the caller was given of it. */
      readonly hasText: boolean;
      readonly hasThinking: boolean;
      /** Of an answer that is no stream, and whose home tells them: the ids of all its tokens. */
      readonly tokenIds?: readonly number[] | null;
    };

/** The last event of a part whose caller waits for the whole answer. It never reaches the caller. */
export function encodeLastWord(told: PartTold): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify({ told })}\n\n`);
}

/** How that event begins. No home's event begins so. */
export const LAST_WORD = 'data: {"told":';

/** The same, read back from its event; null where it was cut short, since its hub died. Written by our own hub, so its shape is trusted. */
export function readLastWord(event: string): PartTold | null {
  const json = parseJson(event.slice('data: '.length)) as { told: PartTold } | undefined;
  return json?.told ?? null;
}

const encoder = new TextEncoder();
