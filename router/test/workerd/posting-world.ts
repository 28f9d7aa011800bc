// A settler's posts, the chain they go to, and everything between them that can fail, for tests: the journal in real SQLite, the chain in memory behind
// JSON-RPC.
import { parseTransaction } from 'viem';
import { vi } from 'vitest';
import type { Hex } from '../../../schema/bytes.ts';
import { endOfEpoch } from '../../../schema/epoch.ts';
import { addressOfPrivateKey } from '../../../schema/typed-data.ts';
import type { SentKind } from '../../chain/decide-post.ts';
import { EpochPosting } from '../../chain/epoch-posting.ts';
import type { PostingDoors, PostRest, PublishedRoot } from '../../chain/epoch-posting.ts';
import { makePayoutsChain } from '../../chain/payouts-chain.ts';
import { PostLog } from '../../chain/post-log.ts';
import type { ToldPost } from '../../chain/post-log.ts';
import { SimPayouts, SimRefusal } from './sim-payouts.ts';
import type { SimSent } from './sim-payouts.ts';
import { FakeStorage } from './sqlite-objects.ts';

const SECONDS = 60;
export const FIRST = 1000;
export const DOMAIN = { chainId: 31_337, verifyingContract: `0x${'c0'.repeat(20)}` } as const;
export const rootKey = new Uint8Array(32).fill(7);
const gasKey = new Uint8Array(32).fill(9);
export const STRANGER: Hex = `0x${'99'.repeat(20)}`;
export const GAS_ADDRESS = addressOfPrivateKey(gasKey);

export const publishedOf = (epoch: number): PublishedRoot => ({
  epoch,
  root: `0x${epoch.toString(16).padStart(64, '1')}`,
  fileHash: `0x${epoch.toString(16).padStart(64, '2')}`,
  total: BigInt(epoch) * 1000n,
  isSignable: true,
});

export class World {
  readonly chain = new SimPayouts({
    domain: DOMAIN,
    epochSeconds: SECONDS,
    windowSeconds: 50,
    rootKey: addressOfPrivateKey(rootKey),
    seconds: endOfEpoch(FIRST, SECONDS) / 1000,
  });
  storage = new FakeStorage();
  readonly sent: { readonly epoch: number; readonly kind: SentKind; readonly data: Hex; readonly sent: SimSent }[] = [];
  now = endOfEpoch(FIRST, SECONDS);
  newest = FIRST;
  /** A root that the newest file has all of a sudden. */
  spoiled: Hex | null = null;
  /** Of this epoch's file the root is not one to sign. */
  unsigned = -1;
  deaths = 0;
  foreign = 0;
  isAway = false;
  /** Of the next transactions the answer is lost: they arrive, or they do not. */
  lost: 'arrives' | 'is-gone' | null = null;
  /** What a broken node says instead; undefined for the truth. */
  lie: ((method: string, params: readonly unknown[]) => unknown) | null = null;
  calls = 0;
  dieAt = Number.POSITIVE_INFINITY;
  diesAfter = false;
  log!: PostLog;
  posting: EpochPosting;

  constructor() {
    vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => this.#fetch(JSON.parse(init.body as string)));
    this.posting = this.open();
  }

  open(): EpochPosting {
    this.log = new PostLog(this.storage.open() as DurableObjectStorage);
    return new EpochPosting(this.log, this.doors());
  }

  doors(): PostingDoors {
    return {
      chain: makePayoutsChain({ url: 'https://node.test', contract: DOMAIN.verifyingContract, sender: GAS_ADDRESS }),
      domain: DOMAIN,
      rootKey,
      gasKey,
      published: async () => ({
        ...publishedOf(this.newest),
        ...(this.spoiled && { root: this.spoiled }),
        isSignable: this.newest !== this.unsigned,
      }),
      rootOf: async (epoch) => (epoch >= FIRST && epoch <= this.newest ? publishedOf(epoch).root : null),
      now: () => this.now,
    };
  }

