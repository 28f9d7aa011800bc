// Whose doing a model server's failure is, from those before it. Pure: one prompt, or one caller, may be what no server can answer; only where
// different callers with different prompts fail is it the home.
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../../schema/bytes.ts';
import type { OpenRequest } from '../../schema/job-request.ts';

/** A job that a home's model server failed on. */
export interface Fault {
  readonly jobId: string;
  readonly accountId: string;
  /** Stands for the prompt: equal where the prompts are. */
  readonly prompt: string;
  /** ms since epoch. */
  readonly at: number;
}

/** True where an earlier failure was of another caller and of another prompt. */
export function isHomesFault(before: readonly Fault[], fault: Fault): boolean {
  return before.some(({ accountId, prompt }) => accountId !== fault.accountId && prompt !== fault.prompt);
}

/** Short and one-way, whatever seed and limits came with it. */
export function hashPrompt(request: OpenRequest): string {
  return toHex(sha256(new TextEncoder().encode(JSON.stringify(promptOf(request)))).subarray(0, 8));
}

function promptOf(request: OpenRequest): unknown {
  switch (request.kind) {
    case 'chat':
      return request.messages;
    case 'completion':
      return [request.prompt, request.suffix];
    case 'embedding':
      return request.inputs;
    case 'transcription':
      return [request.audio, request.hint];
    case 'image':
      return request.prompt;
  }
}
