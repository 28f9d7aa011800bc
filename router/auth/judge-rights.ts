// What a key may do, and what a key may give away: never more than it has. Pure.
import type { KeyLimits } from '../../schema/key-limits.ts';
import type { Role, Scope } from '../../schema/key-rights.ts';
import { ROLE_SCOPES, USUAL_SCOPES } from '../../schema/key-rights.ts';
import { plainName } from '../../schema/model-names.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** What a key may, beside whose it is. */
export interface KeyRights {
  readonly scopes: readonly Scope[];
  /** The names that it may call models by; null for all. */
  readonly models: readonly string[] | null;
  /** Ms since epoch; null for never. */
  readonly expiresAt: number | null;
}

/** The scopes that count: those that were said, or the usual ones, as far as the member's role has them. A key of no member is the account's own. */
export function pickScopes(said: readonly Scope[] | null, role: Role | null): readonly Scope[] {
  const bound = role === null ? null : ROLE_SCOPES[role];
  return (said ?? USUAL_SCOPES).filter((scope) => bound === null || bound.includes(scope));
}

/** Whether a key may call a model by this name; `name` and `name:latest` are one. */
export function isAllowedModel(models: readonly string[] | null, name: string): boolean {
  return models === null || models.some((one) => plainName(one) === plainName(name));
}

/** Which key alone a caller may see, of those that its account's usage and receipts tell of; null where it may see all. */
export function onlyKeySeen({
  keyId,
  scopes,
}: {
  readonly keyId: string;
  readonly scopes: readonly Scope[];
}): string | null {
  return scopes.includes('usage') ? null : keyId;
}

/** What one key gives to another. */
export interface Gift extends KeyRights {
  readonly limits: KeyLimits | null;
}

/** In which a key would be more than the one that makes it. */
export type Excess =
  { readonly of: 'scopes' | 'models' | 'limits'; readonly names: readonly string[] } | { readonly of: 'expires_in_s' };

/** Whether `wanted` is within what the giver has. Errors: the first in which it is not. Limits hold for each key by itself (isMultiplied). */
export function judgeGift(wanted: Gift, giver: Gift): Result<null, Excess> {
  const scopes = wanted.scopes.filter((scope) => !giver.scopes.includes(scope));
  if (scopes.length > 0) return err({ of: 'scopes', names: scopes });
  const { models } = giver;
  if (models !== null) {
    // All models are more than any that are named, also where one is named '*'.
    const others = wanted.models ? wanted.models.filter((name) => !isAllowedModel(models, name)) : ['*'];
    if (others.length > 0) return err({ of: 'models', names: others });
  }
  const { expiresAt } = giver;
  const outlives = expiresAt !== null && (wanted.expiresAt === null || wanted.expiresAt > expiresAt);
  if (outlives) return err({ of: 'expires_in_s' });
  const limits = findHigher(wanted.limits, giver.limits);
  return limits.length > 0 ? err({ of: 'limits', names: limits }) : ok(null);
}

/** Whether keys that a key with these limits made would have together more than it has: so with all limits but that of a single job. */
export function isMultiplied(limits: KeyLimits | null): boolean {
  if (!limits) return false;
  const { job: _, ...others } = limits;
  return Object.values(others).some((limit) => limit !== null);
}

/** The limits of the giver's that the wanted ones would go beyond. */
function findHigher(wanted: KeyLimits | null, giver: KeyLimits | null): (keyof KeyLimits)[] {
  if (!giver) return [];
  const names = Object.keys(giver) as (keyof KeyLimits)[];
  return names.filter((name) => giver[name] !== null && (wanted?.[name] ?? Infinity) > giver[name]);
}