  /** A run, and a new life of the object where it dies in it. */
  async tick(): Promise<PostRest | 'died'> {
    this.calls = 0;
    try {
      return await this.posting.tick();
    } catch (error) {
      if (this.calls < this.dieAt) throw error;
      return 'died';
    } finally {
      if (this.calls >= this.dieAt) {
        this.deaths += 1;
        this.posting = this.open();
      }
      this.dieAt = Number.POSITIVE_INFINITY;
    }
  }

  /** Time passes on both clocks. */
  async pass(blocks: number): Promise<void> {
    this.chain.mine(blocks);
    this.now += blocks * 12_000;
  }

  /** Until nothing is on its way any more. */
  async settle(): Promise<void> {
    Object.assign(this, { isAway: false, lost: null, dieAt: Number.POSITIVE_INFINITY });
    Object.assign(this.chain, { lag: 0, baseFee: 1_000_000_000n });
    this.posting = this.open();
    for (let i = 0; i < 60; i++) {
      await this.tick();
      await this.pass(2);
    }
  }

  tell(epoch: number): ToldPost | undefined {
    return this.log.tell(epoch, epoch)[0];
  }

  stateOf(epoch: number): string | null {
    return this.tell(epoch)?.state ?? null;
  }

  /** Somebody else sends what was signed, by a gas key of his own. */
  copy(): void {
    const last = this.sent.at(-1);
    if (last) this.#take({ ...last.sent, from: STRANGER, maxFee: 10n ** 12n });
  }

  /** The gas key's holder sends something of his own: behind what waits, or in place of it. */
  spend(isInPlace: boolean): void {
    const sent = { hash: '0x', raw: '0x', from: GAS_ADDRESS, nonce: 0, maxFee: 10n ** 13n, data: '0x' } as const;
    this.#take(sent, isInPlace ? 'latest' : 'pending');
  }

  #take(sent: SimSent, tag = 'pending'): void {
    const nonce = Number(this.chain.answer('eth_getTransactionCount', [sent.from, tag]));
    this.foreign += 1;
    this.chain.take({ ...sent, nonce, hash: `0x${this.foreign.toString(16).padStart(64, '9')}` }, true);
  }

  async #fetch({ method, params }: { method: string; params: unknown[] }): Promise<Response> {
    this.calls += 1;
    const isLast = this.calls === this.dieAt;
    if (this.isAway || this.calls > this.dieAt) throw new Error('nothing is heard');
    const answer = isLast && !this.diesAfter ? null : await this.#answer(method, params);
    // From now on its storage is another's: nothing that it still does is written down.
    if (isLast) this.storage.open();
    if (isLast || !answer) throw new Error('nothing is heard');
    return Response.json(answer);
  }

  async #answer(method: string, params: unknown[]): Promise<object> {
    try {
      if (method !== 'eth_sendRawTransaction')
        return { result: this.lie?.(method, params) ?? this.chain.answer(method, params) };
      const raw = params[0] as Hex;
      this.#note(raw);
      if (this.lost === 'is-gone') throw new Error('nothing is heard');
      const result = await this.chain.send(raw);
      if (this.lost === 'arrives') throw new Error('nothing is heard');
      return { result };
    } catch (error) {
      if (error instanceof SimRefusal) return { error: { code: -32_000, message: error.message } };
      throw error;
    }
  }

  #note(raw: Hex): void {
    const kept = this.posting.journal().sent.find((one) => one.raw === raw);
    if (!kept) throw new Error('it was sent before it was written down');
    const { epoch, kind, nonce, maxFee, hash } = kept;
    const { data = '0x' } = parseTransaction(raw as `0x02${string}`);
    this.sent.push({ epoch, kind, data, sent: { hash, raw, from: GAS_ADDRESS, nonce, maxFee, data } });
  }
}
