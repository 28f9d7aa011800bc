// Jobs that a node's replaced connections still finish: they take its slots too. Pure.

interface Finishing {
  readonly facts: { readonly nodeId: string };
  readonly isReplaced: boolean;
  readonly parts: { readonly size: number };
}

/** By node; none where no replaced connection has a job. */
export function countFinishing(sockets: Iterable<Finishing>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { facts, isReplaced, parts } of sockets)
    if (isReplaced && parts.size > 0) counts.set(facts.nodeId, (counts.get(facts.nodeId) ?? 0) + parts.size);
  return counts;
}
