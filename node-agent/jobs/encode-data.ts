// A `data` frame of events that are text yet: written once into memory that is shared out, where schema/frames.ts would copy bytes into memory of its own.
import { FLAG_CALLS, FLAG_THINKING, FLAG_TOKEN_IDS, FRAME_HEADER_BYTES, writeHeader } from '../../schema/frames.ts';

/** What events tell. A frame holds one of them. */
export type Said = 'text' | 'thinking' | 'calls';

interface Data {
  readonly tokens: number;
  readonly text: string;
  /** Of the text as UTF-8. */
  readonly bytes: number;
  /** As many as tokens. */
  readonly tokenIds: readonly number[] | undefined;
  readonly said: Said;
}

const FLAGS: Readonly<Record<Said, number>> = { text: 0, thinking: FLAG_THINKING, calls: FLAG_CALLS };

export function encodeDataText(job: number, { tokens, text, bytes, tokenIds, said }: Data): Buffer {
  const start = FRAME_HEADER_BYTES + 4 * (tokenIds?.length ?? 0);
  const frame = Buffer.allocUnsafe(start + bytes);
  const flags = FLAGS[said] | (tokenIds ? FLAG_TOKEN_IDS : 0);
  const length = frame.length - FRAME_HEADER_BYTES;
  writeHeader(frame, 'data', { flags, tokens: tokenIds?.length ?? tokens, job, length });
  tokenIds?.forEach((id, i) => frame.writeUInt32BE(id >>> 0, FRAME_HEADER_BYTES + 4 * i));
  frame.write(text, start, 'utf8');
  return frame;
}
