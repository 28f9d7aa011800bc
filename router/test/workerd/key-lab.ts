// An account with a key of its own that may do everything, and what is done with its keys, for tests of what keys may do.
import { admin, call, openAccount } from './admin-calls.ts';
import type { Answer } from './admin-calls.ts';

export interface Key {
  readonly id: string;
  readonly key: string;
  readonly [name: string]: unknown;
}
export interface Member {
  readonly id: string;
  readonly role: string;
}

export const ALL = ['call', 'usage', 'keys', 'nodes', 'members'];

export class KeyLab {
  readonly accountId: string;
  /** The account's own, with all that there is. */
  readonly root: Key;

  private constructor(accountId: string, root: Key) {
    this.accountId = accountId;
    this.root = root;
  }

  static async open(): Promise<KeyLab> {
    const accountId = await openAccount();
    return new KeyLab(accountId, await mintFor(accountId, { scopes: ALL }));
  }

  mint(said: object = {}, key?: Key): Promise<Key> {
    return mintFor(this.accountId, said, key);
  }

  async addMember(role: string, key = this.root): Promise<Member> {
    const { status, json } = await as(key, 'POST', '/members', { name: `a ${role}`, role });
    if (status !== 201) throw new Error(JSON.stringify(json));
    return json as unknown as Member;
  }
}

async function mintFor(accountId: string, said: object, key?: Key): Promise<Key> {
  const { status, json } = key
    ? await as(key, 'POST', '/keys', said)
    : await admin('POST', `/accounts/${accountId}/keys`, said);
  if (status !== 201) throw new Error(JSON.stringify(json));
  return json as unknown as Key;
}

export function as(key: Key, method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
  return call(method, `/v1${path}`, body, { authorization: `Bearer ${key.key}`, ...headers });
}

/** An answer that refuses, with its code and the field that it names. */
export const refused = (code: string, param?: string | null): object => ({
  json: { error: { code, ...(param !== undefined && { param }) } },
});
