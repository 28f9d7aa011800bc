// A chain with a payout contract, in memory and behind JSON-RPC, for thousands of histories: blocks, transactions that wait, fees, and a past that changes. Its
// reading of transactions and calldata is viem's, so it takes nothing that a real one would not.
import { decodeFunctionData, encodeFunctionResult, keccak256, parseTransaction, recoverTransactionAddress } from 'viem';
import type { Hex } from '../../../schema/bytes.ts';
import { findRootSigner } from '../../../schema/chain-abi.ts';
import type { FinalRoot, PendingRoot } from '../../../schema/chain-abi.ts';
import type { EpochRoot } from '../../../schema/chain-messages.ts';
import { PAYOUTS_ABI } from '../../../schema/contracts/abi.ts';
import { endOfEpoch } from '../../../schema/epoch.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../../schema/typed-data.ts';
import type { Domain } from '../../../schema/typed-data.ts';

const GWEI = 1_000_000_000n;
const GAS = 173_000n;
const BLOCK_SECONDS = 12;

export interface SimSent {
  readonly hash: Hex;
  readonly raw: Hex;
  readonly from: Hex;
  readonly nonce: number;
  readonly maxFee: bigint;
  readonly data: Hex;
}

interface SimBlock {
  readonly hash: Hex;
  readonly seconds: number;
  readonly sent: readonly SimSent[];
  /** After it. */
  readonly state: State;
}

interface Posted {
  readonly root: Hex;
  readonly fileHash: Hex;
}

interface State {
  readonly nonces: Map<Hex, number>;
  /** All that were ever posted. */
  readonly posted: Map<number, Posted>;
  pending: PendingRoot | null;
  last: FinalRoot;
  beforeLast: FinalRoot;
  lastPosted: number;
}

const NO_ROOT: FinalRoot = { root: ZERO_WORD, total: 0n, epoch: 0 };

/** What a question is answered with; an error that is no refusal is one that nobody hears. */
export class SimRefusal extends Error {}

export class SimPayouts {
  blocks: SimBlock[];
  waiting: SimSent[] = [];
  baseFee = GWEI;
  chainId: number;
  /** Transactions that were in a block and did nothing, those of blocks that are gone too. */
  reverts = 0;
  /** Blocks that the node which is asked has not seen yet. */
  lag = 0;
  readonly #domain: Domain;
  readonly #epochSeconds: number;
  readonly #windowSeconds: number;
  readonly #rootKey: Hex;
  readonly #posts = new Map<Hex, EpochRoot | null>();
  #salt = 0;

  constructor(of: { domain: Domain; epochSeconds: number; windowSeconds: number; rootKey: Hex; seconds: number }) {
    this.#domain = of.domain;
    this.chainId = of.domain.chainId;
    this.#epochSeconds = of.epochSeconds;
    this.#windowSeconds = of.windowSeconds;
    this.#rootKey = of.rootKey;
    this.blocks = [
      {
        hash: this.#nextHash(),
        seconds: of.seconds,
        sent: [],
        state: {
          nonces: new Map(),
          posted: new Map(),
          pending: null,
          last: NO_ROOT,
          beforeLast: NO_ROOT,
          lastPosted: 0,
        },
      },
    ];
  }

  get top(): SimBlock {
    return this.blocks.at(-1)!;
  }

  /** Roots as the newest block has them. */
  get posted(): ReadonlyMap<number, Posted> {
    return this.top.state.posted;
  }

