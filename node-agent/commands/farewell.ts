// What has to be done before a home goes: its jobs are handed over and its receipts brought to the router, since nobody can once it has gone.
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { askAgent } from '../home/owner-line.ts';
import { learnStatus } from './status.ts';
import { formatCredits } from './tell-status.ts';
import { describeUnanswered } from './unanswered.ts';

const RECEIPTS_MS = 30_000;
const STOP_MS = 45_000;
const LOOK_MS = 250;

/** Hands over what runs and waits for the router's answers. Error: a sentence on what still waits; the home is as it was then. */
export async function bringReceiptsHome(folder: string): Promise<Result<null, string>> {
  const before = await learnStatus(folder);
  if (before.run === 'silent') return err(await describeUnanswered('silent', folder));
  if (before.run === 'stopped')
    return before.status && before.status.outbox > 0 ? err(tellStopped(before.status)) : ok(null);
  const isOwners = before.status?.paused === 'owner';
  if (!isOwners) await askAgent(folder, { do: 'pause', forMs: null });
  for (const until = Date.now() + RECEIPTS_MS; ; await sleep(LOOK_MS)) {
    const { status } = await learnStatus(folder);
    if (status?.outbox === 0 && status.running === 0) return ok(null);
    if (Date.now() < until) continue;
    if (!isOwners) await askAgent(folder, { do: 'resume' });
    return err(`${tellWaiting(status)} Try again in a minute.`);
  }
}

interface Waiting {
  readonly outbox: number;
  readonly outboxMicro: string;
}

function tellWaiting(status: Waiting | null): string {
  const { outbox = 0, outboxMicro = '0' } = status ?? {};
  return `${outbox} receipts over ${formatCredits(outboxMicro)} credits wait for an answer of the router: once the home has gone nobody could bring them.`;
}

function tellStopped(status: Waiting): string {
  return `${tellWaiting(status)} Start irori-node up until they are answered.`;
}

/** Ends the running agent and waits until it has; false where it goes on. A pause outlives a restart: `endsPause` where it was not the owner's own. */
export async function stopAgent(folder: string, endsPause: boolean): Promise<boolean> {
  if (endsPause) await askAgent(folder, { do: 'resume' });
  const asked = await askAgent(folder, { do: 'stop' });
  if (asked.kind === 'none') return true;
  for (const until = Date.now() + STOP_MS; Date.now() < until; await sleep(LOOK_MS)) {
    const { kind } = await askAgent(folder, { do: 'status' });
    if (kind === 'none') return true;
  }
  return false;
}
