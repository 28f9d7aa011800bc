// The body of a part as its edge needs it: a stream for the caller, and of the same bytes what the edge keeps to go on from and to see the end by.

/** More than this of a part is not kept, and an answer that long is not continued where its hub dies: edges hold many jobs. */
export const MAX_KEPT_BYTES = 256 * 1024;

export interface PartBody {
  /** What the caller is given. */
  readonly stream: ReadableStream<Uint8Array>;
  /** What was kept so far, in order; nothing once it was too much. */
  readonly kept: Uint8Array;
  readonly isTooLong: boolean;
  /** True once any byte has come. */
  readonly hasBegun: boolean;
  /** Since when it is waited for more of it, ms since epoch; null while nobody waits. */
  readonly waitingSinceAt: number | null;
  /** The ids of its text's tokens; null where its home does not tell them. */
  readonly tokenIds: readonly number[] | null;
  /** Resolves when the first bytes have come, or it has ended without any. */
  begin(): Promise<void>;
  /** Called about once a second: takes what has come meanwhile. */
  look(): void;
  /** Resolves when all is kept that will ever come; call it once the caller has been given all. */
  finish(): Promise<void>;
  /** Nothing of it is waited for any longer. */
  cancel(): void;
}

/** What the caller's stream lacks behind a part that was passed on. */
export interface PartRest {
  /** It completes an event that its hub has not. */
  readonly missing: Uint8Array;
  /** Comments were the last of it. */
  readonly isSilent: boolean;
}
