// Public ids: a prefix that says what it is and 32 hex digits.
import { fromHex, toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';

export type IdPrefix = 'acct' | 'key' | 'job' | 'node' | 'enr' | 'evt' | 'pool' | 'mem' | 'chk' | 'person';

/** `job_` + 32 hex digits of 16 random bytes; the bytes come in, so tests can choose them. */
export function makeId(prefix: IdPrefix, random: Uint8Array): string {
  return `${prefix}_${toHex(random.subarray(0, 16)).slice(2)}`;
}

export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-9a-f]{32}$/.test(text.slice(prefix.length + 1));
}

/** A job's id as the 32-byte word that tickets carry: its 16 bytes, then zeros. */
export function jobIdToWord(jobId: string): Hex {
  return `0x${jobId.slice(4)}${'0'.repeat(32)}`;
}

/** The job id of a ticket's word. */
export function wordToJobId(word: Hex): string {
  return `job_${word.slice(2, 34)}`;
}

/** A node's public id comes from its address, so it is the same wherever it enrols. */
export function nodeIdOf(address: Hex): string {
  return `node_${toHex(fromHex(address).subarray(0, 16)).slice(2)}`;
}

/** The public name of a part's receipt. */
export function receiptIdOf(jobId: string, part: number): string {
  return `rcpt_${jobId.slice(4)}_${part}`;
}

/** The name of one of an area's hubs: where it is, and which. */
export function makeHubName(area: string, number: number): string {
  return `hub:${area}:${number}`;
}

/** What a hub's name says; of any other name no area, and a number below all. */
export function readHubName(hub: string): { readonly area: string; readonly number: number } {
  const [, area = '', number = '-1'] = hub.split(':');
  return { area, number: Number(number) };
}
