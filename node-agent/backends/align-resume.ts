// Where an answer that another home began goes on: which of its tokens stand, and what of them has to be made again. Pure.
import { err, ok, type Result } from '../../schema/result.ts';
import { splitPieces, type Told } from './answer-text.ts';
import type { ChatJob } from './backend.ts';
import type { Codec } from './render-prompt.ts';

/** The tokens before the next one, its position, and what callers have of the answer beyond those tokens. */
export interface ResumeStart {
  readonly ids: readonly number[];
  /** Tokens of the answer before the next one: its random number depends on this. */
  readonly position: number;
  readonly told: Told;
}

const BEGINNING: ResumeStart = { ids: [], position: 0, told: { tokens: 0, text: '' } };

/**
 * Keeps token ids as far as they make whole characters of the text that callers have. What lies beyond (a character cut in two, a token that a
 * stop string cut in two, ids that did not travel) is made again: a token depends on its position only, so it comes out the same, and `told`
 * says what must not be sent twice. Without ids the text is tokenised anew.
 * The error names what no home of this model can have sent.
 */
export function alignResume(resume: ChatJob['resume'], codec: Codec): Result<ResumeStart, string> {
  if (resume === undefined) return ok(BEGINNING);
  const { text, tokenIds, count } = resume;
  if (tokenIds === undefined) return ok({ ids: codec.encode(text), position: count, told: { tokens: 0, text: '' } });
  const controls = new Set(codec.controls.values());
  if (tokenIds.some((id) => codec.bytesOf(id) === undefined || controls.has(id)))
    return err('resume.tokenIds holds an id that is no text token of this model');
  const ids: number[] = [];
  let at = 0;
  for (const piece of splitPieces(tokenIds, codec.bytesOf)) {
    if (!text.startsWith(piece.text, at)) break;
    at += piece.text.length;
    ids.push(...piece.ids);
  }
  return ok({ ids, position: ids.length, told: { tokens: tokenIds.length - ids.length, text: text.slice(at) } });
}
