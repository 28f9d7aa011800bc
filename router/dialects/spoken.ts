// How a caller is answered whose API is not Chat Completions.
import type { ChatChunk, ChatCompletion, Dialect, DialectError, DialectStream } from './dialect.ts';
import type { ChatRequest } from '../../schema/openai.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** A dialect with what its answer echoes of the request. */
export interface Spoken {
  /** `promptTokens`: about how many the prompt has. */
  readonly openStream: (head: Pick<ChatChunk, 'id' | 'created' | 'model'>, promptTokens: number) => DialectStream;
  /** What is told of a whole answer: as JSON, or a text as it stands, of the type `wholeType`. */
  readonly encodeWhole: (completion: ChatCompletion) => object | string;
  readonly wholeType?: string;
  readonly encodeError: (error: DialectError) => object;
}

/** Reads a body of a dialect. `more`: what else its streams tell, by about how many tokens the prompt has. */
export function readSpoken<F>(
  dialect: Dialect<F>,
  body: unknown,
  more: (promptTokens: number) => Partial<F> = () => ({}),
): Result<{ readonly chat: ChatRequest; readonly spoken: Spoken }, RequestFault> {
  const parsed = dialect.parse(body);
  if (!parsed.ok) return parsed;
  const { chat, facts } = parsed.value;
  return ok({
    // The events that end the other APIs' answers tell the usage, which comes only where it was asked for.
    chat: { ...chat, includeUsage: chat.stream },
    spoken: {
      openStream: (head, promptTokens) => dialect.openStream({ ...facts, ...more(promptTokens) }, head),
      encodeWhole: (completion) => dialect.encodeWhole(facts, completion),
      encodeError: dialect.encodeError,
    },
  });
}
