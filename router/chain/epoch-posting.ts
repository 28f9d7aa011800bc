// Brings the roots of published epochs to a chain, step by step: looks at the chain, lets decide-post.ts say what comes next, does it, and writes it down
// first. A run that is cut off anywhere goes on where it was; it may be called at any time, as often as anybody likes.
import type { Hex } from '../../schema/bytes.ts';
import { encodeFinalise, encodePost, findStanding, signEpochRoot } from '../../schema/chain-abi.ts';
import type { EpochRoot } from '../../schema/chain-messages.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { makeLog } from '../log.ts';
import { decidePost } from './decide-post.ts';
import type { ChainFacts, EpochPost, PostEnd, PostJournal, PostStep, Rest, SentPost } from './decide-post.ts';
import type { PayoutsChain } from './payouts-chain.ts';
import { planFees, planGas } from './plan-fees.ts';
import type { PostLog } from './post-log.ts';
import { signTransaction } from './sign-transaction.ts';
import type { Fees } from './sign-transaction.ts';

const log = makeLog('chain');

/** Steps of one run. */
const MOST_STEPS = 40;

/** A file that anyone can read: the only thing that is ever signed. */
export interface PublishedRoot extends EpochRoot {
  /** False where it may contradict what was accepted, or was published for another chain or for none: it is never signed. */
  readonly isSignable: boolean;
}

export interface PostingDoors {
  readonly chain: PayoutsChain;
  /** Of the payout contract. */
  readonly domain: Domain;
  /** Signs roots, and nothing else. */
  readonly rootKey: Uint8Array;
  /** Pays for transactions, and has no right in the contract. */
  readonly gasKey: Uint8Array;
  /** The newest file that is published; null before the first. Rejects when it cannot be asked. */
  readonly published: () => Promise<PublishedRoot | null>;
  /** The root that was published for an epoch, whatever is remembered here; null for none. Rejects when it cannot be asked. */
  readonly rootOf: (epoch: number) => Promise<Hex | null>;
  /** ms since epoch. */
  readonly now: () => number;
}

/** Where a run ended. */
export type PostRest =
  | Rest
  | { readonly do: 'wait'; readonly why: 'steps' }
  /** The contract would refuse it now, `said` in a stranger's words. */
  | { readonly do: 'wait'; readonly why: 'refused'; readonly said: string };

type SendStep = Extract<PostStep, { do: 'send' }>;

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

  /** What is known of epochs that have not ended, and of transactions. */
  journal(): PostJournal {
    return { ...this.#log.read(), chainId: this.#doors.domain.chainId };
  }

  async #tick(): Promise<PostRest> {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const published = await this.#doors.published();
      if (published) this.#add(published);
      const facts = await this.#look();
      const isOurs = facts === null || (await this.#isOurs(facts));
      const rest = await this.#do(decidePost(this.journal(), facts, isOurs, this.#doors.now()), facts);
      if (rest) return rest;
    }
    return { do: 'wait', why: 'steps' };
  }

  #add({ isSignable, ...root }: PublishedRoot): void {
    const isNew = this.#log.find(root.epoch) === null;
    this.#log.add(root, isSignable ? null : 'not-signed');
    if (isNew && !isSignable) log.error('root-not-signed', { epoch: root.epoch });
  }

  /** Null where the chain cannot be asked. */
  async #look(): Promise<ChainFacts | null> {
    const { posts, anchor } = this.#log.read();
    try {
      const facts = await this.#doors.chain.look(anchor);
      for (const { signed, seen } of posts) this.#see(facts, signed.epoch, seen);
      return facts;
    } catch (error) {
      log.warn('chain-away', { error });
      return null;
    }
  }

  #see({ roots: { now } }: ChainFacts, epoch: number, seen: EpochPost['seen']): void {
    const standing = findStanding(now, epoch);
    if (!standing || standing.is === 'overtaken') return;
    const finalAt = now.pending?.epoch === epoch ? now.pending.finalAt : null;
    if (standing.is !== seen?.is || (finalAt !== null && finalAt !== seen.finalAt))
      this.#log.see(epoch, { is: standing.is, finalAt });
  }

  /** Whether what waits to be final was published here: the journal may have begun anew, and the list of files has not. */
  async #isOurs({ roots: { now } }: ChainFacts): Promise<boolean> {
    if (!now.pending) return true;
    const { epoch, root } = now.pending;
    const known = this.#log.find(epoch)?.signed.root ?? (await this.#doors.rootOf(epoch));
    return known === root;
  }

  /** Null where another step may follow at once. */
  async #do(step: PostStep, facts: ChainFacts | null): Promise<PostRest | null> {
    switch (step.do) {
      case 'stop':
        log.error('posting-stopped', { reason: step.why });
        return step;
      case 'wait':
        // A node that lags has not seen what lies deep elsewhere.
        if (facts && step.why !== 'chain-behind') this.#log.settle(facts.deep, facts.nonces.deep);
        return step;
      case 'end':
        await this.#end(step.epoch, step.as);
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

  /** Which transaction it was is told where it can be found out; it ends without that too. */
  async #end(epoch: number, as: PostEnd): Promise<void> {
    const own = this.#log.read().sent.filter((sent) => sent.epoch === epoch && sent.kind === 'post');
    const tx = await this.#doors.chain.findDone(own.map(({ hash }) => hash).toReversed()).catch(() => null);
    this.#log.end(epoch, as, tx);
    log.info('epoch-ended', { epoch, reason: as });
  }

  #sign(epoch: number): void {
    const { signed } = this.#find(epoch);
    this.#log.sign(epoch, signEpochRoot(this.#doors.domain, signed, this.#doors.rootKey));
  }

  async #sendNew({ epoch, kind, nonce, over }: SendStep, block: number): Promise<PostRest> {
    const { domain, gasKey, now } = this.#doors;
    const data = over?.data ?? (kind === 'post' ? this.#encodePost(epoch) : encodeFinalise());
    const price = await this.#price(data, over);
    if (price === null) return { do: 'wait', why: 'chain-away' };
    if (!price.ok) {
      log.info('post-refused', { epoch, reason: kind });
      return { do: 'wait', why: 'refused', said: price.error };
    }
    const { fees, gas } = price.value;
    if (!fees) return over ? this.#resend(over) : { do: 'wait', why: 'fee-too-high' };
    const to = domain.verifyingContract;
    const made = signTransaction({ chainId: domain.chainId, nonce, gas, to, data, ...fees }, gasKey);
    const sent = { epoch, kind, nonce, gas, data, ...fees, ...made, block, at: now(), sentAt: now() };
    this.#log.keep(sent);
    return this.#send(sent);
  }

  #encodePost(epoch: number): Hex {
    const { signed, signature } = this.#find(epoch);
    if (!signature) throw new Error(`the root of epoch ${epoch} is not signed`);
    return encodePost(signed, signature);
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
    const post = this.#log.find(epoch);
    if (!post) throw new Error(`epoch ${epoch} is not in the journal`);
    return post;
  }
}
