// Receipts of one home beside each other: each names the hash of the one before, and each total is the one before and what was accepted. Pure but for
// the hash.
import type { ReceiptBundle } from '../check-bundle.ts';
import { receiptIdOf, wordToJobId } from '../ids.ts';
import { makeMessageSigner, USAGE_RECEIPT } from '../receipt.ts';

/** A link that does not fit, between two receipts that follow one another. */
export interface LinkFault {
  readonly kind: 'previous-hash' | 'running-total';
  readonly node: string;
  readonly ids: readonly [string, string];
  /** What stands in the second, and what would fit the first. */
  readonly says: string;
  readonly fits: string;
}

/** How far the receipts of a home are one chain. */
export interface ChainReport {
  readonly node: string;
  readonly first: string;
  readonly last: string;
  /** Links that were there to be checked: of receipts, and of totals. */
  readonly links: number;
  /** Numbers between the first and the last of which no receipt is here. */
  readonly missing: string;
}

interface Placed {
  readonly id: string;
  readonly bundle: ReceiptBundle;
}

/** `bundles`: such as hold, each by itself. Those without a receipt say nothing. */
export function checkLinks(bundles: readonly ReceiptBundle[]): {
  readonly chains: readonly ChainReport[];
  readonly faults: readonly LinkFault[];
} {
  const nodes = new Map<string, Placed[]>();
  for (const bundle of bundles) {
    const { chainId, verifyingContract } = bundle.domain;
    const name = `${chainId} ${verifyingContract} ${bundle.ticket.node}`;
    const id = receiptIdOf(wordToJobId(bundle.ticket.jobId), bundle.ticket.part);
    nodes.set(name, [...(nodes.get(name) ?? []), { id, bundle }]);
  }
  const checked = [...nodes.values()].map(checkNode);
  return {
    chains: checked.flatMap(({ chain }) => chain ?? []),
    faults: checked.flatMap(({ faults }) => faults),
  };
}

function checkNode(placed: readonly Placed[]): { chain: ChainReport | null; faults: LinkFault[] } {
  const [hashed, totalled] = [checkHashes(placed), checkTotals(placed)];
  const bySeq = sortBy(placed, ({ bundle }) => bundle.receipt?.seq ?? 0n);
  const [first, last] = [bySeq[0]?.bundle.receipt, bySeq.at(-1)?.bundle.receipt];
  const faults = [...hashed.faults, ...totalled.faults];
  if (!first || !last) return { chain: null, faults };
  const here = new Set(bySeq.map(({ bundle }) => bundle.receipt?.seq)).size;
  const missing = last.seq - first.seq + 1n - BigInt(here);
  const links = hashed.links + totalled.links;
  return {
    chain: { node: first.node, first: String(first.seq), last: String(last.seq), links, missing: String(missing) },
    faults,
  };
}

interface Checked {
  readonly links: number;
  readonly faults: readonly LinkFault[];
}

function checkHashes(placed: readonly Placed[]): Checked {
  return checkEach(
    sortBy(placed, ({ bundle }) => bundle.receipt?.seq ?? 0n),
    (one, next) => {
      const [before, after] = [one.bundle.receipt, next.bundle.receipt];
      if (!before || !after || after.seq !== before.seq + 1n) return null;
      const fits = makeMessageSigner(one.bundle.domain).hash(USAGE_RECEIPT, before);
      return { kind: 'previous-hash', node: after.node, says: after.prevReceipt, fits };
    },
  );
}

function checkTotals(placed: readonly Placed[]): Checked {
  const accepted = placed.filter(({ bundle }) => bundle.acceptance);
  return checkEach(
    sortBy(accepted, ({ bundle }) => bundle.acceptance?.count ?? 0n),
    (one, next) => {
      const [before, after] = [one.bundle.acceptance, next.bundle.acceptance];
      if (!before || !after || after.count !== before.count + 1n) return null;
      const fits = before.cumulativeAmount + after.amount;
      return { kind: 'running-total', node: after.node, says: String(after.cumulativeAmount), fits: String(fits) };
    },
  );
}

/** Pairs of neighbours; null for those that no link joins. */
function checkEach(
  sorted: readonly Placed[],
  compare: (one: Placed, next: Placed) => Omit<LinkFault, 'ids'> | null,
): Checked {
  const faults: LinkFault[] = [];
  let links = 0;
  for (const [i, next] of sorted.slice(1).entries()) {
    const one = sorted[i];
    const link = one ? compare(one, next) : null;
    if (!one || !link) continue;
    links += 1;
    if (link.says !== link.fits) faults.push({ ...link, ids: [one.id, next.id] });
  }
  return { links, faults };
}

function sortBy(placed: readonly Placed[], numberOf: (one: Placed) => bigint): Placed[] {
  return placed.toSorted((a, b) => (numberOf(a) < numberOf(b) ? -1 : 1));
}
