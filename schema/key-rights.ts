// What a key may do, and what the role of the member that it belongs to leaves of that: the words of the API, of tables and of decisions.

/**
 * `call`: jobs, at the account's cost. `usage`: reading what the account used, has and was told (balance, receipts, why its homes had no job).
 * `keys`: making, changing and revoking one's own keys. `nodes`: enrolling, changing and revoking the account's homes. `members`: the account's members.
 */
export const SCOPES = ['call', 'usage', 'keys', 'nodes', 'members'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a key may do for which nobody has said anything, as all keys of before version 0.3: what such a key could do then, and nothing more. */
export const USUAL_SCOPES: readonly Scope[] = ['call', 'usage'];

export const ROLES = ['owner', 'member', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** The most that a key of such a member may do. */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  owner: SCOPES,
  member: ['call', 'usage', 'keys'],
  viewer: ['usage'],
};
