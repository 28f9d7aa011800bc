// The lines of the receipts' log: each with a checksum and, in front, the highest numbers that its append uses up, so that they can be read
// off a line that a crash cut short. Pure.
import { createHash } from 'node:crypto';
import { parseJson } from '../../schema/json.ts';

/** The highest number of a seal and of a receipt that have been used. */
export interface TopNumbers {
  readonly seal: bigint;
  readonly seq: bigint;
}

export interface LogLine {
  /** Where it begins, and its bytes with the line's end. */
  readonly at: number;
  readonly length: number;
  readonly top: TopNumbers;
  readonly value: unknown;
}

export interface ParsedLog {
  readonly lines: readonly LogLine[];
  /** Lines that are whole and not what was written. */
  readonly damaged: readonly Uint8Array[];
  /** What stands behind the last good line; null where nothing does. The numbers are those that can still be read there. */
  readonly tail: { readonly isTorn: boolean; readonly tops: readonly TopNumbers[] } | null;
}

const SUM_CHARS = 16;
const HEAD = /^[0-9a-f]{16} (\d{1,20}) (\d{1,20}) /;
/** A head is no longer than this. */
const HEAD_CHARS = SUM_CHARS + 45;
const NEWLINE = 10;

/** `json` must hold no line's end, which JSON.stringify never writes. */
export function encodeLogLine({ seal, seq }: TopNumbers, json: string): Buffer {
  const text = `${seal} ${seq} ${json}`;
  return Buffer.from(`${checksum(text)} ${text}\n`, 'utf8');
}

/** The value of one line; undefined where it is damaged or torn. */
export function readLogLine(line: Buffer): unknown {
  return readLine(line)?.value;
}

export function parseLog(bytes: Buffer): ParsedLog {
  const lines: LogLine[] = [];
  const damaged: Buffer[] = [];
  let tops: TopNumbers[] = [];
  let isTorn = false;
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, at);
    const line = bytes.subarray(at, newline < 0 ? bytes.length : newline + 1);
    const good = readLine(line);
    if (good) {
      lines.push({ at, length: line.length, ...good });
      tops = [];
    } else {
      isTorn = newline < 0;
      if (!isTorn) damaged.push(line);
      tops.push(...readTop(line.toString('latin1', 0, HEAD_CHARS)));
    }
    at += line.length;
  }
  const last = lines.at(-1);
  const isWhole = (last ? last.at + last.length : 0) === bytes.length;
  return { lines, damaged, tail: isWhole ? null : { isTorn, tops } };
}

function readLine(line: Buffer): { top: TopNumbers; value: unknown } | null {
  if (line.at(-1) !== NEWLINE) return null;
  const text = line.toString('utf8', 0, line.length - 1);
  const head = HEAD.exec(text);
  const [top] = readTop(text);
  if (!head || !top || checksum(text.slice(SUM_CHARS + 1)) !== text.slice(0, SUM_CHARS)) return null;
  return { top, value: parseJson(text.slice(head[0].length)) };
}

function readTop(text: string): TopNumbers[] {
  const [, seal, seq] = HEAD.exec(text) ?? [];
  return seal === undefined || seq === undefined ? [] : [{ seal: BigInt(seal), seq: BigInt(seq) }];
}

function checksum(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, SUM_CHARS);
}
