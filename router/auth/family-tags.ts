// Families of addresses as tags that tell only whether two are the same: an address itself is written nowhere.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { BoundedMap } from '../../schema/bounded-map.ts';
import { toHex } from '../../schema/bytes.ts';
import { familyOf } from './make-kin.ts';

const TAG_BYTES = 8;
const KEPT = 10_000;

export class FamilyTags {
  readonly #key: Uint8Array;
  readonly #tags = new BoundedMap<string, string>(KEPT);

  /** `secret`: with another one the same families have other tags. */
  constructor(secret: string) {
    this.#key = utf8ToBytes(`address-family:${secret}`);
  }

  /** 16 hex digits for an address's family; null where that tells nothing. */
  tag(address: string): string | null {
    const family = familyOf(address);
    if (family === null) return null;
    const known = this.#tags.get(family);
    if (known !== undefined) return known;
    const tag = toHex(hmac(sha256, this.#key, utf8ToBytes(family)).subarray(0, TAG_BYTES)).slice(2);
    this.#tags.set(family, tag);
    return tag;
  }
}
