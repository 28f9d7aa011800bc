// A home spoken frame by frame: enrolled and connected like any other, but what it says of a job is what the test wants.
import { createHash, randomBytes } from 'node:crypto';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { makeChunkWriter } from '../../schema/chunks.ts';
import type { ChunkWriter } from '../../schema/chunks.ts';
import { acceptedSchema, challengeSchema, jobSchema, welcomeSchema } from '../../schema/frames-to-node.ts';
import type { JobFrame } from '../../schema/frames-to-node.ts';
import {
  decodeFrames,
  encodeData,
  encodeFrame,
  encodeJsonFrame,
  FRAME,
  nameFrame,
  PING,
  PROTOCOL_VERSION,
  readCredit,
  readJson,
} from '../../schema/frames.ts';
import type { Frame, FrameName } from '../../schema/frames.ts';
import { textOf } from '../../schema/message.ts';
import { nodeIdOf } from '../../schema/ids.ts';
import { computeCharge } from '../../schema/prices.ts';
import {
  JOB_TICKET,
  makeMessageSigner,
  NODE_ENROL,
  NODE_HELLO,
  toMessageJson,
  USAGE_RECEIPT,
} from '../../schema/receipt.ts';
import type { MessageSigner, UsageReceipt } from '../../schema/receipt.ts';
import { encodeReceiptsFrame, readSealFrame, toSealedJson } from '../../schema/seal.ts';
import type { ReceiptsFrame, Sealed } from '../../schema/seal.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN, ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { sampleReceipt } from '../../schema/sample-messages.ts';
import { JoinedPieces } from './joined-pieces.ts';
import { SealChain, toWork } from './seal-chain.ts';
import type { Accepted, Signed } from './seal-chain.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

/** Often enough that its hub never takes it for silent, however long a test takes. */
const PING_EVERY_MS = 20_000;
/** As homes do, which wait 5 s. */
const OFFER_AGAIN_MS = 5000;

/** The digest of the one model that a raw node serves. */
export const RAW_DIGEST = 'ab'.repeat(32);
export const RAW_MODEL = 'raw';

/** A frame of the hub, its payload read as JSON where it is JSON; of `credit` its bytes. */
export interface Heard {
  readonly name: FrameName | 'text';
  readonly job: number;
  readonly json: unknown;
}

/** From where (`lat,lon,CC`) and by which way it dials; left out from Paris, straight to the router. */
export interface RawDial {
  readonly url?: string;
  readonly place?: string;
}

type RawModel = { [field in 'name' | 'digest' | 'resume']?: string } & { contextTokens?: number; can?: string[] };

export class RawNode {
  readonly key = new Uint8Array(randomBytes(32));
  readonly address = addressOfPrivateKey(this.key);
  readonly id = nodeIdOf(this.address);
  readonly seals = new SealChain(this.key, this.address);
  readonly heard: Heard[] = [];
  /** What it does with each job. */
  onJob: (job: RawJob) => void = () => undefined;
  /** The number of its newest receipt, and that receipt's hash. */
  seq = 0n;
  prevReceipt: Hex = ZERO_WORD;
  isOpen = false;
  readonly #stack: Stack;
  readonly #dial: RawDial;
  #token = '';
  #ws: WebSocket | null = null;
  #signer: MessageSigner = makeMessageSigner(HANDSHAKE_DOMAIN);

  private constructor(stack: Stack, dial: RawDial) {
    this.#stack = stack;
    this.#dial = dial;
  }

  /** Enrols with a fresh code of the owner's and connects. */
  static async join(stack: Stack, owner: TestAccount, dial: RawDial = {}): Promise<RawNode> {
    const node = await RawNode.enrol(stack, owner, dial);
    await node.connect();
    return node;
  }

