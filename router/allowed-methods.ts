// Which methods a path answers to, from the routes themselves, so that a new route is never told as a path that does not exist.
import { TrieRouter } from 'hono/router/trie-router';
import type { ListedRoute } from './match-path.ts';

export class AllowedMethods {
  readonly #router = new TrieRouter<true>();
  readonly #methods: readonly string[];

  constructor(routes: readonly ListedRoute[]) {
    const listed = routes.filter(({ method }) => method !== 'ALL');
    for (const { method, path } of listed) this.#router.add(method, path, true);
    this.#methods = [...new Set(listed.map(({ method }) => method))].toSorted();
  }

  /** Methods of this path in alphabetical order; none for a path that does not exist. */
  find(path: string): string[] {
    return this.#methods.filter((method) => this.#router.match(method, path)[0].length > 0);
  }
}
