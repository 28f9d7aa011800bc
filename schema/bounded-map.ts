// A map that cannot grow without end: what was set longest ago makes room.

/** Holds at most `limit` entries. Setting an entry puts it last; when there are too many, the first one leaves. */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #limit: number;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  override set(key: K, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size <= this.#limit) return this;
    const first = this.keys().next();
    if (!first.done) this.delete(first.value);
    return this;
  }
}
