// The edge's word to an account of how a job ended, where no hub has the last one: it is told again until it is heard, and no answer waits for that.
import type { Context } from 'hono';
import type { PartTold } from '../../schema/records.ts';
import { tellSettled } from '../billing/tell-settled.ts';
import { makeLog } from '../log.ts';
import type { JobRun } from '../relay/job-run.ts';
import type { Services } from '../services/edge.ts';
import type { AppEnv } from './app-env.ts';
import type { Job } from './make-job.ts';

/** An account that did not hear it is told again after these pauses. */
const PAUSES_MS = [200, 1000, 4000, 10_000];

const log = makeLog('edge');

export interface ClosingDoors {
  /** Safe to repeat. Rejects when the account, or its answer, is lost. */
  readonly release: () => Promise<void>;
  readonly waitUntil: (work: Promise<void>) => void;
  readonly pausesMs: readonly number[];
  readonly onAway: (error: unknown) => void;
}

/** Never rejects: what a caller is answered does not depend on it. */
export async function closeJob(c: Context<AppEnv>, job: Job, run: JobRun): Promise<void> {
  const { endedJobs } = c.get('services');
  const { accountId } = job.caller;
  endedJobs.note(accountId, job.id);
  const { closing } = run;
  const payment = c.get('payment');
  if (closing) await tellRelease(c, job, closing);
  // Where no hub has the last word, and nothing was delivered, nothing is ever booked. A payment that does not hear it finds out by itself.
  const isNothing = closing?.interrupted === 0;
  await payment
    ?.endJob(isNothing)
    .catch((error: unknown) => log.warn('payment-away', { accountId, jobId: job.id, error }));
}

async function tellRelease(c: Context<AppEnv>, job: Job, closing: NonNullable<JobRun['closing']>): Promise<void> {
  const { account } = c.get('services');
  const { accountId } = job.caller;
  await tellEnd({
    release: () => account(accountId).release(job.id, closing.interrupted, closing.isCharged),
    waitUntil: (work) => c.executionCtx.waitUntil(work),
    pausesMs: PAUSES_MS,
    onAway: (error) => log.warn('account-away', { accountId, jobId: job.id, error }),
  });
}

/** Resolves once it was told the first time, heard or not. Where no telling is heard the job's hold lapses, and it is free. */
export async function tellEnd(doors: ClosingDoors): Promise<void> {
  if (!(await isHeard(doors))) doors.waitUntil(tellAgain(doors));
}

async function tellAgain(doors: ClosingDoors): Promise<void> {
  for (const pauseMs of doors.pausesMs) {
    await new Promise((wake) => setTimeout(wake, pauseMs));
    if (await isHeard(doors)) return;
  }
}

async function isHeard({ release, onAway }: ClosingDoors): Promise<boolean> {
  try {
    await release();
    return true;
  } catch (error) {
    onAway(error);
    return false;
  }
}

/** A part that its hub does not know any more, where the accounts have it as complete; null where nobody has. Rejects while they are away. */
export async function findSettled(services: Services, job: Job, part: number): Promise<PartTold | null> {
  const { settlements } = await services.findReceipts({ jobId: job.id, accountId: job.caller.accountId });
  return tellSettled(settlements, part);
}
