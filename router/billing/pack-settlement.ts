// A settlement with its signed messages in a sixth of its JSON, for the years in which hardly anybody asks for it: whatever
// `GET /v1/receipts` shows and `irori-node verify` checks comes back exactly. Left out is only why its home was chosen, which statistics
// read for a day. Pure.
import { concatBytes } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { nodeIdOf, wordToJobId } from '../../schema/ids.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import { ACCEPTANCE, JOB_TICKET, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { chainOfHub, SEAL, SEAL_KIND } from '../../schema/seal.ts';
import type { SealedJson } from '../../schema/seal.ts';
import { foldProof } from '../../schema/merkle.ts';
import type { CreditSums, Relation } from '../../schema/credit.ts';
import type { Outcome, ResumeClass, SettlementJson } from '../../schema/settlement.ts';
import type { StructType } from '../../schema/typed-data.ts';
import { packMessage, unpackMessage } from './pack-message.ts';
import type { MessageJson } from './pack-message.ts';
import { PackedReader, PackedWriter, SharedReader, SharedWriter } from './packed-bytes.ts';

/** A settlement as far as it is read or written. */
type Part = Partial<SettlementJson>;

/** How one field is kept. `derive`: what it is as a rule, by the fields before it; then it takes no bytes. */
interface Field {
  readonly write: (writer: PackedWriter, value: never, part: Part) => void;
  readonly read: (reader: PackedReader, part: Part) => unknown;
  readonly derive?: (part: Part) => unknown;
}

/** What stands where a field's value would: nothing (left out, null, or as derived), or the value. */
const ABSENT = 0;
const NULL = 1;
const DERIVED = 2;
const TOLD = 3;
const STATE_BITS = 2;

/** What stands for these words in what is kept: a new one is added at the end. One that is missing here is kept as JSON. */
const OUTCOMES = [
  'complete',
  'cancelled',
  'interrupted-by-node',
  'interrupted-by-network',
  'failed-before-token',
  'failed-by-node',
  'failed-by-network',
  'refused',
  'cut-off',
] as const satisfies readonly Outcome[];
const RESUME_CLASSES = ['exact', 'same-model', 'same-family'] as const satisfies readonly ResumeClass[];
const KINDS = ['chat', 'completion', 'embedding', 'transcription', 'image'] as const satisfies readonly JobKind[];

const RELATIONS = ['account', 'wallet', 'pool', 'address'] as const satisfies readonly Relation[];

/** The first number: which form the rest has. */
const JSON_TEXT = 0;
const PACKED = 1;
const BLOCK = 2;

const SIGNATURE_BYTES = 65;
const HASH_BYTES = 32;
const ID_BYTES = 16;
const ID_PREFIXES = ['acct', 'key', 'node', 'job'];

const number: Field = { write: (writer, value) => writer.number(value), read: (reader) => reader.number() };
const text: Field = { write: (writer, value) => writer.text(value), read: (reader) => reader.text() };
const json: Field = {
  write: (writer, value) => writer.text(JSON.stringify(value)),
  read: (reader) => JSON.parse(reader.text()) as unknown,
};
const flag: Field = { write: (writer, value) => writer.number(value ? 1 : 0), read: (reader) => reader.number() === 1 };
const signature = hex(SIGNATURE_BYTES);
const hash = hex(HASH_BYTES);
const id: Field = { write: writeId, read: readId };

/** What paid a charge is told by what was not granted credit: most of it is. */
const paid: Field = {
  write: (writer, { earned, bought }: CreditSums) => {
    writer.number(earned);
    writer.number(bought);
  },
  read: (reader, { charge = 0 }) => {
    const [earned, bought] = [reader.number(), reader.number()];
    return { granted: charge - earned - bought, earned, bought };
  },
};

/** In the order in which they are kept: a new one is added at the end, and what was kept before has none of it. */
const FIELDS: Readonly<Record<Exclude<keyof SettlementJson, 'decision'>, Field>> = {
  ticket: message(JOB_TICKET, () => ({})),
  ticketSignature: signature,
  jobId: { ...id, derive: ({ ticket }) => wordToJobId((ticket?.jobId ?? '0x') as Hex) },
  part: { ...number, derive: ({ ticket }) => ticket?.part },
  accountId: id,
  keyId: id,
  nodeId: { ...id, derive: ({ ticket }) => nodeIdOf((ticket?.node ?? '0x') as Hex) },
  ownerAccountId: id,
  hub: text,
  model: text,
  country: text,
  outcome: word(OUTCOMES),
  isFinal: flag,
  promptTokens: number,
  outputTokens: number,
  interrupted: number,
  resumedTokens: number,
  resumed: word(RESUME_CLASSES),
  charge: number,
  earn: number,
  difference: json,
  attempts: number,
  ttftMs: number,
  durationMs: number,
  endedAt: number,
  receipt: message(USAGE_RECEIPT, ({ ticket, promptTokens = 0, outputTokens = 0 }) => ({
    node: ticket?.node ?? '',
    promptTokens,
    outputTokens,
  })),
  receiptSignature: signature,
  responseHash: { ...hash, derive: ({ receipt }) => receipt?.responseHash },
  relayedHash: hash,
  acceptance: message(ACCEPTANCE, ({ ticket, promptTokens = 0, outputTokens = 0 }) => ({
    node: ticket?.node ?? '',
    epoch: ticket?.epoch ?? 0,
    promptTokens,
    outputTokens,
  })),
  acceptanceSignature: signature,
  lostAtMost: json,
  // A root is not kept where the message after it tells the digest that the proof leads up from.
  ticketSeal: sealed(({ hub = '', receipt }) => ({
    kind: SEAL_KIND.tickets,
    node: chainOfHub(hub),
    digest: receipt?.ticketHash,
  })),
  receiptSeal: sealed(({ ticket, acceptance }) => ({
    kind: SEAL_KIND.receipts,
    node: ticket?.node ?? '',
    digest: acceptance?.receiptHash,
  })),
  acceptanceSeal: sealed(({ ticket }) => ({
    kind: SEAL_KIND.acceptances,
    node: ticket?.node ?? '',
    digest: undefined,
  })),
  kind: word(KINDS),
  related: word(RELATIONS),
  paidFrom: paid,
  mostW: number,
  feeBps: number,
};
const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

