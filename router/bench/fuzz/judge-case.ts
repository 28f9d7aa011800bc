// What must be true of every answer, whatever was asked: a status that says whose fault it is, an error that names what is wrong and nothing of the inside, a
// stream with an end. Pure.
import { INSIDE } from '../../test/inside.ts';
import type { FuzzedEndpoint } from './endpoints.ts';

export interface FuzzAnswer {
  /** 0: the line broke before any answer. */
  readonly status: number;
  readonly type: string;
  readonly requestId: string;
  readonly text: string;
}

/** Beside a status of 500 and above: nobody could take it just now. The home and its server are well: what they fail on should not have reached them. */
const HOME_CODES = new Set(['no_node_online', 'first_token_timeout']);

/** What is wrong with an answer; null for a good one. `mayHangUp`: the request was cut short or lied about its length, so that no answer is one. */
export function judgeCase(
  { lastEvent }: Pick<FuzzedEndpoint, 'lastEvent'>,
  answer: FuzzAnswer,
  mayHangUp: boolean,
): string | null {
  const { status, type, requestId, text } = answer;
  if (status === 0) return mayHangUp ? null : 'no answer';
  // The platform itself refuses what is no HTTP.
  if (mayHangUp && status === 400 && requestId === '') return null;
  if (!/^req_[0-9a-f]{32}$/.test(requestId)) return 'no request id';
  if (status !== 200) return judgeRefusal(status, text);
  if (type.startsWith('text/event-stream')) return judgeStream(lastEvent, text);
  return parse(text) === undefined ? 'an answer that is no JSON' : null;
}

function judgeRefusal(status: number, text: string): string | null {
  const body = parse(text) as { error?: { message?: unknown; type?: unknown; code?: unknown } } | undefined;
  const { message, type, code } = body?.error ?? {};
  if (typeof message !== 'string' || typeof type !== 'string') return 'a refusal without message or type';
  if (status >= 500 && !(typeof code === 'string' && HOME_CODES.has(code))) return `status ${status}`;
  if (message.length < 10 || message.length > 2000) return 'a message that says nothing, or too much';
  // What the caller wrote is shown to the caller again, in quotes.
  return INSIDE.test(message.replace(/'[^]*'/, '')) ? 'a message that tells of the inside' : null;
}

function judgeStream(lastEvent: RegExp | null, text: string): string | null {
  const lines = text.split('\n').filter((line) => line.startsWith('data:'));
  if (lastEvent === null) return 'a stream where none is';
  return lastEvent.test(lines.at(-1) ?? '') ? null : 'a stream without an end';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
