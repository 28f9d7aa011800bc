// Pays the gas of claims that homes ask for: many in one transaction, from a key of its own that has no right anywhere. Looks at the chain, lets
// decide-claims.ts say what comes next, and writes down what it sends first. A run that is cut off anywhere goes on where it was.
import type { Hex } from '../../schema/bytes.ts';
import { encodeClaimMany } from '../../schema/claim-abi.ts';
import type { LeafProof } from '../../schema/claim-abi.ts';
import type { FinalRoot } from '../../schema/chain-abi.ts';
import { hashEpochLeaf, payableOf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import type { EpochTree } from '../../schema/epoch-tree.ts';
import { LOCAL_CHAIN } from '../../schema/test-chains.ts';
import { ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { makeLog } from '../log.ts';
import type { ClaimLog } from './claim-log.ts';
import type { ClaimsChain, ClaimsFacts } from './claims-chain.ts';
import { chooseClaims, decideClaims, judgeAsk } from './decide-claims.ts';
import type { ClaimFact, ClaimVerdict, JudgedAsk, SentClaims } from './decide-claims.ts';
import { planFees, planGas } from './plan-fees.ts';
import { signTransaction } from './sign-transaction.ts';

const log = makeLog('chain');

/** Homes that are looked at in one run: the chain is asked three things of each. */
const MOST_LOOKED_AT = 20;
/** Transactions of a day: what a flood of homes can spend of the sponsor's coins. */
const MOST_A_DAY = 300;
const DAY_MS = 86_400_000;
/** Dearer than that it waits, wei a unit of gas: coins of test networks are few too. */
const MOST_FEE = 50_000_000_000n;

export interface SponsorDoors {
  readonly chain: ClaimsChain;
  /** Of the payout contract. */
  readonly domain: Domain;
  /** Length of an epoch. */
  readonly seconds: number;
  /** Pays for gas, and has no right anywhere. */
  readonly key: Uint8Array;
  /** Leaves of a published epoch; null where its file is not kept. Rejects when it cannot be asked. */
  readonly leavesOf: (epoch: number) => Promise<readonly EpochLeaf[] | null>;
  /** ms since epoch. */
  readonly now: () => number;
}

/** What is told of a home's claim. */
export interface ClaimTold {
  readonly verdict: ClaimVerdict | { readonly is: 'sent' } | { readonly is: 'open' };
  readonly wallet: Hex | null;
  /** Units. */
  readonly claimable: bigint;
  readonly claimed: bigint;
  /** Of the last final root; null before the first. */
  readonly epoch: number | null;
  readonly isPaused: boolean;
  readonly transaction: Hex | null;
}

/** A final root's leaves, with what proves them. */
interface FinalLeaves {
  readonly root: Hex;
  readonly leaves: ReadonlyMap<Hex, EpochLeaf>;
  readonly tree: EpochTree;
}

export class ClaimSponsor {
  readonly #log: ClaimLog;
  readonly #doors: SponsorDoors;
  #leaves: FinalLeaves | null = null;
  #running: Promise<number | null> | null = null;

  constructor(claimLog: ClaimLog, doors: SponsorDoors) {
    this.#log = claimLog;
    this.#doors = doors;
  }

  /** A home wants to be claimed for: noted where there is something to claim. Rejects as `tell` does. */
  async ask(node: Hex): Promise<ClaimTold> {
    const told = await this.tell(node);
    if (told.verdict.is !== 'open' || !this.#log.ask(node, this.#doors.now())) return told;
    return this.tell(node);
  }

  /** How far a home's claim is. Rejects where the chain or the file cannot be asked. */
  async tell(node: Hex): Promise<ClaimTold> {
    const facts = await this.#doors.chain.look([node]);
    const fact = this.#factOf(node, facts, await this.#openLeaves(facts.final));
    const asked = this.#log.findAsk(node);
    const sent = this.#log.listSentFor(node, MOST_LOOKED_AT);
    const isOnItsWay = sent.some(({ nonce }) => nonce >= facts.nonces.now);
    const { seconds, now } = this.#doors;
    const judged = judgeAsk(asked ?? { node, askedAt: now() }, fact, seconds, now());
    const isOver = judged.is === 'paid' || judged.is === 'no-wallet';
    return {
      verdict: isOver ? judged : isOnItsWay ? { is: 'sent' } : asked ? judged : { is: 'open' },
      wallet: fact.wallet,
      claimable: fact.payable > fact.claimed ? fact.payable - fact.claimed : 0n,
      claimed: fact.claimed,
      epoch: facts.final.root === ZERO_WORD ? null : facts.final.epoch,
      isPaused: facts.isPaused,
      transaction: isOver || isOnItsWay ? await this.#transactionOf(sent) : null,
    };
  }

  /** Does what is due, in bounded time; gives when it wants its next turn, ms since epoch, null for whenever. While a run is under way its result is waited for. */
  tick(): Promise<number | null> {
    this.#running ??= this.#tick().finally(() => void (this.#running = null));
    return this.#running;
  }

  async #tick(): Promise<number | null> {
    const { chain, seconds, now } = this.#doors;
    const asks = this.#log.listAsks(now(), MOST_LOOKED_AT);
    if (asks.length === 0) return this.#log.nextLook(now());
    const facts = await chain.look(asks.map(({ node }) => node));
    const leaves = await this.#openLeaves(facts.final);
    const judged = asks.map((ask) => {
      const fact = this.#factOf(ask.node, facts, leaves);
      return { ...ask, verdict: judgeAsk(ask, fact, seconds, now()) };
    });
    for (const { node, verdict } of judged) await this.#note(node, verdict);
    const wanted = facts.isPaused || this.#isSpent() ? [] : chooseClaims(judged);
    await this.#send(facts, leaves, wanted);
    return this.#planTurn(judged);
  }

  /** Soon where something may come of what was sent, else when somebody is due. */
  #planTurn(judged: readonly JudgedAsk[]): number | null {
    const { domain, now } = this.#doors;
    const soon = now() + paceOf(domain.chainId);
    const turns = judged.map(({ verdict }) => (verdict.is === 'waiting' ? Math.max(soon, verdict.dueAt) : soon));
    const next = this.#log.nextLook(now());
    if (next !== null) turns.push(next);
    return turns.length === 0 ? null : Math.min(...turns);
  }

  /** What is done with is let go of; what can only be done later is looked at then. */
  async #note(node: Hex, verdict: ClaimVerdict): Promise<void> {
    if (verdict.is === 'no-wallet') this.#log.forget(node);
    if (verdict.is === 'waiting' && verdict.why === 'little') this.#log.postpone(node, verdict.dueAt);
    if (verdict.is !== 'paid' || !verdict.isDeep) return;
    const hash = await this.#transactionOf(this.#log.listSentFor(node, MOST_LOOKED_AT));
    if (hash === null) this.#log.forget(node);
    else this.#log.end(node, { at: this.#doors.now(), hash });
  }

  async #send(facts: ClaimsFacts, leaves: FinalLeaves | null, wanted: readonly Hex[]): Promise<void> {
    const { now } = this.#doors;
    const sent = this.#log.findOpen(facts.nonces.now);
    const step = decideClaims({ sent, nonces: facts.nonces, block: facts.block }, wanted, now());
    switch (step.do) {
      case 'wait':
        return;
      case 'resend':
        return this.#resend(step.sent);
      case 'send': {
        const made = await this.#make(leaves, step, facts.block);
        if (made) return this.#put(made);
        if (step.over) await this.#resend(step.over);
      }
    }
  }

  /** Null where it would be refused, or is too dear. */
  async #make(
    leaves: FinalLeaves | null,
    step: { readonly nonce: number; readonly nodes: readonly Hex[]; readonly over: SentClaims | null },
    block: number,
  ): Promise<SentClaims | null> {
    const { chain, domain, key, now } = this.#doors;
    const { nonce, nodes, over } = step;
    const data = encodeClaimMany(nodes.flatMap((node) => proveLeaf(leaves, node) ?? []));
    const gas = await chain.estimate(data);
    if (!gas.ok) {
      log.info('claims-refused', { count: nodes.length });
      return null;
    }
    const fees = planFees(await chain.prices(), over);
    if (!fees || fees.maxFee > MOST_FEE) {
      log.info('claims-too-dear', { count: nodes.length });
      return null;
    }
    const transaction = {
      chainId: domain.chainId,
      nonce,
      gas: planGas(gas.value),
      to: domain.verifyingContract,
      data,
      ...fees,
    };
    return {
      ...signTransaction(transaction, key),
      ...fees,
      nonce,
      gas: transaction.gas,
      nodes,
      block,
      at: now(),
      sentAt: now(),
    };
  }

  /** Whatever is answered, what became of it the chain tells. */
  async #put(sent: SentClaims): Promise<void> {
    this.#log.keep(sent);
    log.info('claims-sent', { count: sent.nodes.length });
    await this.#doors.chain.send(sent.raw).catch((error: unknown) => log.info('claims-unknown', { error }));
  }

  async #resend(sent: SentClaims): Promise<void> {
    this.#log.noteResent(sent.hash, this.#doors.now());
    await this.#doors.chain.send(sent.raw).catch((error: unknown) => log.info('claims-unknown', { error }));
  }

  #factOf(node: Hex, { homes }: ClaimsFacts, final: FinalLeaves | null): ClaimFact {
    const { claimed = 0n, claimedDeep = 0n, bound = null } = homes.get(node) ?? {};
    const leaf = final?.leaves.get(node);
    const named = leaf && leaf.wallet !== ZERO_ADDRESS ? leaf.wallet : null;
    const sponsoredAt = this.#log.findDone(node)?.at ?? null;
    return { payable: leaf ? payableOf(leaf) : 0n, claimed, claimedDeep, wallet: bound ?? named, sponsoredAt };
  }

  /** The leaves of the last final root; null before there is one. Rejects where its file is not what the root was made of. */
  async #openLeaves({ root, epoch }: FinalRoot): Promise<FinalLeaves | null> {
    if (root === ZERO_WORD) return null;
    if (this.#leaves?.root === root) return this.#leaves;
    const leaves = await this.#doors.leavesOf(epoch);
    if (!leaves) throw new Error(`the file of epoch ${epoch} is not kept`);
    const tree = growEpochTree(leaves.map(hashEpochLeaf));
    if (tree.root !== root) throw new Error(`the file of epoch ${epoch} does not lead to its root on the chain`);
    this.#leaves = { root, tree, leaves: new Map(leaves.map((leaf) => [leaf.node, leaf])) };
    return this.#leaves;
  }

  /** The one that is in a block, else the newest that was sent; null for none. */
  async #transactionOf(sent: readonly SentClaims[]): Promise<Hex | null> {
    const hashes = sent.map(({ hash }) => hash);
    return (await this.#doors.chain.findMined(hashes)) ?? hashes[0] ?? null;
  }

  #isSpent(): boolean {
    return this.#log.countSince(this.#doors.now() - DAY_MS) >= MOST_A_DAY;
  }
}

function proveLeaf(final: FinalLeaves | null, node: Hex): LeafProof | null {
  const leaf = final?.leaves.get(node);
  const proof = leaf && final?.tree.prove(hashEpochLeaf(leaf));
  return leaf && proof ? { leaf, proof } : null;
}

/** How often it is looked whether something came of it, ms: as often as the chain has a few blocks. */
function paceOf(chainId: number): number {
  return chainId === LOCAL_CHAIN ? 1000 : 30_000;
}