/** Bytes that `unpackSettlement` reads. A settlement of a form that nobody foresaw is kept as JSON. */
export function packSettlement(given: SettlementJson): Uint8Array<ArrayBuffer> {
  const settlement = withoutDecision(given);
  const writer = new PackedWriter();
  return isWritten(writer, settlement) ? writer.take() : packText(JSON.stringify(settlement));
}

function withoutDecision(given: SettlementJson): Part {
  const settlement: Part = { ...given };
  delete settlement.decision;
  return settlement;
}

/**
 * A block of bytes that `unpackSettlements` reads: what several settlements share (seals, signatures, hashes on their ways to a root, accounts,
 * words) stands once.
 */
export function packSettlements(given: readonly SettlementJson[]): Uint8Array<ArrayBuffer> {
  const settlements = given.map(withoutDecision);
  const packed = writeAll(settlements, []);
  const back = packed && [...readBlock(new SharedReader(packed))];
  if (packed && settlements.every((one, i) => isSame(back?.[i] ?? {}, one))) return toBlock(packed);
  const plain = settlements.map((one) => !isWritten(new PackedWriter(), one));
  return toBlock(writeAll(settlements, plain) ?? new Uint8Array());
}

/** Null where one does not fit its form; `isPlain`: those that are kept as JSON. */
function writeAll(settlements: readonly Part[], isPlain: readonly boolean[]): Uint8Array<ArrayBuffer> | null {
  const writer = new SharedWriter();
  writer.number(settlements.length);
  try {
    for (const [i, settlement] of settlements.entries()) {
      if (isPlain[i]) writeText(writer, JSON.stringify(settlement));
      else writePacked(writer, settlement);
    }
    return writer.take();
  } catch {
    return null;
  }
}

function toBlock(packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const writer = new PackedWriter();
  writer.number(BLOCK);
  writer.number(packed.length);
  return concatBytes([writer.take(), packed]);
}

function* readBlock(reader: PackedReader): Generator<SettlementJson> {
  for (let left = reader.number(); left > 0; left--) yield readOne(reader, reader.number());
}

/** The settlements of blocks that stand one after another, or the one that was packed alone. Throws RangeError on other bytes. */
export function unpackSettlements(packed: Uint8Array): SettlementJson[] {
  const found: SettlementJson[] = [];
  const reader = new PackedReader(packed);
  while (!reader.isAtEnd) {
    const form = reader.number();
    if (form !== BLOCK) return [...found, readOne(reader, form)];
    found.push(...readBlock(new SharedReader(reader.raw(reader.number()))));
  }
  return found;
}

/** A text as it is, where nobody can tell what it says: read again, it is as good as it was. */
export function packText(json: string): Uint8Array<ArrayBuffer> {
  const writer = new PackedWriter();
  writeText(writer, json);
  return writer.take();
}

function writeText(writer: PackedWriter, json: string): void {
  writer.number(JSON_TEXT);
  writer.text(json);
}

/** The settlement that was packed, without its decision. Throws RangeError on bytes that were not. */
export function unpackSettlement(packed: Uint8Array): SettlementJson {
  const reader = new PackedReader(packed);
  return readOne(reader, reader.number());
}

function readOne(reader: PackedReader, form: number): SettlementJson {
  if (form === JSON_TEXT) return JSON.parse(reader.text()) as SettlementJson;
  if (form !== PACKED) throw new RangeError('packed in a form of a later version');
  const known = NAMES.slice(0, reader.number());
  const states = splitStates(reader.big(), known.length);
  const part: Record<string, unknown> = {};
  for (const [index, name] of known.entries()) {
    const state = states[index];
    if (state === NULL) part[name] = null;
    else if (state === DERIVED) part[name] = FIELDS[name].derive?.(part);
    else if (state === TOLD) part[name] = FIELDS[name].read(reader, part);
  }
  return part as SettlementJson;
}

