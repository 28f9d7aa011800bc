// What D1 has forgotten when it was restored from a backup, told from the objects, which were not: what was revoked since must stay so. Pure.

/** What an account's object and its areas say. */
export interface ObjectFacts {
  readonly revokedKeys: readonly string[];
  readonly isDisabled: boolean;
  /** Of the account's homes those that areas know as revoked. */
  readonly revokedNodes: readonly string[];
}

/** What D1 says. */
export interface StoredFacts {
  readonly keys: readonly { readonly id: string; readonly revokedAt: number | null }[];
  readonly isDisabled: boolean;
  /** Homes that are not revoked. */
  readonly nodes: readonly string[];
}

/** What is open in D1 and must not be. */
export interface Forgotten {
  readonly keys: readonly string[];
  readonly isDisabled: boolean;
  readonly nodes: readonly string[];
}

export function compareRestored(object: ObjectFacts, stored: StoredFacts): Forgotten {
  const revoked = new Set(object.revokedKeys);
  const closed = new Set(object.revokedNodes);
  return {
    keys: stored.keys.filter(({ id, revokedAt }) => revokedAt === null && revoked.has(id)).map(({ id }) => id),
    isDisabled: object.isDisabled && !stored.isDisabled,
    nodes: stored.nodes.filter((id) => closed.has(id)),
  };
}

export function isWhole({ keys, isDisabled, nodes }: Forgotten): boolean {
  return keys.length === 0 && !isDisabled && nodes.length === 0;
}