  /** Enrols with a fresh code of the owner's and does not dial. */
  static async enrol(stack: Stack, owner: TestAccount, dial: RawDial = {}): Promise<RawNode> {
    const node = new RawNode(stack, dial);
    const { json } = await stack.admin('POST', '/nodes/enrolments', { account_id: owner.id });
    const code = String(json['code']);
    const origin = stack.url;
    const hash = toHex(keccak_256(new TextEncoder().encode(code)));
    const proof = { code: hash, node: node.address, wallet: ZERO_ADDRESS, origin };
    const signature = node.#signer.sign(NODE_ENROL, proof, node.key);
    const body = { code, address: node.address, signature, protocol: PROTOCOL_VERSION, origin };
    const response = await stack.call('/node/enrol', { body });
    if (response.status !== 200) throw new Error(await response.text());
    node.#token = ((await response.json()) as { token: string }).token;
    return node;
  }

  get signer(): MessageSigner {
    return this.#signer;
  }

  /** What it dials with. */
  get headers(): Record<string, string> {
    const { place = '48.9,2.4,FR' } = this.#dial;
    return { authorization: `Bearer ${this.#token}`, 'x-irori-node': this.id, 'x-irori-place': place };
  }

  /** As agents do when their hub says that what they lend themselves to has changed: the next dial is looked up. */
  forgetToken(): void {
    this.#token = '';
  }

  /** Where it dials. */
  get linkUrl(): string {
    return `${(this.#dial.url ?? this.#stack.url).replace('http', 'ws')}/node/link`;
  }

  /** Dials, answers the challenge, tells what it serves; resolves when it has done so. */
  async connect(): Promise<void> {
    const ws = new WebSocket(this.linkUrl, { headers: this.headers } as unknown as string[]);
    ws.binaryType = 'arraybuffer';
    this.#ws = ws;
    const from = this.heard.length;
    ws.addEventListener('message', ({ data }) => this.#hear(data as string | ArrayBuffer));
    ws.addEventListener('close', () => (this.isOpen = false));
    const failed = new Promise<never>((_, reject) => {
      for (const end of ['error', 'close']) ws.addEventListener(end, () => reject(new Error('the dial failed')));
    });
    await Promise.race([
      failed,
      until('the welcome', () => this.heard.slice(from).some(({ name }) => name === 'welcome')),
    ]);
    this.isOpen = true;
    const pinger = setInterval(() => ws.send(PING), PING_EVERY_MS).unref();
    ws.addEventListener('close', () => clearInterval(pinger));
  }

  async close(): Promise<void> {
    this.#ws?.close();
    await until('the close', () => !this.isOpen);
  }

  send(name: FrameName, value: unknown, job = 0): void {
    this.sendBytes(encodeJsonFrame(name, value, job));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#ws?.send(bytes);
  }

  sendText(text: string): void {
    this.#ws?.send(text);
  }

  /** What it serves; left out, the one model with a long context. */
  sendState(slots = 32, models: readonly RawModel[] = [{}]): void {
    const speeds = { promptTokensPerS: 1000, decodeTokensPerS: 100 };
    const model = { name: RAW_MODEL, digest: RAW_DIGEST, contextTokens: 100_000, quantisation: 'none', resume: 'none' };
    this.send('state', { models: models.map((one) => ({ ...model, ...speeds, ...one })), slots, paused: null });
  }

  /** A receipt under the next seal of the node's. */
  sign(receipt: UsageReceipt): Signed {
    const [signed] = this.signAll([receipt]);
    if (!signed) throw new Error('nothing was signed');
    return signed;
  }

  /** Receipts under one seal, the next of the node's. */
  signAll(receipts: readonly UsageReceipt[]): Signed[] {
    return this.seals.sign(this.#signer, receipts);
  }

  /** Tells that these jobs have their receipts, which one seal covers in this order; `change` for a node that lies. */
  sendReceipts(
    told: readonly { readonly job: RawJob; readonly signed: Signed }[],
    change: Partial<ReceiptsFrame> = {},
  ): void {
    const [first] = told;
    if (!first) return;
    const { receipt, signature, sealed } = first.signed;
    const { seq, prevReceipt } = receipt;
    const jobs = told.map(({ job }) => job.number);
    const frame = { seal: sealed.seal, signature, seq, prevReceipt, jobs, ...change };
    this.sendBytes(encodeFrame('receipts', { payload: encodeReceiptsFrame(frame) }));
  }

  /** Offers a receipt again, as after a reconnect, until the hub answers: one whose part is on its way it does not answer at once. */
  async offerLate(job: RawJob, signed: Signed): Promise<Accepted> {
    const from = this.heard.length;
    const offer = job.toLate(signed);
    const asked = setInterval(() => this.send('receipt', offer), OFFER_AGAIN_MS);
    try {
      this.send('receipt', offer);
      return await this.#waitAccepted(job.ticketHash, from);
    } finally {
      clearInterval(asked);
    }
  }

  /** The hub's answer to a job's receipt. */
  waitAccepted(job: RawJob): Promise<Accepted> {
    return this.#waitAccepted(job.ticketHash, 0);
  }

  #waitAccepted(ticketHash: Hex, from: number): Promise<Accepted> {
    return until('the answer to a receipt', () => {
      for (const { name, json } of this.heard.slice(from)) {
        const accepted = name === 'accepted' ? acceptedSchema.parse(json) : null;
        const answer = accepted?.answers.find((one) => one.ticketHash === ticketHash);
        if (accepted && answer) return { ...answer, seal: accepted.seal, signature: accepted.signature };
      }
      return null;
    });
  }

  #hear(data: string | ArrayBuffer): void {
    if (typeof data === 'string') return void this.heard.push({ name: 'text', job: 0, json: data });
    const frames = decodeFrames(data);
    if (!frames.ok) throw new Error(frames.error.message);
    for (const frame of this.#pieces.take(frames.value)) this.#hearFrame(frame);
  }

  readonly #jobs = new Map<number, RawJob>();
  readonly #pieces = new JoinedPieces();

  #hearFrame(frame: Frame): void {
    const isJson = frame.type !== FRAME.tickets && frame.type !== FRAME.credit;
    const read = isJson ? readJson(frame) : frame.type === FRAME.credit ? readCredit(frame) : null;
    const json = read?.ok ? read.value : null;
    const name = nameFrame(frame.type);
    if (name === null) throw new Error(`type ${frame.type}`);
    if (name === 'challenge') this.#answer(challengeSchema.parse(json).nonce);
    if (name === 'welcome') {
      const welcome = welcomeSchema.parse(json);
      this.#token = welcome.token;
      this.#signer = makeMessageSigner(welcome.domain);
      this.sendState();
    }
    if (name === 'job') this.#jobs.set(frame.job, new RawJob(this, frame.job, jobSchema.parse(json)));
    this.heard.push({ name, job: frame.job, json });
    if (name === 'tickets') this.#takeTickets(frame);
  }

