// Answers challenges of the pending root: silence would void it and cost the root key half of its bond, whatever the root holds. What is open the chain says,
// and an answer that was given twice is refused and costs nothing but its gas; only what was offered for a nonce is kept, so that a better offer can follow.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { encodeState, readState } from '../../schema/chain-abi.ts';
import type { PendingRoot } from '../../schema/chain-abi.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { hexText, smallNumber, toTag } from '../../schema/rpc-values.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { makeLog } from '../log.ts';
import { encodeAnswer, encodeChallengeOf, readChallenge, topicsOf } from './challenge-abi.ts';
import type { OpenChallenge } from './challenge-abi.ts';
import { callContract } from './json-rpc.ts';
import type { AskChain } from './json-rpc.ts';
import { planFees, planGas } from './plan-fees.ts';
import { signTransaction } from './sign-transaction.ts';
import type { Fees } from './sign-transaction.ts';
import { openTransactionDoor } from './transaction-door.ts';
import type { TransactionDoor } from './transaction-door.ts';

const log = makeLog('chain');

/** What is in no block after so long goes again for a higher fee, ms. */
const STUCK_MS = 30_000;
/** Nodes tell logs of so many blocks at once; older ones are looked at piece by piece. */
const LOG_BLOCKS = 5000;
const MOST_PIECES = 60;

export interface SentAnswer extends Fees {
  readonly nonce: number;
  /** When it was written down, ms since epoch. */
  readonly at: number;
}

/** What was offered for each nonce that is not used yet; it outlives who offered it. */
export interface AnswerOffers {
  /** The last that was sent with a nonce; null for none. */
  readonly find: (nonce: number) => SentAnswer | null;
  /** To be written before it is sent. */
  readonly keep: (sent: SentAnswer) => void;
  /** Those are used. */
  readonly forgetBelow: (nonce: number) => void;
}

export interface AnswerDoors {
  readonly ask: AskChain;
  readonly chainId: number;
  /** Payouts. */
  readonly contract: Hex;
  /** Pays for the answers, and gets the deposits of those who challenged for nothing. */
  readonly gasKey: Uint8Array;
  /** The file that was published for an epoch; null for none. */
  readonly readFile: (epoch: number) => Promise<EpochFile | null>;
  /** ms since epoch. */
  readonly now: () => number;
}

/** How many challenges are open, how many of them were answered just now, and how many no leaf answers. */
export interface AnsweredSum {
  readonly open: number;
  readonly sent: number;
  readonly unanswerable: number;
}

const NOTHING: AnsweredSum = { open: 0, sent: 0, unanswerable: 0 };

const logsSchema = z.array(z.object({ topics: z.array(hexText).min(2) }));

export class ChallengeAnswers {
  readonly #log: AnswerOffers;
  readonly #doors: AnswerDoors;
  readonly #door: TransactionDoor;
  #running: Promise<AnsweredSum> | null = null;

  constructor(offers: AnswerOffers, doors: AnswerDoors) {
    this.#log = offers;
    this.#doors = doors;
    this.#door = openTransactionDoor(doors.ask, doors.contract, addressOfPrivateKey(doors.gasKey));
  }

  /** Answers what is open; while a run is under way its result is waited for. Rejects where the chain or the file cannot be asked: then it is asked again. */
  tick(): Promise<AnsweredSum> {
    this.#running ??= this.#tick().finally(() => void (this.#running = null));
    return this.#running;
  }

  async #tick(): Promise<AnsweredSum> {
    const { pending } = readState(await this.#call(encodeState()));
    if (!pending || pending.open === 0) return NOTHING;
    const open = await this.#listOpen(pending);
    const file = open.length > 0 ? await this.#doors.readFile(pending.epoch) : null;
    let nonce = await this.#door.countAt('latest');
    this.#log.forgetBelow(nonce);
    const isBusy = (await this.#door.countAt('pending')) > nonce;
    if (isBusy && !this.#isStuck(nonce)) return { open: open.length, sent: 0, unanswerable: 0 };
    const proven = proveAll(file, open);
    const first = nonce;
    for (const data of proven) if (await this.#send(data, nonce)) nonce += 1;
    const unanswerable = open.length - proven.length;
    if (unanswerable > 0) log.error('challenge-holds', { epoch: pending.epoch, count: unanswerable });
    return { open: open.length, sent: nonce - first, unanswerable };
  }

  /** From the newest block backwards, until all that are open are found. */
  async #listOpen({ epoch, open }: PendingRoot): Promise<OpenChallenge[]> {
    const found: OpenChallenge[] = [];
    let to = smallNumber.parse(await this.#doors.ask('eth_blockNumber'));
    for (let piece = 0; piece < MOST_PIECES && to >= 0 && found.length < open; piece++) {
      const from = Math.max(0, to - LOG_BLOCKS + 1);
      const range = { fromBlock: toTag(from), toBlock: toTag(to) };
      const filter = { address: this.#doors.contract, topics: topicsOf(epoch), ...range };
      for (const { topics } of logsSchema.parse(await this.#doors.ask('eth_getLogs', filter))) {
        const id = topics[1] as Hex;
        const challenge = readChallenge(id, await this.#call(encodeChallengeOf(id)));
        if (challenge && challenge.epoch === epoch) found.push(challenge);
      }
      to = from - 1;
    }
    return found;
  }

  /** Only of an answer: a root's transaction is pushed by who sent it. */
  #isStuck(nonce: number): boolean {
    const sent = this.#log.find(nonce);
    // A clock may jump either way.
    return sent !== null && Math.abs(this.#doors.now() - sent.at) >= STUCK_MS;
  }

  /** False where the contract refuses it: somebody has answered meanwhile. */
  async #send(data: Hex, nonce: number): Promise<boolean> {
    const { chainId, contract: to, gasKey, now } = this.#doors;
    const gas = await this.#door.estimate(data);
    if (!gas.ok) return false;
    const before = this.#log.find(nonce);
    const isKept = before !== null && !this.#isStuck(nonce);
    // A node that does not take it is not asked with ever higher fees: those have their end.
    const fees = isKept ? before : (planFees(await this.#door.prices(), before) ?? before);
    if (!fees) return false;
    const { raw } = signTransaction(
      { chainId, nonce, gas: planGas(gas.value), to, data, maxFee: fees.maxFee, tip: fees.tip },
      gasKey,
    );
    if (!isKept) this.#log.keep({ nonce, maxFee: fees.maxFee, tip: fees.tip, at: now() });
    await this.#door.send(raw).catch((error: unknown) => log.info('answer-unknown', { error }));
    return true;
  }

  #call(data: Hex): Promise<Hex> {
    return callContract(this.#doors.ask, this.#doors.contract, data);
  }
}

/** Of each challenge that a leaf answers the call that does. */
function proveAll(file: EpochFile | null, open: readonly OpenChallenge[]): Hex[] {
  if (!file) return [];
  const leaves = new Map<Hex, EpochLeaf>(file.leaves.map((leaf) => [leaf.node, leaf]));
  const tree = growEpochTree(file.leaves.map(hashEpochLeaf));
  return open.flatMap(({ id, node, count, total }) => {
    const leaf = leaves.get(node);
    const proof = leaf && tree.prove(hashEpochLeaf(leaf));
    return leaf && proof && leaf.count >= count && leaf.earned >= total ? [encodeAnswer(id, { leaf, proof })] : [];
  });
}
