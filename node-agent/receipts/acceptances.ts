// What the router has signed for: the newest acceptance, whose total is everything that was earned, and whether all that it signs can be honest.
import type { Hex } from '../../schema/bytes.ts';
import { BoundedMap } from '../../schema/bounded-map.ts';
import { compareAcceptances, compareSeals } from '../../schema/evidence.ts';
import type { AcceptanceSide, Evidence, SealSide } from '../../schema/evidence.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { Log } from '../log.ts';
import type { SignedAcceptance } from './log-records.ts';
import type { ReceiptLog } from './receipt-log.ts';
import type { RouterLines } from './router-lines.ts';

/** What is remembered to be held against what comes later, and how much evidence is kept: one piece is enough. */
const SEALS_MAX = 64;
const ACCEPTANCES_MAX = 256;
const EVIDENCE_MAX = 16;

export class Acceptances {
  readonly #log: Log;
  readonly #store: ReceiptLog;
  readonly #lines: RouterLines;
  readonly #seals = new BoundedMap<string, SealSide>(SEALS_MAX);
  readonly #acceptances = new BoundedMap<string, AcceptanceSide>(ACCEPTANCES_MAX);
  /** By party. */
  readonly #newest = new BoundedMap<string, AcceptanceSide>(SEALS_MAX);

  constructor(store: ReceiptLog, lines: RouterLines, log: Log) {
    this.#log = log;
    this.#store = store;
    this.#lines = lines;
    const newest = store.earned;
    if (!newest?.domain) return;
    const party = nameParty(newest.router, newest.domain);
    this.#rememberAcceptance(party, toSide(newest));
    if (newest.sealed) this.#rememberSeal(party, { seal: newest.sealed.seal, signature: newest.signature });
  }

  /** Keeps an acceptance when its total is the highest of this router. Its signature must have been checked. */
  take(signed: SignedAcceptance): void {
    this.#judgeAcceptance(signed);
    const known = this.#store.earned;
    const isSame = known && this.#lines.isSame(known.router, signed.router);
    if (isSame && known.acceptance.count >= signed.acceptance.count) return;
    this.#store.keepEarned(signed);
  }

  /** Holds a seal, whose signature must have been checked, against those that this router's key signed before. */
  judge(router: Hex, domain: Domain, signed: SealSide): void {
    const party = nameParty(router, domain);
    for (const [name, other] of this.#seals)
      if (name.startsWith(party) && compareSeals(other.seal, signed.seal)) {
        this.#accuse({ object: 'equivocation', of: 'seals', domain, signer: router, one: other, other: signed });
        break;
      }
    this.#rememberSeal(party, signed);
  }

  /** Counts of one key are held against each other: after a rotation they go on under another, which is no contradiction. */
  #judgeAcceptance(signed: SignedAcceptance): void {
    const { router: signer, domain, acceptance } = signed;
    if (!domain) return;
    const party = nameParty(signer, domain);
    const side = toSide(signed);
    // Each acceptance of a busy home comes here: it is compared with the one under its count and with the newest.
    for (const other of [this.#acceptances.get(`${party} ${acceptance.count}`), this.#newest.get(party)])
      if (other && compareAcceptances(other.acceptance, acceptance)) {
        this.#accuse({ object: 'equivocation', of: 'acceptances', domain, signer, one: other, other: side });
        break;
      }
    this.#rememberAcceptance(party, side);
  }

  #rememberSeal(party: string, signed: SealSide): void {
    const name = `${party} ${signed.seal.number}`;
    if (!this.#seals.has(name)) this.#seals.set(name, signed);
  }

  #rememberAcceptance(party: string, side: AcceptanceSide): void {
    const name = `${party} ${side.acceptance.count}`;
    if (!this.#acceptances.has(name)) this.#acceptances.set(name, side);
    const newest = this.#newest.get(party);
    if (!newest || newest.acceptance.count < side.acceptance.count) this.#newest.set(party, side);
  }

  #accuse(evidence: Evidence): void {
    const known = this.#store.evidence;
    if (known.length >= EVIDENCE_MAX || known.some((one) => nameEvidence(one) === nameEvidence(evidence))) return;
    this.#store.keepEvidence(evidence);
    this.#log.error(
      'the router has signed totals of this home that cannot both hold; both are kept as evidence: irori-node status --json',
      { router: evidence.signer, about: nameEvidence(evidence) },
    );
  }
}

/** What one key signs in one domain is held against each other. */
export function nameParty(router: Hex, { chainId, verifyingContract }: Domain): string {
  return `${router} ${chainId} ${verifyingContract}`;
}

function toSide({ acceptance, signature, sealed }: SignedAcceptance): AcceptanceSide {
  return { acceptance, signature, sealed };
}

/** Pairs of the same numbers count once. */
function nameEvidence(evidence: Evidence): string {
  if (evidence.of === 'seals') return `seals ${evidence.one.seal.number} ${evidence.other.seal.number}`;
  if (evidence.of === 'receipts') return `receipts ${evidence.one.receipt.seq} ${evidence.other.receipt.seq}`;
  return `acceptances ${evidence.one.acceptance.count} ${evidence.other.acceptance.count}`;
}
