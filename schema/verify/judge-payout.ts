// Whether a receipt was paid for, link by link: ticket, receipt, acceptance, leaf, root, chain, payout. The first three are checked by their signatures, leaf
// and root by hashes, the last two against what the chain says. Pure but for the curve.
import type { Hex } from '../bytes.ts';
import { checkBundle } from '../check-bundle.ts';
import type { BundleFault } from '../check-bundle.ts';
import { hashEpochLeaf, payableOf } from '../epoch-leaf.ts';
import { foldProof } from '../merkle.ts';
import type { PayoutProof } from '../payout-proof.ts';
import { ACCEPTANCE, makeMessageSigner } from '../receipt.ts';
import type { Domain } from '../typed-data.ts';
import { ZERO_ADDRESS } from '../typed-data.ts';
import { EN } from './words-en.ts';

/** In their order: each leans on the one before. */
export const PAYOUT_LINKS = ['ticket', 'receipt', 'acceptance', 'leaf', 'root', 'chain', 'payout'] as const;
export type PayoutLink = (typeof PAYOUT_LINKS)[number];

/** `open`: not yet, and nothing is wrong. */
export interface LinkReport {
  readonly link: PayoutLink;
  readonly state: 'holds' | 'open' | 'broken';
  readonly sentence: string;
}

/** What the chain says of a root, a node and a router's key, at one block. Amounts in units. */
export interface PayoutFacts {
  readonly domain: Domain;
  /** Of the epoch that the proof names; `missing` where no root of it was ever posted. `passed`: final, and not among the last two any more. */
  readonly root: {
    readonly state: 'final' | 'passed' | 'pending' | 'void' | 'missing';
    readonly value: Hex | null;
    /** Of a pending one, ms since epoch. */
    readonly finalAt: number | null;
  };
  /** Whether the chain names the key that signed the acceptance as a router's, for its epoch. */
  readonly isRouterKey: boolean;
  /** What the contract itself says of the proof (`isPaidFor`); null where it was not asked, since it knows the last two roots alone. */
  readonly isPaidFor: boolean | null;
  /** Of the node, from its first day. */
  readonly claimed: bigint;
  /** Zero where none was bound on the chain: then the leaf's is paid. */
  readonly boundWallet: Hex;
  /** Of the node, the oldest first; those of times that the chain was not asked for are missing. */
  readonly claims: readonly { readonly units: bigint; readonly tx: Hex; readonly wallet: Hex }[];
}

export interface PayoutReport {
  readonly links: readonly LinkReport[];
  /** `open`: nothing is broken, and something is still to come. */
  readonly verdict: LinkReport['state'];
}

export function judgePayout(proof: PayoutProof, facts: PayoutFacts): PayoutReport {
  const links = [
    ...judgeReceipt(proof),
    judgeLeaf(proof),
    judgeRoot(proof),
    judgeChain(proof, facts),
    judgePaid(proof, facts),
  ];
  const worst = (['broken', 'open'] as const).find((state) => links.some((link) => link.state === state));
  return { links, verdict: worst ?? 'holds' };
}

/** The link that each fault of a receipt breaks. */
const LINK_OF: Readonly<Record<BundleFault, 'ticket' | 'receipt' | 'acceptance'>> = {
  'ticket-signature': 'ticket',
  'receipt-signature': 'receipt',
  'receipt-of-other-ticket': 'receipt',
  'receipt-of-other-node': 'receipt',
  'over-output-limit': 'receipt',
  'over-prompt-limit': 'receipt',
  'no-receipt': 'receipt',
  'acceptance-signature': 'acceptance',
  'acceptance-of-other-receipt': 'acceptance',
  'not-handed-over': 'acceptance',
  'counts-raised': 'acceptance',
  'amount-raised': 'acceptance',
  'not-accepted': 'acceptance',
};

const NOT_LOOKED_AT = 'not looked at: it leans on a link that is broken';

function judgeReceipt({ receipt: bundle }: PayoutProof): LinkReport[] {
  const { router, ticket, receipt, acceptance, acceptedBy } = bundle;
  const checked = checkBundle(bundle);
  const words = {
    ticket: `router ${router} has signed the job`,
    receipt: `node ${ticket.node} has signed receipt ${receipt?.seq ?? 0n} of it, for ${receipt?.amount ?? 0n} units`,
    acceptance: `router ${acceptedBy ?? router} has signed for it: ${acceptance?.amount ?? 0n} units, as number ${acceptance?.count ?? 0n} of this node, with ${acceptance?.cumulativeAmount ?? 0n} units until then`,
  };
  const links = ['ticket', 'receipt', 'acceptance'] as const;
  const broken = checked.ok ? null : LINK_OF[checked.error];
  const at = broken === null ? links.length : links.indexOf(broken);
  return links.map((link, i) => {
    if (i < at) return { link, state: 'holds', sentence: words[link] };
    if (i > at || checked.ok) return { link, state: 'broken', sentence: NOT_LOOKED_AT };
    return { link, state: 'broken', sentence: EN.faults[checked.error] };
  });
}

