// Hostile homes that claim: what nobody pays for, more than they did, and the same thing twice.
import { setTimeout as sleep } from 'node:timers/promises';
import { FINISH } from '../../../schema/receipt.ts';
import { toWork } from '../../test/seal-chain.ts';
import type { RawJob } from '../../test/raw-node.ts';
import { TOKYO, TOKYO_HUB } from './ground.ts';
import { RECEIPTS } from './homes-receipts.ts';
import { SEALS } from './homes-seals.ts';
import { askOn, offer, plot } from './plot.ts';
import type { Attack, Round } from './round.ts';

const TEXT = ' The quick brown fox jumps over the lazy dog.'.repeat(20);
const TEXT_TOKENS = 250;

/** Delivers much and ends with a receipt of this finish. */
function deliver(job: RawJob, finish: number): void {
  job.head();
  for (let i = 0; i < 40; i++) job.say(TEXT, TEXT_TOKENS);
  job.end(job.receipt({ finish }));
}

function breakOffUnpaid(name: string, does: string, end: (job: RawJob) => void): Attack {
  return {
    name,
    does,
    run: async (round) => askOn(round, await plot(round, end), { resume: 'off' }),
  };
}

function faultWithReceipt(job: RawJob): void {
  job.head();
  for (let i = 0; i < 40; i++) job.say(TEXT, TEXT_TOKENS);
  const signed = job.receipt({ finish: FINISH.error });
  job.node.send('fault', { code: 'busy', message: 'later', work: toWork(signed.receipt) }, job.number);
  job.node.sendReceipts([{ job, signed }]);
}

async function leaveThenClaim(round: Round): Promise<void> {
  const { caller, home } = await plot(round, (job) => {
    job.head();
    for (let i = 0; i < 40; i++) job.say(TEXT, TEXT_TOKENS);
    // The caller has hung up by then; the receipt claims all of it as cancelled.
    setTimeout(() => job.end(job.receipt({ finish: FINISH.cancelled })), 400);
  });
  for (let i = 0; i < 8 && !round.isOver; i++)
    await round.ask(caller, { only: [home], maxTokens: 32_000, signal: AbortSignal.timeout(100 + 40 * i) });
}

/** Three homes of one owner; the first two take a long prompt, give a word and hand it on. */
async function handOn(round: Round): Promise<void> {
  const owner = await round.makeOwner();
  const caller = await round.makeCaller();
  let parts = 0;
  const onJob = (job: RawJob): void => {
    parts += 1;
    const promptTokens = job.frame.ticket.maxPromptTokens;
    const isLast = parts % 3 === 0;
    job.head().say(' word', 1);
    job.end(job.receipt({ promptTokens, finish: isLast ? FINISH.stop : FINISH.preempted }));
  };
  const homes = await Promise.all([0, 1, 2].map(() => round.joinHome({ owner, onJob })));
  await round.waitForHomes('open', 3);
  const prompt = 'word '.repeat(16_000);
  for (let i = 0; i < 4 && !round.isOver; i++) {
    parts = 0;
    await round.ask(caller, { only: homes, prompt, maxTokens: 64 });
  }
}

/** After a hub lost its memory: receipts for all that the tickets allow, of answers that had hardly begun. */
async function claimLate(round: Round): Promise<void> {
  const jobs: RawJob[] = [];
  const onJob = (job: RawJob): void => {
    jobs.push(job);
    job.head();
    for (let i = 0; i < 64; i++) job.say(' word', 1);
  };
  const { caller, home } = await plot(round, onJob, TOKYO);
  const asks = [0, 1, 2].map(() =>
    round.ask(caller, { only: [home], maxTokens: 32_000, place: TOKYO, more: { resume: 'off' } }),
  );
  for (const until = Date.now() + 3000; jobs.length < 3 && Date.now() < until;) await sleep(20);
  await sleep(200);
  await round.ground.stack.network.abortObject('HUB', TOKYO_HUB);
  await Promise.all(asks);
  // Its old socket may not know yet that it is gone.
  let isBack = false;
  for (let tries = 0; !isBack && tries < 5; tries++) {
    await sleep(300);
    isBack = await home.connect().then(
      () => true,
      () => false,
    );
  }
  for (const job of jobs) await offer(home, job, job.receipt({ outputTokens: job.frame.ticket.maxOutputTokens }));
}

/** Takes honest calls, gives one token, says that its owner is back. */
async function preempt(round: Round, takeBack: (job: RawJob) => void): Promise<void> {
  let taken = 0;
  const onJob = (job: RawJob): void => {
    taken += 1;
    takeBack(job);
  };
  await round.joinHome({ model: 'nano', resume: 'exact', onJob });
  await round.waitForHomes('nano', 1);
  while (!round.isOver) await round.wait(100);
  if (taken > MOST_TAKEN)
    round.note(`it was asked ${taken} times in ${round.ms / 1000} s, though it never ended an answer`);
}

/** More than this in a round, and a home that always gives up is asked as if it did not. */
const MOST_TAKEN = 6;

/** Who is paid for what. */
export const MONEY: readonly Attack[] = [
  breakOffUnpaid(
    'resume-off-preempted',
    'the caller wants no resume, its own home delivers all and signs `preempted`',
    (job) => deliver(job, FINISH.preempted),
  ),
  breakOffUnpaid('resume-off-error', 'the same, and the home signs `error`', (job) => deliver(job, FINISH.error)),
  breakOffUnpaid('resume-off-fault', 'the same, and the home sends a fault with its receipt', faultWithReceipt),
  {
    name: 'leave-then-claim',
    does: 'the caller hangs up at once, its own home claims all that it sent',
    run: leaveThenClaim,
  },
  { name: 'hand-on', does: 'three homes of one owner hand an answer with a long prompt on', run: handOn },
  { name: 'late-claims', does: 'after a hub’s reset late receipts claim max_tokens for 64 tokens', run: claimLate },
  {
    name: 'preempt-after-a-token',
    does: 'a home takes honest calls, gives a token and is taken back by its owner',
    run: (round) =>
      preempt(
        round,
        (job) =>
          void job
            .head()
            .say('Once', 1)
            .end(job.receipt({ finish: FINISH.preempted })),
      ),
  },
  {
    name: 'preempt-before-a-token',
    does: 'a home takes honest calls, gives nothing and signs for max_tokens',
    run: (round) =>
      preempt(round, (job) => {
        const { maxOutputTokens: outputTokens } = job.frame.ticket;
        job.head().end(job.receipt({ outputTokens, finish: FINISH.preempted }));
      }),
  },
  ...RECEIPTS,
  ...SEALS,
];
