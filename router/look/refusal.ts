// What a form was refused for, as the form's own page tells it anew: the fields of that form find what was typed and what was wrong by themselves.
import { createContext, useContext } from 'hono/jsx';

export interface Refusal {
  /** Path that the form was sent to. */
  readonly sentTo: string;
  /** Path of the page that it stands on: where forms without an address of their own go. */
  readonly page: string;
  readonly typed: Readonly<Record<string, string | readonly string[]>>;
  /** The field that was wrong, by its name in the form; null for none of them. */
  readonly field: string | null;
  /** In the reader's language. */
  readonly told: string;
  /** The API's own sentence, where that is another. */
  readonly english: string | null;
  /** Told the label of the field when the form is written. */
  readonly noteLabel: (label: string) => void;
}

/** Around a page: its path, with its query. */
export const PagePath = createContext<string | undefined>(undefined);
/** Around a page. */
export const PageRefusal = createContext<Refusal | null>(null);
/** Around one form: null for every other than the one that was sent. */
export const FormRefusal = createContext<Refusal | null>(null);

/** What a field was sent with and what was wrong with it. */
export interface SaidField {
  /** Undefined where its form was not sent, or not with it. */
  readonly typed: readonly string[] | undefined;
  readonly fault: string | null;
}

export function useSaid(name: string, label: string): SaidField {
  const refusal = useContext(FormRefusal);
  if (!refusal) return { typed: undefined, fault: null };
  const typed = refusal.typed[name];
  const isFaulty = refusal.field === name;
  if (isFaulty) refusal.noteLabel(label);
  // A box that nobody ticked is not sent: it was empty.
  return { typed: typed === undefined ? [] : [typed].flat(), fault: isFaulty ? refusal.told : null };
}
