// A caller and a home of one mind, and how a home offers a receipt when it is late: what the attacks on the books share.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawJob, RawNode } from '../../test/raw-node.ts';
import type { Signed } from '../../test/seal-chain.ts';
import type { TestAccount } from '../../test/stack.ts';
import type { Round } from './round.ts';

const OFFER_WAIT_MS = 800;

export interface Coalition {
  readonly caller: TestAccount;
  readonly home: RawNode;
}

/** A caller and a home of one mind, and what the home does with each job. */
export async function plot(round: Round, onJob: (job: RawJob) => void, place?: string): Promise<Coalition> {
  const [caller, home] = await Promise.all([
    round.makeCaller(),
    round.joinHome({ onJob, ...(place === undefined ? {} : { place }) }),
  ]);
  await round.waitForHomes('open', 1);
  return { caller, home };
}

/** Calls of the caller at its own home. */
export async function askOn(
  round: Round,
  { caller, home }: Coalition,
  more: Readonly<Record<string, unknown>>,
  most = 6,
): Promise<void> {
  for (let i = 0; i < most && !round.isOver; i++) await round.ask(caller, { only: [home], maxTokens: 32_000, more });
}

/** Offers a receipt late; a hub that says nothing to it is a hub that pays nothing. */
export async function offer(node: RawNode, job: RawJob, signed: Signed): Promise<void> {
  const late = job.toLate(signed);
  const from = node.heard.length;
  node.send('receipt', late);
  for (const until = Date.now() + OFFER_WAIT_MS; Date.now() < until; await sleep(20))
    if (node.heard.slice(from).some(({ name }) => name === 'accepted')) return;
}
