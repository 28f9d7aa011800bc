// The words of the page in whatever language: English has the keys.
import type { StateText } from '../../../schema/state-words.ts';
import type { WordsOf } from '../../../schema/words-of.ts';
import type { EN } from './words-en.ts';

/** The same keys in every language. */
export type Words = Omit<WordsOf<typeof EN>, 'states'> & {
  readonly states: Readonly<Record<string, StateText>>;
};
