// What a home says against a part, as its edge is told it, and whether it speaks against the home. Pure.
import type { Refusal, Work } from '../../schema/frames-to-hub.ts';
import type { OfferRefusal } from '../../schema/offer.ts';
import type { FailRecord } from '../../schema/records.ts';
import type { Breakage } from '../homes/cool-node.ts';
import { cleanReason } from './clean-reason.ts';

/** A `fault` frame, or what stands for one that could not be read. */
export interface PartFault {
  readonly code: string;
  /** The home's words. */
  readonly message?: string;
  readonly promptTokens?: number | undefined;
  readonly contextTokens?: number | undefined;
  readonly retryMs?: number | undefined;
  readonly work: Work | null;
}

export interface ReadFault {
  readonly code: FailRecord['code'];
  /** How the home failed; null where it is not the home's doing. */
  readonly blame: Breakage | null;
  /** True where the request cannot be taken as it is. */
  readonly isRequests: boolean;
  readonly message: string;
  readonly facts: Pick<FailRecord, 'reason' | 'promptTokens' | 'contextTokens'>;
  /** The home's model server takes nothing for so long, ms; null where it is not that which it failed by. */
  readonly heldMs: number | null;
}

/** A server that is busy and does not say how long is asked again after this long; one that does, after this long at most, ms: what callers are told. */
const UNTOLD_HELD_MS = 1000;
const MOST_HELD_MS = 10_000;

/** A field of the caller's, as a path. */
const FIELD = /^[a-z_][\w.[\]]{0,79}$/i;

/** `hasText`: some of the answer has come, so that the request cannot be wrong by its form. `offeredTokens`: the context that the home offers. */
export function readFault(fault: PartFault, part: { hasText: boolean; offeredTokens: number }): ReadFault {
  const { code, blame } = judgeCode(fault.code, part.hasText);
  const isRequests = code === 'context' || code === 'bad-request';
  const reason = cleanReason(fault.message ?? '');
  const numbers = code === 'context' ? readNumbers(fault, part.offeredTokens) : {};
  const message = isRequests ? 'the home cannot take this request' : 'the home failed';
  const heldMs = fault.code === 'busy' ? Math.min(MOST_HELD_MS, fault.retryMs ?? UNTOLD_HELD_MS) : null;
  return { code, blame, isRequests, message, facts: { ...(reason !== null && { reason }), ...numbers }, heldMs };
}

function judgeCode(code: string, hasText: boolean): Pick<ReadFault, 'code' | 'blame'> {
  switch (code) {
    case 'context':
      return { code, blame: null };
    case 'bad-request':
    case 'busy':
      return { code: hasText ? 'fault' : code, blame: null };
    case 'unreachable':
      return { code, blame: code };
    case 'no-model':
      // No prompt's fault, however many homes say it; the home's only where it is not one caller's name that no server has.
      return { code: 'unreachable', blame: 'fault' };
    case 'bad-end':
      return { code: 'protocol', blame: 'protocol' };
    default:
      return { code: 'fault', blame: 'fault' };
  }
}

/** How a home gave back a part that broke off so; null where that is told otherwise, or is nobody's doing. */
export function readGivenBack(
  code: FailRecord['code'],
  hasText: boolean,
): 'preempted' | 'slow' | 'refused' | 'doubted' | 'broken' | null {
  switch (code) {
    case 'preempted':
    case 'slow':
      return code;
    case 'busy':
      return 'refused';
    case 'context':
    case 'bad-request':
      return 'doubted';
    case 'fault':
      return hasText ? 'broken' : 'doubted';
    case 'lost':
    case 'unreachable':
    case 'first-token-timeout':
    case 'token-timeout':
    case 'protocol':
    case 'expired':
      return null;
  }
}

/** How a home gave back a part that it did not begin. */
export function readRefused(code: OfferRefusal['code']): 'refused' | 'declined' | null {
  if (code === 'silent') return null;
  return code === 'bad-request' ? 'declined' : 'refused';
}

/** A home cannot claim a longer context than it offers; where it tells none, what it offers stands, unless the prompt would fit in that. */
function readNumbers(fault: PartFault, offeredTokens: number): Pick<FailRecord, 'promptTokens' | 'contextTokens'> {
  const promptTokens = fault.promptTokens || undefined;
  const told = fault.contextTokens || undefined;
  const isOffered = told === undefined && offeredTokens <= (promptTokens ?? Infinity);
  const contextTokens = told === undefined ? (isOffered ? offeredTokens : undefined) : Math.min(told, offeredTokens);
  return { ...(promptTokens && { promptTokens }), ...(contextTokens && { contextTokens }) };
}

/** A `refuse` frame. Only of `bad-request` the words may be told to callers: in quotation marks, since they are the home's, and where the edge lets them. */
export function readRefusal({
  code,
  message,
  param,
}: Refusal): Pick<OfferRefusal, 'code' | 'message' | 'param' | 'reason'> {
  const field = FIELD.exec(param ?? '')?.[0] ?? null;
  if (code !== 'bad-request') return { code: code === 'busy' ? code : 'refused', message, param: field };
  const reason = cleanReason(message);
  return {
    code,
    message: `The home refused the request${reason === null ? '' : `: "${reason}"`}.`,
    param: field,
    reason,
  };
}