  #takeTickets(frame: Frame): void {
    const read = readSealFrame(frame.payload);
    if (!read.ok) throw new Error(read.error);
    const { seal, signature, jobs } = read.value;
    for (const { job: number, proof } of jobs) {
      const job = this.#jobs.get(number);
      if (!job) throw new Error('a ticket without its job');
      job.ticketSignature = signature;
      job.ticketSeal = { seal, proof: [...proof] };
      this.onJob(job);
    }
  }

  #answer(nonce: Hex): void {
    this.send('hello', this.makeHello(nonce));
  }

  /** Its proof for a challenge, which names the router that it dialled. */
  makeHello(nonce: Hex): object {
    const origin = this.#dial.url ?? this.#stack.url;
    const hello = { nonce, node: this.address, protocol: PROTOCOL_VERSION, origin };
    const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_HELLO, hello, this.key);
    return { protocol: PROTOCOL_VERSION, origin, address: this.address, signature, agent: 'raw', platform: 'test' };
  }
}

/** One job at a raw node. */
export class RawJob {
  readonly node: RawNode;
  readonly number: number;
  readonly frame: JobFrame;
  readonly ticketHash: Hex;
  /** Of the seal that its ticket is under. */
  ticketSignature: Hex = '0x';
  ticketSeal: Sealed | null = null;
  readonly #writer: ChunkWriter;
  readonly #hash = createHash('sha256');
  #tokens = 0;
  #sentBytes = 0;

