// A text of the docs in every language, the one beside the other: one that lacks a language does not compile. Types only.
import type { Locale } from '../look/words.ts';

export type Told = Readonly<Record<Locale, string>>;
