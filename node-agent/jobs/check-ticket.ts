// Whether a job's ticket lets this node do the work. Pure; the signature is checked apart, since that costs a curve operation.
import type { Hex } from '../../schema/bytes.ts';
import type { Refusal } from '../../schema/frames-to-hub.ts';
import type { JobRequest } from '../../schema/job-request.ts';
import type { JobTicket } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

interface TicketFacts {
  readonly ticket: JobTicket;
  readonly request: JobRequest;
  /** This node's address. */
  readonly node: Hex;
  /** The router's time in ms since epoch, as its challenge told it: the home's own clock may be wrong. */
  readonly now: number;
}

/** Checks who the ticket is for, that it still holds, and that the request keeps its limits. */
export function checkTicket({ ticket, request, node, now }: TicketFacts): Result<null, Refusal> {
  if (ticket.node !== node) return refuse('The ticket is for another node.');
  if (ticket.expiresAtMs <= BigInt(Math.floor(now))) return refuse('The ticket has expired.');
  if (request.maxTokens > ticket.maxOutputTokens)
    return refuse('The request asks for more tokens than its ticket allows.');
  return ok(null);
}

function refuse(message: string): Result<null, Refusal> {
  return err({ code: 'bad-ticket', message });
}
