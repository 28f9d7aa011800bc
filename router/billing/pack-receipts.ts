// Accepted receipts of one batch in a few bytes: what they share (seals, hashes beside each other's ways to the root, one's hash as the next one's
// predecessor) stands once. Pure.
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { ACCEPTANCE, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { AcceptanceJson, UsageReceiptJson } from '../../schema/receipt.ts';
import { SEAL } from '../../schema/seal.ts';
import type { SealedJson, SealJson } from '../../schema/seal.ts';
import type { PartAbout } from './pack-abouts.ts';
import { packMessage, unpackMessage } from './pack-message.ts';
import type { MessageJson } from './pack-message.ts';
import { PackedReader, PackedWriter } from './packed-bytes.ts';

/** What is known of a ticket whose receipt was accepted. */
export interface AcceptedRow {
  /** Null once it is more than a week old. */
  readonly proof: Proof | null;
  /** Units earned. */
  readonly earn: number;
  readonly isLate: boolean;
}

/** What completes a settlement once its receipt has been accepted; a seal where the signature beside it is a seal's. */
export interface Proof {
  readonly receipt: UsageReceiptJson;
  readonly receiptSignature: Hex;
  readonly receiptSeal: SealedJson | null;
  readonly acceptance: AcceptanceJson;
  readonly acceptanceSignature: Hex;
  readonly acceptanceSeal: SealedJson | null;
}

export interface AcceptedReceipt {
  readonly proof: Proof;
  readonly ticketHash: Hex;
  readonly receiptHash: Hex;
  readonly seq: bigint;
  readonly prevReceipt: Hex;
  /** Units earned. */
  readonly earn: number;
  /** True when the receipt came after its settlement: a late event has paid it, so the settlement must not. */
  readonly isLate: boolean;
  readonly about: PartAbout;
}

/** A receipt as it is kept: whoever looks for it knows the rest of its ticket's hash. */
export type KeptReceipt = Omit<AcceptedReceipt, 'ticketHash' | 'about'>;

const SIGNATURE_BYTES = 65;
const HASH_BYTES = 32;
const FORM = 1;

/** Values that come again, each by its place among those that came before. */
class Shared {
  readonly places = new Map<string, number>();
  readonly values: Hex[] = [];

  write(writer: PackedWriter, value: Hex, bytes: number): boolean {
    const place = this.places.get(value);
    writer.number(place === undefined ? 0 : place + 1);
    if (place !== undefined) return false;
    writer.hex(value, bytes);
    this.places.set(value, this.places.size);
    return true;
  }

  read(reader: PackedReader, bytes: number): { readonly value: Hex; readonly isNew: boolean } {
    const place = reader.number();
    const known = place === 0 ? undefined : this.values[place - 1];
    if (known !== undefined) return { value: known, isNew: false };
    const value = reader.hex(bytes);
    this.values.push(value);
    return { value, isNew: true };
  }
}

export function packReceipts(receipts: readonly AcceptedReceipt[]): Uint8Array<ArrayBuffer> {
  const writer = new PackedWriter();
  const [hashes, signatures] = [new Shared(), new Shared()];
  writer.number(FORM);
  writer.number(receipts.length);
  let before: { readonly seq: bigint; readonly receiptHash: Hex } | null = null;
  for (const { proof, ticketHash, receiptHash, seq, earn, isLate } of receipts) {
    const { receipt, acceptance } = proof;
    writer.number(earn);
    writer.number(isLate ? 1 : 0);
    hashes.write(writer, receiptHash, HASH_BYTES);
    packMessage(writer, USAGE_RECEIPT, receipt, { ticketHash, ...placeAfter(before) });
    writeSealed(writer, { hashes, signatures }, proof.receiptSignature, proof.receiptSeal);
    packMessage(writer, ACCEPTANCE, acceptance, knownOf(receipt, receiptHash));
    writeSealed(writer, { hashes, signatures }, proof.acceptanceSignature, proof.acceptanceSeal);
    before = { seq, receiptHash };
  }
  return writer.take();
}

/** `ticketHashes`: as far as they are known, in the order of the receipts. */
export function unpackReceipts(packed: Uint8Array, ticketHashes: readonly Hex[] = []): KeptReceipt[] {
  const reader = new PackedReader(packed);
  const [hashes, signatures] = [new Shared(), new Shared()];
  const seals = new Map<Hex, SealJson>();
  if (reader.number() !== FORM) throw new RangeError('packed in a form of a later version');
  const kept: KeptReceipt[] = [];
  for (let left = reader.number(); left > 0; left--) {
    const before = kept.at(-1) ?? null;
    const earn = reader.number();
    const isLate = reader.number() === 1;
    const receiptHash = hashes.read(reader, HASH_BYTES).value;
    const known = { ticketHash: ticketHashes[kept.length] ?? '', ...placeAfter(before) };
    const receipt = unpackMessage(reader, USAGE_RECEIPT, known) as unknown as UsageReceiptJson;
    const byNode = readSealed(reader, { hashes, signatures, seals });
    const acceptance = unpackMessage(reader, ACCEPTANCE, knownOf(receipt, receiptHash)) as unknown as AcceptanceJson;
    const byRouter = readSealed(reader, { hashes, signatures, seals });
    const proof = {
      receipt,
      receiptSignature: byNode.signature,
      receiptSeal: byNode.sealed,
      acceptance,
      acceptanceSignature: byRouter.signature,
      acceptanceSeal: byRouter.sealed,
    };
    const { seq, prevReceipt } = receipt;
    kept.push({ proof, receiptHash, seq: BigInt(seq), prevReceipt: prevReceipt as Hex, earn, isLate });
  }
  return kept;
}

/** Of most receipts in a batch: the one after that before it. */
function placeAfter(before: { readonly seq: bigint; readonly receiptHash: Hex } | null): MessageJson {
  return before ? { seq: String(before.seq + 1n), prevReceipt: before.receiptHash } : {};
}

function writeSealed(
  writer: PackedWriter,
  { hashes, signatures }: { readonly hashes: Shared; readonly signatures: Shared },
  signature: Hex,
  sealed: SealedJson | null,
): void {
  writer.number(sealed ? 1 : 0);
  if (!sealed) return writer.hex(signature, SIGNATURE_BYTES);
  if (signatures.write(writer, signature, SIGNATURE_BYTES)) packMessage(writer, SEAL, sealed.seal);
  writer.number(sealed.proof.length);
  for (const hash of sealed.proof) hashes.write(writer, hash as Hex, HASH_BYTES);
}

function readSealed(
  reader: PackedReader,
  read: { readonly hashes: Shared; readonly signatures: Shared; readonly seals: Map<Hex, SealJson> },
): { readonly signature: Hex; readonly sealed: SealedJson | null } {
  if (reader.number() === 0) return { signature: toHex(reader.raw(SIGNATURE_BYTES)), sealed: null };
  const { value: signature, isNew } = read.signatures.read(reader, SIGNATURE_BYTES);
  if (isNew) read.seals.set(signature, unpackMessage(reader, SEAL) as unknown as SealJson);
  const seal = read.seals.get(signature);
  if (!seal) throw new RangeError('a seal is missing');
  const proof = Array.from({ length: reader.number() }, () => read.hashes.read(reader, HASH_BYTES).value);
  return { signature, sealed: { seal, proof } };
}

/** An acceptance as it mostly is: for what its receipt says. */
function knownOf({ node, promptTokens, outputTokens, amount }: UsageReceiptJson, receiptHash: Hex): MessageJson {
  return { receiptHash, node, promptTokens, outputTokens, amount };
}
