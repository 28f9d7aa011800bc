// Brings the roots of published epochs to a chain, step by step: looks at the chain, lets decide-post.ts say what comes next, does it, and writes it down
// first. A run that is cut off anywhere goes on where it was; it may be called at any time, as often as anybody likes.
import type { Hex } from '../../schema/bytes.ts';
import { encodePost, planDeadline, signEpochRoot } from '../../schema/chain-abi.ts';
import type { EpochRoot } from '../../schema/chain-abi.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { makeLog } from '../log.ts';
import { decidePost } from './decide-post.ts';
import type { ChainFacts, EpochPost, PostJournal, PostStep, Rest, SentPost, WaitReason } from './decide-post.ts';
import type { PayoutsChain } from './payouts-chain.ts';
import { planFees, planGas } from './plan-fees.ts';
import type { PostLog } from './post-log.ts';
import { signTransaction } from './sign-transaction.ts';
import type { Fees } from './sign-transaction.ts';

const log = makeLog('chain');

/** Steps of one run. */
const MOST_STEPS = 40;

/** A file that anyone can read: the only thing that is ever signed. */
export type PublishedRoot = Omit<EpochRoot, 'deadline'>;

export interface PostingDoors {
  readonly chain: PayoutsChain;
  /** Of the payout contract. */
  readonly domain: Domain;
  /** Length of an epoch. */
  readonly seconds: number;
  /** Signs roots, and nothing else. */
  readonly rootKey: Uint8Array;
  /** Pays for transactions, and has no right in the contract. */
  readonly gasKey: Uint8Array;
  /** The newest file that is published; null before the first. Rejects when it cannot be asked. */
  readonly published: () => Promise<PublishedRoot | null>;
  /** The epoch that is being closed, as its own journal has it. */
  readonly closing: () => PostJournal['closing'];
  /** Takes its next step. */
  readonly close: () => Promise<void>;
  /** ms since epoch. */
  readonly now: () => number;
}

/** Where a run ended. */
export type PostRest =
  | Rest
  | { readonly do: 'wait'; readonly why: 'steps' }
  /** The contract would refuse it now, `said` in a stranger's words. */
  | { readonly do: 'wait'; readonly why: 'refused'; readonly said: string };

export class EpochPosting {
  readonly #log: PostLog;
  readonly #doors: PostingDoors;
  #running: Promise<PostRest> | null = null;

  /** Throws Error where one key is to be both, or the chain is no test network. */
  constructor(postLog: PostLog, doors: PostingDoors) {
    const chain = findTestChain(doors.domain.chainId);
    if (!chain.ok) throw new Error(chain.error);
    if (addressOfPrivateKey(doors.rootKey) === addressOfPrivateKey(doors.gasKey))
      throw new Error('The key that signs roots and the key that pays for gas must be two.');
    this.#log = postLog;
    this.#doors = doors;
  }

  /** Does what is due; while a run is under way its result is waited for. Rejects where the books or a closing step fail: the next run tries again. */
  tick(): Promise<PostRest> {
    this.#running ??= this.#tick().finally(() => void (this.#running = null));
    return this.#running;
  }

  /** What is known of epochs and transactions. */
  journal(): PostJournal {
    return { ...this.#log.read(), chainId: this.#doors.domain.chainId, closing: this.#doors.closing() };
  }

  async #tick(): Promise<PostRest> {
    let hasClosed = false;
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      await this.#addPublished();
      const facts = await this.#look();
      const step = decidePost(this.journal(), facts, this.#doors.now());
      if (step.do === 'close') {
        if (hasClosed) return step.chain;
        hasClosed = true;
        await this.#doors.close();
        continue;
      }
      const rest = await this.#do(step, facts);
      if (rest) return rest;
    }
    return { do: 'wait', why: 'steps' };
  }

