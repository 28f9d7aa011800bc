// What a test's hub knows of its jobs: their tickets, what they came to, the receipts that it builds from that, and the acceptances that it gives.
import type { Hex } from '../../schema/bytes.ts';
import type { SignedReceipt, Work } from '../../schema/frames-to-hub.ts';
import { endSchema, faultSchema, lateReceiptSchema } from '../../schema/frames-to-hub.ts';
import type { FrameName } from '../../schema/frames.ts';
import { growTree } from '../../schema/merkle.ts';
import { ACCEPTANCE, toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { UsageReceipt } from '../../schema/receipt.ts';
import { SEAL_KIND, toSealedJson } from '../../schema/seal.ts';
import type { ReceiptsFrame } from '../../schema/seal.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { rebuildReceipts, ROUTER_KEY, signer } from './hub-seals.ts';

interface HeardFrame {
  readonly name: FrameName;
  readonly job: number;
  readonly json: unknown;
  readonly receipts: ReceiptsFrame | null;
}

export class HubLedger {
  /** Receipts in the order in which they came, and the `receipts` frames that they came with. */
  readonly receipts: UsageReceipt[] = [];
  readonly frames: ReceiptsFrame[] = [];
  readonly #given = new Map<number, { ticketHash: Hex; work?: Work }>();
  #accepted = 0n;
  #amount = 0n;

  give(job: number, ticketHash: Hex): void {
    this.#given.set(job, { ticketHash });
  }

  /** Takes what a frame says of jobs and receipts; gives the receipts that came with it. */
  take({ name, job, json, receipts: frame }: HeardFrame, node: Hex): UsageReceipt[] {
    if (name === 'end' || name === 'fault')
      this.#noteWork(job, name === 'end' ? endSchema.parse(json) : faultSchema.parse(json));
    const fresh =
      name === 'receipt' ? [lateReceiptSchema.parse(json).receipt] : frame ? this.#rebuild(frame, node) : [];
    this.receipts.push(...fresh);
    return fresh;
  }

  /** A job's receipt with its place under its seal; null before it came. */
  signedOf(job: number): SignedReceipt | null {
    const frame = this.frames.find(({ jobs }) => jobs.includes(job));
    const receipt = this.#receiptOf(job);
    if (!frame || !receipt) return null;
    const { seal, signature, jobs } = frame;
    const hashes = jobs.map((one) => signer.hash(USAGE_RECEIPT, this.#receiptOf(one) ?? receipt));
    return { receipt, signature, sealed: { seal, proof: [...(growTree(hashes).proofs[jobs.indexOf(job)] ?? [])] } };
  }

  /** The `accepted` frame of one receipt, in full. */
  accept(receipt: UsageReceipt): object {
    this.#accepted += 1n;
    this.#amount += receipt.amount;
    const { node, promptTokens, outputTokens, amount, ticketHash } = receipt;
    const acceptance = {
      receiptHash: signer.hash(USAGE_RECEIPT, receipt),
      node,
      promptTokens,
      outputTokens,
      amount,
      status: 0,
      epoch: 1,
      count: this.#accepted,
      cumulativeAmount: this.#amount,
    };
    const kind = SEAL_KIND.acceptances;
    const chain = { kind, node, number: this.#accepted, previous: ZERO_WORD, total: this.#amount, atMs: 1n };
    const { seal, signature } = signer.seal(chain, [signer.hash(ACCEPTANCE, acceptance)], ROUTER_KEY);
    const answer = { ticketHash, acceptance: toMessageJson(acceptance), proof: [], reason: null };
    return { seal: toSealedJson({ seal, proof: [] }).seal, signature, answers: [answer] };
  }

  #noteWork(job: number, { work }: { readonly work: Work | null }): void {
    const given = this.#given.get(job);
    if (given && work) given.work = work;
  }

  #rebuild(frame: ReceiptsFrame, node: Hex): UsageReceipt[] {
    this.frames.push(frame);
    return rebuildReceipts(frame, node, (job) => {
      const { ticketHash, work } = this.#given.get(job) ?? {};
      if (!ticketHash || !work) throw new Error(`a receipt of job ${job}, which has not ended`);
      return { ticketHash, work };
    });
  }

  #receiptOf(job: number): UsageReceipt | undefined {
    return this.receipts.find(({ ticketHash }) => ticketHash === this.#given.get(job)?.ticketHash);
  }
}
