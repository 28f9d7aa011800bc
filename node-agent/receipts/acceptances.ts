// What the router has signed for: the newest acceptance, whose total is everything that was earned, and whether its seals can all be honest.
import type { Hex } from '../../schema/bytes.ts';
import { BoundedMap } from '../../schema/bounded-map.ts';
import { contradicts } from '../../schema/seal.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { Log } from '../log.ts';
import type { Evidence, SignedAcceptance, SignedSeal } from './log-records.ts';
import type { ReceiptLog } from './receipt-log.ts';

/** Seals that are remembered to be held against later ones, and how much evidence is kept: one piece is enough. */
const SEALS_MAX = 64;
const EVIDENCE_MAX = 16;

export class Acceptances {
  readonly #log: Log;
  readonly #store: ReceiptLog;
  readonly #seals = new BoundedMap<string, SignedSeal>(SEALS_MAX);

  constructor(store: ReceiptLog, log: Log) {
    this.#store = store;
    this.#log = log;
    const newest = store.earned;
    if (newest?.sealed && newest.domain)
      this.#remember(nameParty(newest.router, newest.domain), {
        seal: newest.sealed.seal,
        signature: newest.signature,
      });
  }

  /** Keeps an acceptance when its total is the highest of this router. Its signature must have been checked. */
  take(signed: SignedAcceptance): void {
    const known = this.#store.earned;
    if (known?.router === signed.router && known.acceptance.count >= signed.acceptance.count) return;
    this.#store.keepEarned(signed);
  }

  /** Holds a seal, whose signature must have been checked, against those that this router signed before. */
  judge(router: Hex, domain: Domain, signed: SignedSeal): void {
    const party = nameParty(router, domain);
    for (const [name, other] of this.#seals)
      if (name.startsWith(party) && cannotBoth(other, signed)) {
        this.#accuse({ router, domain, one: other, other: signed });
        break;
      }
    this.#remember(party, signed);
  }

  #remember(party: string, signed: SignedSeal): void {
    const name = `${party} ${signed.seal.number}`;
    if (!this.#seals.has(name)) this.#seals.set(name, signed);
  }

  #accuse(evidence: Evidence): void {
    const known = this.#store.evidence;
    const numberOf = ({ one, other }: Evidence): string => `${one.seal.number} ${other.seal.number}`;
    if (known.length >= EVIDENCE_MAX || known.some((one) => numberOf(one) === numberOf(evidence))) return;
    this.#store.keepEvidence(evidence);
    const { one, other, router } = evidence;
    this.#log.error('the router has signed two totals of this home that cannot both hold; both are kept as evidence', {
      router,
      seals: `${one.seal.number}, ${other.seal.number}`,
      totals: `${one.seal.total}, ${other.seal.total}`,
    });
  }
}

/** Seals of one domain are held against each other. */
export function nameParty(router: Hex, { chainId, verifyingContract }: Domain): string {
  return `${router} ${chainId} ${verifyingContract}`;
}

/** One number twice, or a total that falls. */
function cannotBoth({ seal: one }: SignedSeal, { seal: other }: SignedSeal): boolean {
  if (contradicts(one, other)) return true;
  return one.node === other.node && (other.number - one.number) * (other.total - one.total) < 0n;
}
