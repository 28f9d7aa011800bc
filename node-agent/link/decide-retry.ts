// What to do after a connection failed or ended: how long to stay away and what to tell the owner. Pure.
import { CLOSE } from '../../schema/frames.ts';
import { endSentence } from './tell-network-fault.ts';
import { computeBackoff, RECONNECT, UNWANTED } from './compute-backoff.ts';

/** How an attempt to be connected ended. */
export type LinkOutcome =
  /** The router answered the dial or the enrolment with an HTTP error; `code` is its OpenAI-shaped error code. */
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly code: string | null;
      /** Which field it is about, where it is one. */
      readonly param?: string;
      readonly message: string;
      readonly retryAfterMs: number | null;
    }
  | { readonly kind: 'network'; readonly message: string }
  /** The hub said why in an `error` frame. */
  | {
      readonly kind: 'error-frame';
      readonly code: string;
      readonly message: string;
      readonly retryMs: number | null;
      readonly isFinal: boolean;
    }
  | { readonly kind: 'closed'; readonly closeCode: number; readonly reason: string }
  /** The hub asked to dial again, at once. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'silent'; readonly message: string }
  /** What the router said of this home could not be written: it is asked again. */
  | { readonly kind: 'unkept'; readonly message: string };

export interface RetryPlan {
  readonly waitMs: number;
  readonly sentence: string;
  /** True when the owner has to do something. */
  readonly isForOwner: boolean;
}

interface RetryFacts {
  readonly outcome: LinkOutcome;
  /** Failures in a row before this one. */
  readonly attempt: number;
  /** Moves in a row before this one, without a steady connection between them. */
  readonly moves?: number;
  /** In [0, 1). */
  readonly random: number;
}

/** Areas that split and merge may move a node twice; a node that is sent round in circles must not dial as fast as it can. */
const FREE_MOVES = 3;
const REPLACED_WAIT_MS = 60_000;
/** What a hub says to a home that it sends away for sending too much. */
const TOO_MUCH = 'too-much';
const SECOND_AGENT =
  'Another agent is connected with the key of this node. Stop one of the two, or give each its own --state folder and code.';

/** The wait grows with every failure in a row; a wait that the router named is kept, with jitter on top. */
export function decideRetry({ outcome, attempt, moves = 0, random }: RetryFacts): RetryPlan {
  const soon = computeBackoff(RECONNECT, attempt, random);
  switch (outcome.kind) {
    case 'moved':
      return {
        // Being moved is no failure, whatever failed before it.
        waitMs: moves < FREE_MOVES ? 0 : computeBackoff(RECONNECT, moves - FREE_MOVES + 1, random),
        sentence: 'The network moved this node to another hub.',
        isForOwner: false,
      };
    case 'network':
      return {
        waitMs: soon,
        sentence: `The router cannot be reached: ${endSentence(outcome.message)}`,
        isForOwner: false,
      };
    case 'unkept':
      return {
        waitMs: soon,
        sentence: `What the router says of this home cannot be kept: ${endSentence(outcome.message)} Make room in the state folder.`,
        isForOwner: true,
      };
    case 'silent':
      return { waitMs: soon, sentence: outcome.message, isForOwner: false };
    case 'closed':
      if (outcome.closeCode === CLOSE.revoked)
        return planAfterRefusal({ code: 'node_revoked', message: outcome.reason }, null, true, { attempt, random });
      if (outcome.closeCode === CLOSE.tooMuch)
        return planAfterRefusal({ code: TOO_MUCH, message: outcome.reason }, null, true, { attempt, random });
      return planAfterClose(outcome.closeCode, outcome.reason, soon);
    case 'http':
      return planAfterRefusal(outcome, outcome.retryAfterMs, outcome.status === 401 || outcome.status === 403, {
        attempt,
        random,
      });
    case 'error-frame':
      return planAfterRefusal(outcome, outcome.retryMs, outcome.isFinal, { attempt, random });
  }
}

function planAfterClose(closeCode: number, reason: string, soonMs: number): RetryPlan {
  if (closeCode === CLOSE.replaced) {
    return {
      waitMs: REPLACED_WAIT_MS,
      sentence: `${SECOND_AGENT} This one stays away for a minute.`,
      isForOwner: true,
    };
  }
  const why = reason === '' ? `code ${closeCode}` : `code ${closeCode}, ${reason}`;
  return { waitMs: soonMs, sentence: `The connection ended (${why}).`, isForOwner: false };
}

function planAfterRefusal(
  refusal: { readonly code: string | null; readonly message: string },
  retryMs: number | null,
  isFinal: boolean,
  dice: { readonly attempt: number; readonly random: number },
): RetryPlan {
  const ours = computeBackoff(isFinal ? UNWANTED : RECONNECT, dice.attempt, dice.random);
  const theirs = retryMs === null ? 0 : Math.min(retryMs, UNWANTED.capMs) * (1 + dice.random / 4);
  return {
    waitMs: Math.max(ours, Math.floor(theirs)),
    sentence: explainRefusal(refusal.code, refusal.message),
    isForOwner: isFinal || refusal.code === TOO_MUCH,
  };
}

function explainRefusal(code: string | null, message: string): string {
  if (code === 'node_elsewhere') return SECOND_AGENT;
  if (code === 'protocol-version') return `${message.charAt(0).toUpperCase()}${message.slice(1).replace(/\.$/, '')}.`;
  if (code === 'other-origin')
    return `The router does not take the address that it was dialled at: ${message}. Start with --router and the address that its operator gave you.`;
  if (code === TOO_MUCH)
    return `The hub sent this node away for a while: ${message}. If this goes on, update the agent, and tell the network what it runs.`;
  if (code === 'node_unenrolled')
    return 'The router does not know this node. Ask for a new code and start again with `irori-node up --code CODE`.';
  if (code === 'node_revoked')
    return `This node was revoked by its owner account or the network (${message}). Ask there why; a new key can be enrolled with a new --state folder and a new code.`;
  // A refusal of a router's own has a code.
  if (code === null)
    return `What answers at the router's address does not answer like an Irori router (${message}): is --router right, or does a proxy stand before it?`;
  return `The router refused the connection: ${message} (${code}).`;
}
