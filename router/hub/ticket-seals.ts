// Tickets on their way under a seal: a job's frame leaves at once, and one signature for what is due together follows it. While few jobs run that is the
// next turn; else a little later, within bounds of how many wait, what they may cost and for how long.
import type { Hex } from '../../schema/bytes.ts';
import { encodeFrame } from '../../schema/frames.ts';
import { computeCharge } from '../../schema/prices.ts';
import type { JobTicket, MadeSeal } from '../../schema/receipt.ts';
import { chainOfHub, encodeSealFrame, SEAL_KIND } from '../../schema/seal.ts';
import type { Seal, Sealed } from '../../schema/seal.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { TICKET_SEALS } from './door-limits.ts';

/** A ticket that its home has been sent and nobody has signed yet. */
export interface UnsealedTicket {
  readonly socket: { readonly send: (frame: Uint8Array) => void };
  /** The job's number on that socket. */
  readonly job: number;
  readonly ticket: JobTicket;
  readonly ticketHash: Hex;
  readonly onSealed: (signature: Hex, sealed: Sealed) => void;
}

export interface TicketSealsDoors {
  readonly hub: string;
  readonly seal: (facts: Omit<Seal, 'count' | 'root'>, digests: readonly Hex[]) => MadeSeal;
  readonly hashSeal: (seal: Seal) => Hex;
  /** The next number of this hub's chain; never the same twice. */
  readonly nextNumber: () => number;
  /** Jobs that run here. */
  readonly running: () => number;
  readonly now: () => number;
  readonly later: (ms: number, run: () => void) => void;
  readonly onError: (error: unknown) => void;
}

export class TicketSeals {
  readonly #doors: TicketSealsDoors;
  readonly #chain: Hex;
  #waiting: UnsealedTicket[] = [];
  #units = 0;
  #sinceAt = 0;
  #isRung = false;
  /** The zero word where it is not known any more. */
  #previous: Hex = ZERO_WORD;

  constructor(doors: TicketSealsDoors) {
    this.#doors = doors;
    this.#chain = chainOfHub(doors.hub);
  }

  /** Tickets that wait. */
  get size(): number {
    return this.#waiting.length;
  }

  add(ticket: UnsealedTicket): void {
    const { now, running } = this.#doors;
    if (this.#waiting.length === 0) this.#sinceAt = now();
    this.#waiting.push(ticket);
    this.#units += mostUnits(ticket.ticket);
    const { most, units, everyMs, atOnceBelow } = TICKET_SEALS;
    const isOver = this.#waiting.length >= most || this.#units >= units || now() - this.#sinceAt >= everyMs;
    if (isOver) this.flush();
    else this.#ring(running() < atOnceBelow ? 0 : everyMs);
  }

  /** Seals what waits now: whoever needs a ticket's signature may ask. */
  flush(): void {
    const tickets = this.#waiting;
    if (tickets.length === 0) return;
    const total = BigInt(this.#units);
    this.#waiting = [];
    this.#units = 0;
    try {
      this.#seal(tickets, total);
    } catch (error) {
      // Their homes turn these jobs down when no signature comes.
      this.#doors.onError(error);
    }
  }

  #seal(tickets: readonly UnsealedTicket[], total: bigint): void {
    const { seal: sign, hashSeal, nextNumber, now } = this.#doors;
    const facts = {
      kind: SEAL_KIND.tickets,
      node: this.#chain,
      number: BigInt(nextNumber()),
      previous: this.#previous,
      total,
      atMs: BigInt(now()),
    };
    const { seal, signature, proofs } = sign(
      facts,
      tickets.map(({ ticketHash }) => ticketHash),
    );
    this.#previous = hashSeal(seal);
    const bySocket = new Map<UnsealedTicket['socket'], { job: number; proof: readonly Hex[] }[]>();
    for (const [index, { socket, job, onSealed }] of tickets.entries()) {
      const proof = proofs[index] ?? [];
      onSealed(signature, { seal, proof: [...proof] });
      const jobs = bySocket.get(socket);
      if (jobs) jobs.push({ job, proof });
      else bySocket.set(socket, [{ job, proof }]);
    }
    for (const [socket, jobs] of bySocket)
      socket.send(encodeFrame('tickets', { payload: encodeSealFrame({ seal, signature, jobs }) }));
  }

  #ring(ms: number): void {
    if (this.#isRung) return;
    this.#isRung = true;
    this.#doors.later(ms, () => {
      this.#isRung = false;
      this.flush();
    });
  }
}

/** What a ticket allows at most, in units. */
export function mostUnits({ priceIn, priceOut, maxPromptTokens, maxOutputTokens }: JobTicket): number {
  const price = { priceIn: Number(priceIn), priceOut: Number(priceOut) };
  return computeCharge(price, { promptTokens: maxPromptTokens, outputTokens: maxOutputTokens });
}
