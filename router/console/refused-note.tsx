// Above a page whose form was refused: what was wrong, with which field, in the reader's language; below it the API's own sentence.
import { Note } from '../look/pieces.tsx';
import type { Refusal } from '../look/refusal.ts';
import type { Locale } from '../look/words.ts';
import { REFUSAL_WORDS } from './refusal-words.ts';

export function RefusedNote(props: { refusal: Refusal; label: string | null; locale: Locale }) {
  const { refusal, label, locale } = props;
  const words = REFUSAL_WORDS[locale];
  const { told, english } = refusal;
  return (
    <Note tone="bad">
      <p>
        <strong>{words.refused}</strong> {label === null ? told : words.of(label, told)}
      </p>
      {english !== null && (
        <p>
          <small lang="en">{english}</small>
        </p>
      )}
    </Note>
  );
}