  constructor(node: RawNode, number: number, frame: JobFrame) {
    this.node = node;
    this.number = number;
    this.frame = frame;
    this.ticketHash = node.signer.hash(JOB_TICKET, frame.ticket);
    this.#writer = makeChunkWriter(frame.chunk, frame.isBegun === true || frame.resume !== undefined);
    this.#hash.update(fromHex(frame.ticket.salt));
  }

  head(): this {
    this.node.send('head', { promptTokens: null }, this.number);
    return this;
  }

  /** One event of this text in a frame that claims `tokens`. */
  say(text: string, tokens: number): this {
    return this.sayEvents(this.writeEvent(text), tokens);
  }

  /** One event of this text as it would be sent. */
  writeEvent(text: string): string {
    return this.#writer.content(text);
  }

  /** Whatever text or bytes in a frame that claims `tokens`. */
  sayEvents(events: Uint8Array | string, tokens: number): this {
    return this.sayBytes(typeof events === 'string' ? new TextEncoder().encode(events) : events, { tokens });
  }

  /** A `data` frame of any bytes, which its receipt covers like the others. */
  sayBytes(events: Uint8Array, { tokens = 1, isThinking = false } = {}): this {
    this.#hash.update(events);
    this.#tokens += tokens;
    this.#sentBytes += events.length;
    this.node.sendBytes(encodeData(this.number, { tokens, events, isThinking }));
    return this;
  }

  /** Event bytes that it may still send. */
  get creditBytes(): number {
    const granted = this.node.heard.filter(({ name, job }) => name === 'credit' && job === this.number);
    return granted.reduce((sum, { json }) => sum + Number(json), this.frame.creditBytes - this.#sentBytes);
  }

  /** What the caller asks last. */
  get prompt(): string {
    const { request } = this.frame;
    return request.kind === 'chat' ? textOf(request.messages.at(-1) ?? { content: '' }) : '';
  }

  /** Its model server failed, or will not have the request. */
  fault(code: string, message = '', numbers: { promptTokens?: number; contextTokens?: number } = {}): void {
    this.node.send('fault', { code, message, ...numbers, work: null }, this.number);
  }

  /** A receipt of what was said, with some fields changed; it takes the next number of the chain. */
  receipt(change: Partial<UsageReceipt> = {}): Signed {
    const { ticket } = this.frame;
    const counts = { promptTokens: 7, outputTokens: this.#tokens };
    const price = { priceIn: Number(ticket.priceIn), priceOut: Number(ticket.priceOut) };
    const receipt = sampleReceipt({
      ticketHash: this.ticketHash,
      node: ticket.node,
      seq: this.node.seq + 1n,
      prevReceipt: this.node.prevReceipt,
      responseHash: `0x${this.#hash.copy().digest('hex')}`,
      ...counts,
      amount: BigInt(computeCharge(price, { ...counts, ...change })),
      ...change,
    });
    this.node.seq = receipt.seq;
    this.node.prevReceipt = this.node.signer.hash(USAGE_RECEIPT, receipt);
    return this.node.sign(receipt);
  }

  /** Its last word, and its receipt after it. */
  end(signed: Signed): Signed {
    this.endBare(signed.receipt);
    this.node.sendReceipts([{ job: this, signed }]);
    return signed;
  }

  /** Its last word alone: the receipt is withheld, or comes later. */
  endBare(receipt: UsageReceipt): void {
    this.node.send('end', { work: toWork(receipt) }, this.number);
  }

  /** As a receipt is offered late. */
  toLate({ receipt, signature, sealed }: Signed): object {
    return {
      ticket: toMessageJson(this.frame.ticket),
      ticketSignature: this.ticketSignature,
      ticketSeal: this.ticketSeal && toSealedJson(this.ticketSeal),
      receipt: toMessageJson(receipt),
      signature,
      receiptSeal: toSealedJson(sealed),
    };
  }
}