function judgeLeaf({ receipt: { domain, acceptance }, leaf, toLeaf }: PayoutProof): LinkReport {
  const broken = (sentence: string): LinkReport => ({ link: 'leaf', state: 'broken', sentence });
  if (!acceptance) return broken(NOT_LOOKED_AT);
  if (acceptance.node !== leaf.node) return broken(`the leaf is of ${leaf.node}, the acceptance of ${acceptance.node}`);
  if (leaf.count < acceptance.count || leaf.earned < acceptance.cumulativeAmount)
    return broken(
      `the leaf holds ${leaf.count} acceptances and ${leaf.earned} units, and this is number ${acceptance.count} with ${acceptance.cumulativeAmount}`,
    );
  const digest = makeMessageSigner(domain).hash(ACCEPTANCE, acceptance);
  if (foldProof(digest, toLeaf) !== leaf.acceptancesRoot)
    return broken(
      'the acceptance is not among those that the leaf stands for: its hashes lead to another root than the leaf has',
    );
  return {
    link: 'leaf',
    state: 'holds',
    sentence: `the acceptance is one of the ${leaf.count} that the leaf of ${leaf.node} stands for`,
  };
}

function judgeRoot({ leaf, toRoot, epoch, root }: PayoutProof): LinkReport {
  const led = foldProof(hashEpochLeaf(leaf), toRoot);
  return led === root
    ? { link: 'root', state: 'holds', sentence: `the leaf is under the root of epoch ${epoch}` }
    : {
        link: 'root',
        state: 'broken',
        sentence: `the leaf leads to ${led}, and the root of epoch ${epoch} is said to be ${root}`,
      };
}

function judgeChain({ receipt, root, epoch }: PayoutProof, facts: PayoutFacts): LinkReport {
  const make = (state: LinkReport['state'], sentence: string): LinkReport => ({ link: 'chain', state, sentence });
  const { domain, root: told, isRouterKey, isPaidFor } = facts;
  if (receipt.domain.chainId !== domain.chainId || receipt.domain.verifyingContract !== domain.verifyingContract)
    return make(
      'broken',
      `the messages are signed for ${nameDomain(receipt.domain)}, and this is ${nameDomain(domain)}`,
    );
  if (told.state === 'missing') return make('broken', `the chain has never had a root of epoch ${epoch}`);
  if (told.value !== root) return make('broken', `the chain has the root ${told.value ?? 'none'} for epoch ${epoch}`);
  if (told.state === 'void') return make('broken', `the root of epoch ${epoch} was made void: nothing is paid by it`);
  if (!isRouterKey)
    return make('broken', 'the chain does not name the key that signed the acceptance as a router’s in its epoch');
  if (told.state === 'pending')
    return make(
      'open',
      `the chain has this root for epoch ${epoch}; it is final ${told.finalAt === null ? 'after its window' : `from ${new Date(told.finalAt).toISOString()}`}`,
    );
  if (isPaidFor === false) return make('broken', 'the contract does not take this proof (isPaidFor)');
  const asked = isPaidFor ? ', and the contract takes this proof (isPaidFor)' : '';
  const passed = told.state === 'passed' ? '; later roots stand in its place now' : '';
  return make('holds', `the chain has this root for epoch ${epoch}, final${asked}${passed}`);
}

/** Leaves and claims are of all time: what a leaf comes to is paid once so much was claimed in all. */
function judgePaid({ leaf, receipt }: PayoutProof, { claimed, claims, boundWallet, root }: PayoutFacts): LinkReport {
  const make = (state: LinkReport['state'], sentence: string): LinkReport => ({ link: 'payout', state, sentence });
  const payable = payableOf(leaf);
  const told = `${tellUnits(payable)} test tokens without value (${payable} units)`;
  const less =
    leaf.withheld + leaf.spent > 0n ? `; ${leaf.withheld} units are withheld and ${leaf.spent} became API credit` : '';
  if (claimed < payable) {
    const by = root.state === 'final' ? 'irori-node claim pays them' : 'a later root pays them';
    return make('open', `the leaf comes to ${told}${less}, and ${claimed} units were claimed so far: ${by}`);
  }
  const wallet = boundWallet === ZERO_ADDRESS ? leaf.wallet : boundWallet;
  // The claim that came past this acceptance; less of them is paid where units were withheld or spent.
  const total = receipt.acceptance?.cumulativeAmount ?? 0n;
  const wanted = total < payable ? total : payable;
  let sum = 0n;
  const found = claims.find(({ units }) => (sum += units) >= wanted);
  const where = found ? `, in transaction ${found.tx} to ${found.wallet}` : ` to ${wallet}`;
  return make('holds', `all of the leaf, ${told}, was claimed${where}${less}`);
}

function nameDomain({ chainId, verifyingContract }: Domain): string {
  return `chain ${chainId}, contract ${verifyingContract}`;
}

/** Units as tokens, with all six decimals. */
export function tellUnits(units: bigint): string {
  const text = String(units).padStart(7, '0');
  return `${text.slice(0, -6)}.${text.slice(-6)}`;
}
