// The type of words in other languages: English has the keys, and what another language lacks does not compile. Of types alone.

type Widen<T> = T extends string
  ? string
  : T extends (...given: infer G) => unknown
    ? (...given: G) => string
    : { readonly [K in keyof T]: Widen<T[K]> };

/** The same keys in every language. */
export type WordsOf<English> = { readonly [K in keyof English]: Widen<English[K]> };
