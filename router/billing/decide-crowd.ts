// Whether one more job of an account may run beside those that do. Pure.

/** Jobs at once at most. */
export interface CrowdLimits {
  readonly account: number;
  /** Of one key: an account's other keys work on beside one that runs wild. */
  readonly key: number;
  /** Jobs that nobody pays for, on other people's homes, of an account without credit. */
  readonly guest: number;
}

/** Far above what agents and evaluations were seen to run at once; a guest's work waits in line anyway. */
export const CROWD_LIMITS: CrowdLimits = { account: 512, key: 256, guest: 32 };

/** A job that runs, or would. Null for a key that a restart has forgotten. */
export interface CrowdJob {
  readonly keyId: string | null;
  readonly isGuest: boolean;
}

/** The limit that one more job would break, and its size; null where it breaks none. */
export function decideCrowd(
  running: readonly CrowdJob[],
  one: CrowdJob,
  limits: CrowdLimits,
): { readonly of: keyof CrowdLimits; readonly limit: number } | null {
  if (running.length >= limits.account) return { of: 'account', limit: limits.account };
  if (one.isGuest && running.filter(({ isGuest }) => isGuest).length >= limits.guest)
    return { of: 'guest', limit: limits.guest };
  if (running.filter(({ keyId }) => keyId === one.keyId).length >= limits.key) return { of: 'key', limit: limits.key };
  return null;
}