  /** Takes whoever pays the base fee, each sender's in the order of their nonces. */
  mine(count = 1, isEmpty = false): void {
    for (let i = 0; i < count; i++) {
      const state = copy(this.top.state);
      const seconds = this.top.seconds + BLOCK_SECONDS;
      const sent: SimSent[] = [];
      for (const one of isEmpty ? [] : this.waiting.toSorted((a, b) => a.nonce - b.nonce))
        if (one.maxFee >= this.baseFee && one.nonce === (state.nonces.get(one.from) ?? 0)) {
          sent.push(one);
          state.nonces.set(one.from, one.nonce + 1);
          if (!this.#apply(state, one.data, seconds)) this.reverts += 1;
        }
      this.waiting = this.waiting.filter(({ from, nonce }) => nonce >= (state.nonces.get(from) ?? 0));
      this.blocks.push({ hash: this.#nextHash(), seconds, sent, state });
    }
  }

  /** The last blocks become others, and one more; what they held waits again, or is gone. */
  reorganise(depth: number, isKept: boolean): void {
    const gone = this.blocks.splice(Math.max(1, this.blocks.length - depth)).flatMap(({ sent }) => sent);
    if (isKept) this.waiting = [...gone, ...this.waiting];
    this.mine(depth + 1, true);
  }

  /** What waits to be final is challenged, or no more; or the contract lets go of it. */
  change(change: { readonly open: number } | 'void'): void {
    const { state } = this.top;
    if (state.pending) state.pending = change === 'void' ? null : { ...state.pending, ...change };
  }

  answer(method: string, params: readonly unknown[]): unknown {
    const [first, second] = params as [any, any];
    switch (method) {
      case 'eth_chainId':
        return toHex(this.chainId);
      case 'eth_getBlockByNumber':
        return this.#tellBlock(this.#indexOf(first));
      case 'eth_call':
        return this.#call(first.data, this.#indexOf(second));
      case 'eth_getTransactionCount':
        return toHex(this.#count(first, second));
      case 'eth_estimateGas':
        return this.#estimate(first.data);
      case 'eth_getTransactionReceipt':
        return this.blocks.some(({ sent }) => sent.some(({ hash }) => hash === first)) ? { status: '0x1' } : null;
      case 'eth_maxPriorityFeePerGas':
        return toHex(GWEI);
      default:
        throw new SimRefusal(`there is no ${method}`);
    }
  }

  /** Throws SimRefusal as real nodes do. */
  async send(raw: Hex): Promise<Hex> {
    const tx = parseTransaction(raw as `0x02${string}`);
    const from = (
      await recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` })
    ).toLowerCase() as Hex;
    const sent = {
      hash: keccak256(raw),
      raw,
      from,
      nonce: tx.nonce ?? 0,
      maxFee: tx.maxFeePerGas ?? 0n,
      data: tx.data ?? '0x',
    };
    this.take(sent);
    return sent.hash;
  }

  /** `isForced`: whatever it pays, it goes in place of another of its nonce. */
  take(sent: SimSent, isForced = false): void {
    const { nonces } = this.top.state;
    if (sent.nonce < (nonces.get(sent.from) ?? 0)) throw new SimRefusal('nonce too low');
    if (this.waiting.some(({ hash }) => hash === sent.hash)) throw new SimRefusal('already known');
    const same = this.waiting.find(({ from, nonce }) => from === sent.from && nonce === sent.nonce);
    if (same && !isForced && sent.maxFee < (same.maxFee * 11n) / 10n)
      throw new SimRefusal('replacement transaction underpriced');
    this.waiting = [...this.waiting.filter((one) => one !== same), sent];
  }

  countOf(from: Hex): number {
    return this.top.state.nonces.get(from) ?? 0;
  }

  #count(from: Hex, tag: string): number {
    if (tag !== 'pending') return this.#stateAt(this.#indexOf(tag)).nonces.get(from) ?? 0;
    let count = this.countOf(from);
    while (this.waiting.some((one) => one.from === from && one.nonce === count)) count++;
    return count;
  }

  #estimate(data: Hex): string {
    const state = this.#stateAt(this.blocks.length - 1);
    if (!this.#apply(state, data, this.top.seconds)) throw new SimRefusal('execution reverted');
    return toHex(Number(GAS));
  }

  #call(data: Hex, index: number): Hex {
    const { functionName } = decodeFunctionData({ abi: PAYOUTS_ABI, data });
    if (functionName !== 'state') throw new SimRefusal(`there is no ${functionName}`);
    const { pending, last, beforeLast, lastPosted } = this.#stateAt(index);
    const told = {
      ...(pending ?? { ...NO_ROOT, open: 0 }),
      finalAt: BigInt(pending?.finalAt ?? 0),
      signer: ZERO_ADDRESS,
    };
    return encodeFunctionResult({ abi: PAYOUTS_ABI, functionName, result: [told, last, beforeLast, lastPosted] });
  }

  #stateAt(index: number): State {
    const { state } = this.blocks[index] ?? this.top;
    return copy(state);
  }

  /** False where it reverts. */
  #apply(state: State, data: Hex, seconds: number): boolean {
    if (data === '0x') return true;
    const isDue = state.pending?.open === 0 && seconds >= state.pending.finalAt;
    if (state.pending && !isDue) return false;
    const post = this.#read(data);
    if (!post) return state.pending !== null && isFinalise(data) && finalise(state);
    const { epoch, root, fileHash, total } = post;
    if (epoch <= state.lastPosted || seconds * 1000 < endOfEpoch(epoch, this.#epochSeconds)) return false;
    finalise(state);
    state.posted.set(epoch, { root, fileHash });
    state.pending = { epoch, root, total, open: 0, finalAt: seconds + this.#windowSeconds };
    state.lastPosted = epoch;
    return true;
  }

  /** Null for what is no root that the root key has signed. Each is looked at once. */
  #read(data: Hex): EpochRoot | null {
    let read = this.#posts.get(data);
    if (read === undefined) {
      read = data === '0x' ? null : this.#verify(data);
      this.#posts.set(data, read);
    }
    return read;
  }

  #verify(data: Hex): EpochRoot | null {
    const call = decodeFunctionData({ abi: PAYOUTS_ABI, data });
    if (call.functionName !== 'post') return null;
    const [post, signature] = call.args;
    return findRootSigner(this.#domain, post, signature) === this.#rootKey ? post : null;
  }

  #tellBlock(index: number): object | null {
    const block = this.blocks[index];
    if (!block) return null;
    const { hash, seconds } = block;
    return { number: toHex(index), hash, timestamp: toHex(seconds), baseFeePerGas: `0x${this.baseFee.toString(16)}` };
  }

  #indexOf(tag: string): number {
    const newest = Math.max(0, this.blocks.length - 1 - this.lag);
    if (tag === 'latest') return newest;
    const number = Number(tag);
    return number <= newest ? number : this.blocks.length;
  }

  #nextHash(): Hex {
    return `0x${(++this.#salt).toString(16).padStart(64, '0')}`;
  }
}

function isFinalise(data: Hex): boolean {
  return decodeFunctionData({ abi: PAYOUTS_ABI, data }).functionName === 'finalise';
}

function finalise(state: State): boolean {
  if (!state.pending) return false;
  const { epoch, root, total } = state.pending;
  Object.assign(state, { pending: null, beforeLast: state.last, last: { epoch, root, total } });
  return true;
}

function copy({ nonces, posted, ...state }: State): State {
  return { ...state, nonces: new Map(nonces), posted: new Map(posted) };
}

function toHex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
