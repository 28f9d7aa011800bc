// The jobs of each connection whose receipts are still to come. A home says at once what a job came to and seals its receipt a moment later with others:
// each is rebuilt here from its ticket, that word and its place in the home's chain, and together they have to grow to the root that was sealed.
import type { Hex } from '../../schema/bytes.ts';
import type { SignedReceipt, Work } from '../../schema/frames-to-hub.ts';
import { growTree } from '../../schema/merkle.ts';
import { USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { JobTicket, MessageSigner, UsageReceipt } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { SEAL_KIND } from '../../schema/seal.ts';
import type { ReceiptsFrame } from '../../schema/seal.ts';
import { UNRECEIPTED } from './door-limits.ts';
import { mostUnits } from './ticket-seals.ts';

const MOST_SEQ = 2n ** 64n - 1n;

/** A job as it was opened. */
export interface OpenedJob {
  readonly ticketHash: Hex;
  readonly ticket: JobTicket;
}

interface KnownJob<J> {
  readonly opened: J;
  work: Work | null;
  /** ms since epoch; null while it runs. */
  saidAt: number | null;
  units: number;
}

/** A receipt that was rebuilt and is under its seal; nobody has checked its signature yet. */
export interface RebuiltReceipt<J> {
  readonly opened: J;
  readonly signed: SignedReceipt;
}

interface Connection<J> {
  readonly jobs: Map<number, KnownJob<J>>;
  /** Those that have ended, the first first. */
  readonly ended: Map<number, KnownJob<J>>;
  units: number;
}

export class JobReceipts<J extends OpenedJob> {
  readonly #signer: MessageSigner;
  readonly #connections = new Map<object, Connection<J>>();
  /** Where each job is known, by its ticket. */
  readonly #places = new Map<Hex, { readonly socket: object; readonly job: number }>();

  constructor(signer: MessageSigner) {
    this.#signer = signer;
  }

  /** A job was given to the home of this connection. */
  begin(socket: object, job: number, opened: J): void {
    const connection = this.#connections.get(socket) ?? { jobs: new Map(), ended: new Map(), units: 0 };
    this.#connections.set(socket, connection);
    connection.jobs.set(job, { opened, work: null, saidAt: null, units: 0 });
    this.#places.set(opened.ticketHash, { socket, job });
    // A job whose end its home never tells has no receipt either: the oldest of many is given up.
    if (connection.jobs.size > UNRECEIPTED.known)
      for (const oldest of connection.jobs.keys()) return this.#drop(connection, oldest);
  }

  isKnown(socket: object, job: number): boolean {
    return this.#connections.get(socket)?.jobs.has(job) ?? false;
  }

  /** What the home says a job came to, its first word only; null where no receipt follows. */
  noteWork(socket: object, job: number, { work, now }: { readonly work: Work | null; readonly now: number }): void {
    const connection = this.#connections.get(socket);
    const known = connection?.jobs.get(job);
    if (!connection || !known || known.saidAt !== null) return;
    if (!work) return this.#drop(connection, job);
    const most = mostUnits(known.opened.ticket);
    known.work = work;
    known.saidAt = now;
    known.units = work.amount < BigInt(most) ? Number(work.amount) : most;
    connection.ended.set(job, known);
    connection.units += known.units;
  }

  /**
   * The receipts of a frame. Errors: a job that did not end on this connection, listed twice or receipted before; a seal of another kind, node or
   * total; receipts that do not grow to its root. Such a frame changes nothing.
   */
  take(socket: object, frame: ReceiptsFrame): Result<RebuiltReceipt<J>[], string> {
    const connection = this.#connections.get(socket);
    const jobs = frame.jobs.map((job) => connection?.ended.get(job));
    if (!connection || new Set(frame.jobs).size !== frame.jobs.length) return err('a job is listed twice');
    const known = jobs.filter((job) => job !== undefined);
    if (known.length !== jobs.length) return err('a job is listed that did not end here, or has its receipt');
    // Numbers are 64 bits wide.
    if (frame.seq + BigInt(known.length) > MOST_SEQ) return err('the numbers end there');
    const rebuilt = this.#rebuild(known, frame);
    const fault = judgeSeal(frame, rebuilt.receipts);
    if (fault) return err(fault);
    const { root, proofs } = growTree(rebuilt.digests);
    if (root !== frame.seal.root) return err('the receipts do not grow to the root of their seal');
    for (const job of frame.jobs) this.#drop(connection, job);
    const { seal, signature } = frame;
    return ok(
      known.flatMap(({ opened }, index) => {
        const receipt = rebuilt.receipts[index];
        const proof = [...(proofs[index] ?? [])];
        return receipt ? [{ opened, signed: { receipt, signature, sealed: { seal, proof } } }] : [];
      }),
    );
  }

  /** The connection is gone: what of its jobs had ended and has no receipt. */
  leave(socket: object): J[] {
    const connection = this.#connections.get(socket);
    this.#connections.delete(socket);
    for (const { opened } of connection?.jobs.values() ?? []) this.#places.delete(opened.ticketHash);
    return connection ? [...connection.ended.values()].map(({ opened }) => opened) : [];
  }

  /** The job never ran, or broke off without a word of what it came to. */
  drop(socket: object, job: number): void {
    const connection = this.#connections.get(socket);
    if (connection) this.#drop(connection, job);
  }

  /** What became of its receipt has been told, whichever way it came: a frame that could not be used leaves its home nothing to make good. */
  forget(ticketHash: Hex): void {
    const place = this.#places.get(ticketHash);
    if (place) this.drop(place.socket, place.job);
  }

  /** True where more is waited for than a home may owe: so many receipts, of so much worth, or one for so long. */
  isBehind(socket: object, now: number): boolean {
    const connection = this.#connections.get(socket);
    if (!connection) return false;
    const { ended, units } = connection;
    if (ended.size >= UNRECEIPTED.parts || units >= UNRECEIPTED.units) return true;
    for (const { saidAt } of ended.values()) return now - (saidAt ?? now) >= UNRECEIPTED.ageMs;
    return false;
  }

  #rebuild(
    known: readonly KnownJob<J>[],
    { seq, prevReceipt }: ReceiptsFrame,
  ): { receipts: UsageReceipt[]; digests: Hex[] } {
    const receipts: UsageReceipt[] = [];
    const digests: Hex[] = [];
    for (const { opened, work } of known) {
      if (!work) continue;
      const place = { seq: seq + BigInt(receipts.length), prevReceipt: digests.at(-1) ?? prevReceipt };
      // In the order of its fields, as it is packed.
      const receipt = { ticketHash: opened.ticketHash, node: opened.ticket.node, ...place, ...work };
      receipts.push(receipt);
      digests.push(this.#signer.hash(USAGE_RECEIPT, receipt));
    }
    return { receipts, digests };
  }

  #drop(connection: Connection<J>, job: number): void {
    const ended = connection.ended.get(job);
    if (ended) connection.units -= ended.units;
    const known = connection.jobs.get(job);
    if (known) this.#places.delete(known.opened.ticketHash);
    connection.ended.delete(job);
    connection.jobs.delete(job);
  }
}

function judgeSeal({ seal }: ReceiptsFrame, receipts: readonly UsageReceipt[]): string | null {
  if (seal.kind !== SEAL_KIND.receipts) return 'the seal is of no receipts';
  if (receipts.some(({ node }) => node !== seal.node)) return 'the seal is of another node';
  return receipts.reduce((sum, { amount }) => sum + amount, 0n) === seal.total ? null : 'the seal tells another total';
}
