// A caller that shows no API key: a home that calls itself, or who pays a call at once. Pure.
import type { Caller } from './judge-key.ts';

/** May call, and is bound to nothing; `by`: what stands where its jobs name a key. */
export function makeKeylessCaller(accountId: string, by: string): Caller {
  return {
    accountId,
    keyId: by,
    defaults: null,
    pools: [],
    scopes: ['call'],
    models: null,
    expiresAt: null,
    memberId: null,
    role: null,
    rightsAt: 0,
  };
}