/** False where a field does not fit its form, or would not come back as it is: what the writer has then is of no use. */
function isWritten(writer: PackedWriter, settlement: Part): boolean {
  try {
    writePacked(writer, settlement);
    return isSame(unpackSettlement(writer.take()), settlement);
  } catch {
    return false;
  }
}

/** Throws RangeError where a field does not fit its form. */
function writePacked(writer: PackedWriter, settlement: Part): void {
  writer.number(PACKED);
  writer.number(NAMES.length);
  const states = NAMES.map((name) => stateOf(settlement, name));
  writer.number(joinStates(states));
  for (const [index, name] of NAMES.entries())
    if (states[index] === TOLD) FIELDS[name].write(writer, settlement[name] as never, settlement);
}

function stateOf(settlement: Part, name: keyof typeof FIELDS): number {
  const value = settlement[name];
  if (value === undefined) return ABSENT;
  if (value === FIELDS[name].derive?.(settlement)) return DERIVED;
  return value === null ? NULL : TOLD;
}

/** States in words that are exact as numbers, since a bigint for each field takes longer than all else. */
const WORD_STATES = 24;
const WORD_BITS = BigInt(WORD_STATES * STATE_BITS);

function joinStates(states: readonly number[]): bigint {
  let joined = 0n;
  for (let at = WORD_STATES * Math.floor((states.length - 1) / WORD_STATES); at >= 0; at -= WORD_STATES) {
    const word = states.slice(at, at + WORD_STATES).reduceRight((sum, state) => sum * 4 + state, 0);
    joined = (joined << WORD_BITS) | BigInt(word);
  }
  return joined;
}

function splitStates(joined: bigint, count: number): number[] {
  const states: number[] = [];
  for (let rest = joined; states.length < count; rest >>= WORD_BITS) {
    let word = Number(BigInt.asUintN(Number(WORD_BITS), rest));
    for (let i = 0; i < WORD_STATES; i++, word = Math.floor(word / 4)) states.push(word % 4);
  }
  return states;
}

/** The same fields with the same values, in whatever order; those of the messages in the same order too. */
function isSame(one: Part, other: Part): boolean {
  const names = NAMES.filter((name) => one[name] !== undefined);
  return names.length === toldNames(other).length && names.every((name) => isSameValue(one[name], other[name]));
}

/** As JSON would tell them. */
function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  const names = toldNames(one);
  const others = toldNames(other);
  return (
    names.length === others.length &&
    names.every((name, i) => name === others[i] && isSameValue(one[name], other[name]))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function toldNames(value: object): string[] {
  return Object.keys(value).filter((name) => (value as Readonly<Record<string, unknown>>)[name] !== undefined);
}

function hex(bytes: number): Field {
  return { write: (writer, value) => writer.hex(value, bytes), read: (reader) => reader.hex(bytes) };
}

function word(words: readonly string[]): Field {
  return { write: (writer, value) => writer.number(words.indexOf(value)), read: (reader) => words[reader.number()] };
}

function message(type: StructType, known: (part: Part) => MessageJson): Field {
  return {
    write: (writer, value, part) => packMessage(writer, type, value, known(part)),
    read: (reader, part) => unpackMessage(reader, type, known(part)),
  };
}

interface KnownOfSeal {
  readonly kind: number;
  readonly node: string;
  readonly digest: string | undefined;
}

/** A message's place under a seal: the proof, then the seal without what is known of it. */
function sealed(known: (part: Part) => KnownOfSeal): Field {
  const rest = (part: Part, proof: readonly string[]): MessageJson => {
    const { kind, node, digest } = known(part);
    const root = digest === undefined ? '' : foldProof(digest as Hex, proof as Hex[]);
    return { kind, node, root, count: proof.length === 0 ? 1 : 2 ** proof.length };
  };
  return {
    write: (writer, { seal, proof }: SealedJson, part) => {
      writer.number(proof.length);
      for (const one of proof) writer.hex(one as Hex, HASH_BYTES);
      packMessage(writer, SEAL, seal, rest(part, proof));
    },
    read: (reader, part) => {
      const proof = Array.from({ length: reader.number() }, () => reader.hex(HASH_BYTES));
      return { seal: unpackMessage(reader, SEAL, rest(part, proof)), proof };
    },
  };
}

/** An id of ours is its prefix and 16 bytes; any other text is itself. */
function writeId(writer: PackedWriter, value: string): void {
  const [prefix = '', digits = ''] = value.split('_');
  const place = ID_PREFIXES.indexOf(prefix);
  if (place < 0 || !/^[0-9a-f]{32}$/.test(digits) || value !== `${prefix}_${digits}`) {
    writer.number(0);
    return writer.text(value);
  }
  writer.number(place + 1);
  writer.hex(`0x${digits}`, ID_BYTES);
}

function readId(reader: PackedReader): string {
  const place = reader.number();
  return place === 0 ? reader.text() : `${ID_PREFIXES[place - 1] ?? ''}_${reader.hex(ID_BYTES).slice(2)}`;
}
