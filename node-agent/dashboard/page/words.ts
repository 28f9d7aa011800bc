// The words of the page in whatever language: English has the keys.
import type { StateText } from '../../../schema/state-words.ts';
import type { EN } from './words-en.ts';

type Widen<T> = T extends string
  ? string
  : T extends (...given: infer G) => unknown
    ? (...given: G) => string
    : { readonly [K in keyof T]: Widen<T[K]> };

/** The same keys in every language. */
export type Words = Omit<{ readonly [K in keyof typeof EN]: Widen<(typeof EN)[K]> }, 'states'> & {
  readonly states: Readonly<Record<string, StateText>>;
};