  async #addPublished(): Promise<void> {
    const root = await this.#doors.published();
    if (root) this.#log.add({ ...root, deadline: planDeadline(root.epoch, this.#doors.seconds) });
  }

  /** Null where the chain cannot be asked. */
  async #look(): Promise<ChainFacts | null> {
    const { posts, anchor } = this.#log.read();
    const epochs = posts.filter(({ end }) => end === null).map(({ signed }) => signed.epoch);
    try {
      return await this.#doors.chain.look(epochs, anchor);
    } catch (error) {
      log.warn('chain-away', { error });
      return null;
    }
  }

  /** Null where another step may follow at once. */
  async #do(step: Exclude<PostStep, { do: 'close' }>, facts: ChainFacts | null): Promise<PostRest | null> {
    switch (step.do) {
      case 'stop':
        log.error('posting-stopped', { reason: step.why });
        return step;
      case 'wait':
        if (facts) this.#settle(facts, step.why);
        return step;
      case 'end':
        this.#log.end(step.epoch, step.as);
        log.info('epoch-ended', { epoch: step.epoch, reason: step.as });
        return null;
      case 'sign':
        this.#sign(step.epoch);
        return null;
      case 'resend':
        return this.#resend(step.sent);
      case 'send':
        return this.#sendNew(step, facts?.block.number ?? 0);
    }
  }

  #settle({ deep, nonces }: ChainFacts, why: WaitReason): void {
    // A node that lags has not seen what lies deep elsewhere.
    if (why !== 'chain-behind') this.#log.settle(deep, nonces.deep);
  }

  #sign(epoch: number): void {
    const { signed } = this.#find(epoch);
    this.#log.sign(epoch, signEpochRoot(this.#doors.domain, signed, this.#doors.rootKey));
  }

  async #sendNew({ epoch, nonce, over }: Extract<PostStep, { do: 'send' }>, block: number): Promise<PostRest> {
    const { domain, gasKey, now } = this.#doors;
    const { signed, signature } = this.#find(epoch);
    if (!signature) throw new Error(`the root of epoch ${epoch} is not signed`);
    const data = encodePost(signed, signature);
    const price = await this.#price(data, over);
    if (price === null) return { do: 'wait', why: 'chain-away' };
    if (!price.ok) {
      log.info('post-refused', { epoch });
      return { do: 'wait', why: 'refused', said: price.error };
    }
    const { fees, gas } = price.value;
    if (!fees) return over ? this.#resend(over) : { do: 'wait', why: 'fee-too-high' };
    const to = domain.verifyingContract;
    const made = signTransaction({ chainId: domain.chainId, nonce, gas, to, data, ...fees }, gasKey);
    const sent = { epoch, nonce, gas, ...fees, ...made, block, at: now(), sentAt: now() };
    this.#log.keep(sent);
    return this.#send(sent);
  }

  /** What is replaced asks for what it asked for: the chain may refuse it meanwhile, and its nonce has to be used all the same. Null where nobody answers. */
  async #price(data: Hex, over: SentPost | null): Promise<Result<{ fees: Fees | null; gas: bigint }, string> | null> {
    const { chain } = this.#doors;
    try {
      const estimate = over ? null : await chain.estimate(data);
      if (estimate && !estimate.ok) return estimate;
      const gas = estimate ? planGas(estimate.value) : (over?.gas ?? 0n);
      return ok({ fees: planFees(await chain.prices(), over), gas });
    } catch (error) {
      log.warn('chain-away', { error });
      return null;
    }
  }

  async #resend(sent: SentPost): Promise<PostRest> {
    this.#log.noteResent(sent.hash, this.#doors.now());
    return this.#send(sent);
  }

  /** Whatever is answered, what became of it the chain tells: a refusal may be of something that is long on its way. */
  async #send({ raw, epoch }: SentPost): Promise<PostRest> {
    await this.#doors.chain.send(raw).catch((error: unknown) => log.info('post-unknown', { epoch, error }));
    return { do: 'wait', why: 'in-flight' };
  }

  #find(epoch: number): EpochPost {
    const post = this.#log.read().posts.find(({ signed }) => signed.epoch === epoch);
    if (!post) throw new Error(`epoch ${epoch} is not in the journal`);
    return post;
  }
}
