// How much one home, one address and all of them together may ask of a hub's door: every number stands here. What goes beyond is told in
// .github/SECURITY.md. Points are of the hub's CPU, about 10 µs each (measure-work.ts says what costs how many).

/** Bytes of a message at most. An honest agent sends at once what half of it holds. */
export const MAX_MESSAGE_BYTES_OF_NODE = 1024 * 1024;
/** The one message that a home sends before it has proved who it is. */
export const MAX_HELLO_BYTES = 4096;
/** A payload of JSON; the longest honest one lists 512 running jobs. */
export const MAX_JSON_BYTES = 64 * 1024;

/** Points that a home may use beside its jobs, over all its connections; its jobs bring it more. */
export const HOME_POINTS = { brim: 10_000, perS: 1500 } as const;
/** Points that each job brings: at once, and in each second that it runs. An agent sends at most 50 frames a second of a job. */
export const JOB_POINTS = { once: 2000, perS: 500 } as const;

/** Proofs of who a home is, in all: each costs a signature's check. */
export const PROOFS = { brim: 1000, perS: 200 } as const;
/** Wrong proofs from one address whose dials had no token. */
export const BAD_PROOFS = { brim: 20, perS: 1 } as const;

/** Dials that have not proved yet who they are; whoever has most of them loses its oldest. */
export const MAX_UNPROVEN = 256;
export const MAX_UNPROVEN_OF_ADDRESS = 64;
/** Of one node from one address: an agent has one. */
export const MAX_UNPROVEN_OF_PAIR = 4;

/** Lines that were closed and whose other end does not hang up, beyond which nobody, or nobody of the address, dials without a token. */
export const MAX_LINGERING = 16_384;
export const MAX_LINGERING_OF_ADDRESS = 64;
export const LINGERING_RETRY_MS = 30_000;

/** So many homes of one address that were sent away keep its dials without a token out too. */
export const FLOODS_OF_ADDRESS = 4;
/** Being sent away again within this time lasts twice as long each time, up to so long. */
export const FLOODS_KEPT_MS = 3_600_000;
export const MAX_SHUT_OUT_MS = 600_000;

/** Answers of kind `error`; beyond them a home is not told what cannot be read. */
export const ERRORS_TOLD = { brim: 200, perS: 10 } as const;

/** Bytes sent to a home that it has not shown to have read: asked for each so many; no new job above the second; closed above the third. */
export const UNREAD_MARK_BYTES = 128 * 1024;
export const UNREAD_FULL_BYTES = 2 * 1024 * 1024;
export const UNREAD_CLOSE_BYTES = 5 * 1024 * 1024;

/** States of one home: so many at once, then one in each so many ms, the newest. */
export const STATES = { brim: 4, perS: 4 } as const;
/** Presence and the area hear of changes at most this often. */
export const PUBLISH_EVERY_MS = 100;

/** Late receipts: how many of one home and in all are asked of node accounts at once, and how many may wait. */
export const LATE_AT_ONCE = 4;
export const LATE_AT_ONCE_IN_ALL = 32;
export const LATE_WAITING = 128;
export const LATE_WAITING_IN_ALL = 2048;

/** Tickets that wait for their seal: none longer than a turn while fewer jobs than `atOnceBelow` run; else so many, worth so many units at most, so long. */
export const TICKET_SEALS = { atOnceBelow: 6, most: 64, units: 100_000_000, everyMs: 8 } as const;
/**
 * Ended parts of a home whose receipts have not come: beyond so many, worth so many units, or one so old, it is given no job. `known`: jobs of one
 * connection that are remembered until their receipts come.
 */
export const UNRECEIPTED = { parts: 256, units: 20_000_000, ageMs: 10_000, known: 1024 } as const;
