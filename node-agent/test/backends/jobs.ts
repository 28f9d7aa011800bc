// What the tests of whole backends share: a job, and a run that keeps what came.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend, ChatJob, Delta, Finish } from '../../backends/backend.ts';
import { sampleRequest } from '../../../schema/sample-messages.ts';

export const STORY = 'Tell me a story about a fox named Ada.';

/** The demo model's greedy answer to STORY, the same on every runtime that holds the fp32 weights. */
export const STORY_ANSWER =
  'One cloudy day a fox named Ada went to the garden. Ada had a paper plane and felt happy. Then Ada could not reach the paper plane. ' +
  'Ada met Dana, who was kind. Ada and Dana made a plan. In the end they fixed it before dark. Ada and Dana went home and had dinner. ' +
  'It is good to help a friend.';

/** A greedy job with nothing special about it; `change` replaces fields. */
export function makeJob(content: string, change: Partial<ChatJob> = {}): ChatJob {
  return { ...sampleRequest({ model: 'nano-demo', messages: [{ role: 'user', content }], maxTokens: 200 }), ...change };
}

export interface Ran {
  readonly text: string;
  readonly ids: number[];
  readonly deltas: Delta[];
  readonly finish: Finish;
}

/** Runs a job and keeps every delta. */
export async function runJob(backend: Backend, job: ChatJob, signal = new AbortController().signal): Promise<Ran> {
  const deltas: Delta[] = [];
  const finish = await backend.run(job, (delta) => void deltas.push(delta), signal);
  return { text: deltas.map((d) => d.text).join(''), ids: deltas.flatMap((d) => d.tokenIds ?? []), deltas, finish };
}

/** Waits until `check` holds; the test's own time limit ends a wait in vain. */
export async function until(check: () => boolean): Promise<void> {
  while (!check()) await sleep(2);
}
