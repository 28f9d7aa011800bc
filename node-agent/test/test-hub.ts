// A hub small enough for tests: speaks the protocol of schema/frames over a real socket, and does what each test tells it.
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import type { JobFrameJson } from '../../schema/frames-to-node.ts';
import type { NodeState, SignedReceipt } from '../../schema/frames-to-hub.ts';
import { helloSchema } from '../../schema/frames-to-hub.ts';
import {
  decodeFrames,
  encodeCredit,
  encodeJsonFrame,
  FRAME,
  nameFrame,
  PROTOCOL_VERSION,
  readData,
  readJson,
} from '../../schema/frames.ts';
import type { FrameName } from '../../schema/frames.ts';
import { nodeIdOf } from '../../schema/ids.ts';
import { JOB_TICKET, NODE_ENROL, NODE_HELLO, toMessageJson } from '../../schema/receipt.ts';
import type { JobTicket, UsageReceipt, UsageReceiptJson } from '../../schema/receipt.ts';
import { readReceiptsFrame } from '../../schema/seal.ts';
import type { ReceiptsFrame, SealedJson } from '../../schema/seal.ts';
import { PLACEHOLDER_DOMAIN, ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { HubLedger } from './hub-ledger.ts';
import { encodeTickets, ROUTER, ROUTER_KEY, signer } from './hub-seals.ts';
import { sampleRequest, sampleTicket } from '../../schema/sample-messages.ts';

export const CODE = 'code-for-tests';

const NOT_FOUND: [number, unknown] = [404, { error: { message: 'No such path.', code: 'not_found' } }];

export interface Heard {
  readonly at: number;
  readonly name: FrameName;
  readonly job: number;
  readonly tokens: number;
  readonly json: unknown;
  /** Of a `receipts` frame. */
  readonly receipts: ReceiptsFrame | null;
  readonly tokenIds: readonly number[] | null;
  readonly events: Uint8Array;
  /** Number of the WebSocket message that carried it. */
  readonly message: number;
}

export interface JobWish {
  readonly model?: string;
  readonly maxTokens?: number;
  readonly stream?: boolean;
  readonly creditBytes?: number;
  readonly ticket?: Partial<JobTicket>;
  readonly resume?: NonNullable<JobFrameJson['resume']>;
  /** Who seals the ticket, in place of the router; null sends no seal. */
  readonly sealer?: Uint8Array | null;
}

export interface GivenJob {
  readonly number: number;
  readonly ticket: JobTicket;
  readonly ticketHash: Hex;
  readonly json: JobFrameJson;
}

export class TestHub {
  readonly heard: Heard[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  readonly enrolments: { code: string; address: Hex; wallet?: string }[] = [];
  readonly ledger = new HubLedger();
  pings = 0;
  dials = 0;
  /** What the next dials are answered instead of a socket; null upgrades. */
  refusal: { status: number; code: string; message: string } | null = null;
  /** The address that homes dial, where it is not its own. */
  dialledAt: string | null = null;
  /** What its welcome tells of this home's chain. */
  lastReceipt: { receipt: UsageReceiptJson; signature: Hex; sealed?: SealedJson } | null = null;
  enrolRefusal: { status: number; code: string; message: string; param?: string } | null = null;
  isAccepting = true;
  isAnsweringPings = true;
  state: NodeState | null = null;
  address: Hex = '0x';
  socket: WebSocket | null = null;
  readonly #server: Server;
  readonly #wss = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #sockets = new Set<WebSocket>();
  #waiters: { fits: (heard: Heard) => boolean; resolve: (heard: Heard) => void }[] = [];
  #messages = 0;
  #nextJob = 1;
  #seals = 0n;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port = 0): Promise<TestHub> {
    const server = createServer();
    const hub = new TestHub(server);
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        // Enrolment is all this hub knows beside its socket: whatever else an agent asks from time to time is not there.
        const [status, answer] = request.method === 'POST' ? hub.#enrol(body) : NOT_FOUND;
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    server.on('upgrade', (request, socket, head) => {
      hub.dials += 1;
      hub.headers.push(request.headers);
      if (hub.refusal) {
        const { status, code, message } = hub.refusal;
        const body = JSON.stringify({ error: { message, type: 'error', param: null, code } });
        socket.end(
          `HTTP/1.1 ${status} No\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
        return;
      }
      hub.#wss.handleUpgrade(request, socket, head, (ws) => hub.#open(ws));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return hub;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const ws of this.#sockets) ws.terminate();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Cuts every socket without a goodbye. */
  cut(): void {
    for (const ws of this.#sockets) ws.terminate();
  }

  sendJson(name: FrameName, value: unknown, job = 0): void {
    this.socket?.send(encodeJsonFrame(name, value, job));
  }

  sendRaw(bytes: Uint8Array): void {
    this.socket?.send(bytes);
  }

  credit(job: number, bytes: number): void {
    this.sendRaw(encodeCredit(job, bytes));
  }

  /** Sends a job and then its ticket's seal, as a hub does. */
  give(wish: JobWish = {}): GivenJob {
    const number = this.#nextJob++;
    const ticket = this.makeTicket(number, wish);
    const json: JobFrameJson = {
      ticket: toMessageJson(ticket),
      request: sampleRequest({
        model: wish.model ?? 'say-3x0',
        messages: [{ role: 'user', content: 'hello there' }],
        maxTokens: wish.maxTokens ?? 1000,
      }),
      chunk: { id: `chatcmpl-${number}`, created: 1, model: 'mock' },
      stream: wish.stream ?? true,
      creditBytes: wish.creditBytes ?? 256 * 1024,
      ...(wish.resume ? { resume: wish.resume } : {}),
    };
    this.sendJson('job', json, number);
    const job = { number, ticket, ticketHash: signer.hash(JOB_TICKET, ticket), json };
    this.ledger.give(number, job.ticketHash);
    if (wish.sealer !== null) this.sendTickets([job], wish.sealer);
    return job;
  }

  /** Seals the tickets of these jobs together. */
  sendTickets(jobs: readonly GivenJob[], key: Uint8Array = ROUTER_KEY): void {
    this.sendRaw(encodeTickets(jobs, { number: (this.#seals += 1n), key }));
  }

  makeTicket(number: number, wish: JobWish): JobTicket {
    const now = Date.now();
    return sampleTicket({
      jobId: `0x${number.toString(16).padStart(32, '0')}${'0'.repeat(32)}`,
      node: this.address,
      salt: `0x${'5a'.repeat(32)}`,
      maxPromptTokens: 1000,
      maxOutputTokens: wish.maxTokens ?? 1000,
      priceOut: 2_000_000n,
      issuedAtMs: BigInt(now),
      expiresAtMs: BigInt(now + 600_000),
      ...wish.ticket,
    });
  }

  /** The first frame, past or future, that fits. */
  waitFor(fits: (heard: Heard) => boolean, limitMs = 90_000): Promise<Heard> {
    const past = this.heard.find(fits);
    if (past) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            new Error(
              `nothing fitting came; heard ${this.heard
                .map((one) => `${one.name}:${one.job}`)
                .join(' ')
                .slice(-500)}`,
            ),
          ),
        limitMs,
      );
      this.#waiters.push({
        fits,
        resolve: (heard) => {
          clearTimeout(timer);
          resolve(heard);
        },
      });
    });
  }

  waitForFrame(name: FrameName, job = 0): Promise<Heard> {
    return this.waitFor((heard) => heard.name === name && heard.job === job);
  }

  /** Waits until the node has told a state that offers models and is not paused. */
  async waitReady(): Promise<void> {
    await this.waitFor(
      (heard) =>
        heard.name === 'state' &&
        (heard.json as NodeState).models.length > 0 &&
        (heard.json as NodeState).paused === null,
    );
  }

  /** The job's receipt, once its seal has come. */
  async waitEnd(job: number): Promise<SignedReceipt> {
    const end = await this.waitFor((heard) => heard.job === job && (heard.name === 'end' || heard.name === 'fault'));
    if (end.name !== 'end') throw new Error(`fault: ${JSON.stringify(end.json)}`);
    return this.waitReceipt(job);
  }

  async waitReceipt(job: number): Promise<SignedReceipt> {
    await this.waitFor(({ receipts }) => receipts?.jobs.includes(job) === true);
    const signed = this.ledger.signedOf(job);
    if (!signed) throw new Error(`no receipt of job ${job}`);
    return signed;
  }

  dataOf(job: number): Heard[] {
    return this.heard.filter((heard) => heard.name === 'data' && heard.job === job);
  }

  bytesOf(job: number): Buffer {
    return Buffer.concat(this.dataOf(job).map((heard) => heard.events));
  }

  get receipts(): readonly UsageReceipt[] {
    return this.ledger.receipts;
  }

  accept(receipt: UsageReceipt): void {
    this.sendJson('accepted', this.ledger.accept(receipt));
  }

  #enrol(body: string): [number, unknown] {
    const { code, address, signature, wallet } = JSON.parse(body) as {
      code: string;
      address: Hex;
      signature: Hex;
      wallet?: string;
    };
    if (this.enrolRefusal) {
      const { status, code: errorCode, message, param = 'code' } = this.enrolRefusal;
      return [status, { error: { message, type: 'error', param, code: errorCode } }];
    }
    const proof = signer.recover(
      NODE_ENROL,
      {
        code: toHex(keccak_256(new TextEncoder().encode(code))),
        node: address,
        wallet: wallet ?? ZERO_ADDRESS,
        origin: this.dialledAt ?? this.url,
      },
      signature,
    );
    if (!proof.ok || proof.value !== address) return [403, { error: { message: 'bad proof', code: 'forbidden' } }];
    this.enrolments.push({ code, address, ...(wallet === undefined ? {} : { wallet }) });
    return [200, { node: nodeIdOf(address), account: 'acct_1' }];
  }

  #open(ws: WebSocket): void {
    this.socket = ws;
    this.#sockets.add(ws);
    const nonce: Hex = `0x${'ab'.repeat(32)}`;
    ws.on('close', () => this.#sockets.delete(ws));
    ws.on('error', () => undefined);
    ws.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) {
        this.pings += 1;
        if (this.isAnsweringPings) ws.send('P');
        return;
      }
      this.#hear(data, nonce);
    });
    ws.send(encodeJsonFrame('challenge', { nonce, protocol: PROTOCOL_VERSION, serverTimeAt: Date.now() }));
  }

  #hear(data: Buffer, nonce: Hex): void {
    this.#messages += 1;
    const frames = decodeFrames(data);
    if (!frames.ok) throw new Error(frames.error.message);
    for (const frame of frames.value) {
      const name = nameFrame(frame.type);
      if (name === null) throw new Error(`type ${frame.type}`);
      const isJson = frame.type !== FRAME.data && frame.type !== FRAME.receipts;
      const json = isJson ? readJson(frame) : null;
      const receipts = frame.type === FRAME.receipts ? readReceiptsFrame(frame.payload) : null;
      const events = frame.type === FRAME.data ? readData(frame) : null;
      const heard: Heard = {
        at: performance.now(),
        name,
        job: frame.job,
        tokens: frame.tokens,
        json: json?.ok ? json.value : null,
        receipts: receipts?.ok ? receipts.value : null,
        tokenIds: events?.ok ? events.value.tokenIds : null,
        events: events?.ok ? Uint8Array.from(events.value.events) : new Uint8Array(0),
        message: this.#messages,
      };
      this.heard.push(heard);
      this.#answer(heard, nonce);
      for (const waiter of this.#waiters.filter((one) => one.fits(heard))) {
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
        waiter.resolve(heard);
      }
    }
  }

  #answer(heard: Heard, nonce: Hex): void {
    if (heard.name === 'hello') return this.#welcome(heard, nonce);
    if (heard.name === 'state') this.state = heard.json as NodeState;
    for (const receipt of this.ledger.take(heard, this.address)) if (this.isAccepting) this.accept(receipt);
  }

  #welcome(heard: Heard, nonce: Hex): void {
    const hello = helloSchema.parse(heard.json);
    const { address, protocol } = hello;
    const proof = signer.recover(
      NODE_HELLO,
      { nonce, node: address, protocol, origin: this.dialledAt ?? this.url },
      hello.signature,
    );
    if (!proof.ok || proof.value !== hello.address) throw new Error('bad hello');
    this.address = hello.address;
    this.sendJson('welcome', {
      node: nodeIdOf(hello.address),
      area: 'weur',
      hub: 'hub:weur:0',
      router: ROUTER,
      domain: PLACEHOLDER_DOMAIN,
      token: 'token-of-the-hub',
      tokenUntilAt: Date.now() + 60_000,
      lastReceipt: this.lastReceipt,
    });
  }
}
