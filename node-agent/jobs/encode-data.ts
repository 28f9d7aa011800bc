// A `data` frame of events that are text yet: written once into memory that is shared out, where schema/frames.ts would copy bytes into memory of its own.
import { FLAG_THINKING, FLAG_TOKEN_IDS, FRAME_HEADER_BYTES, writeHeader } from '../../schema/frames.ts';

interface Data {
  readonly tokens: number;
  readonly text: string;
  /** Of the text as UTF-8. */
  readonly bytes: number;
  /** As many as tokens. */
  readonly tokenIds: readonly number[] | undefined;
  readonly isThinking: boolean;
}

export function encodeDataText(job: number, { tokens, text, bytes, tokenIds, isThinking }: Data): Buffer {
  const start = FRAME_HEADER_BYTES + 4 * (tokenIds?.length ?? 0);
  const frame = Buffer.allocUnsafe(start + bytes);
  const flags = (isThinking ? FLAG_THINKING : 0) | (tokenIds ? FLAG_TOKEN_IDS : 0);
  const length = frame.length - FRAME_HEADER_BYTES;
  writeHeader(frame, 'data', { flags, tokens: tokenIds?.length ?? tokens, job, length });
  tokenIds?.forEach((id, i) => frame.writeUInt32BE(id >>> 0, FRAME_HEADER_BYTES + 4 * i));
  frame.write(text, start, 'utf8');
  return frame;
}
