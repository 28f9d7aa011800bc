// Hostile homes that sign what is not so: more than they gave, several things under one number, and the same thing twice.
import { JOB_TICKET } from '../../../schema/receipt.ts';
import type { UsageReceipt } from '../../../schema/receipt.ts';
import type { RawJob } from '../../test/raw-node.ts';
import type { Signed } from '../../test/seal-chain.ts';
import { askOn, offer, plot } from './plot.ts';
import type { Attack, Round } from './round.ts';

/** Ordinary answers whose receipts are changed, and then offered again in other ways. */
function lie(change: (job: RawJob) => Partial<UsageReceipt>): (round: Round) => Promise<void> {
  return async (round) => {
    const plotted = await plot(round, (job) => {
      job.head();
      for (let i = 0; i < 10; i++) job.say(` word${i}`, 1);
      job.end(job.receipt(change(job)));
    });
    await askOn(round, plotted, {}, 10);
  };
}

async function equivocate(round: Round): Promise<void> {
  const jobs: { job: RawJob; signed: Signed }[] = [];
  const { caller, home } = await plot(round, (job) => {
    job.head();
    for (let i = 0; i < 10; i++) job.say(` word${i}`, 1);
    const signed = job.receipt({ seq: 1n });
    jobs.push({ job, signed: job.end(signed) });
  });
  for (let i = 0; i < 4; i++) await round.ask(caller, { only: [home] });
  for (const { job, signed } of jobs)
    for (const outputTokens of [9, 11, 60])
      await offer(home, job, home.sign({ ...signed.receipt, outputTokens, seq: signed.receipt.seq }));
}

/** Receipts and tickets offered again and again, by their home and by another, and a ticket whose price is changed. */
async function replay(round: Round): Promise<void> {
  const jobs: { job: RawJob; signed: Signed }[] = [];
  const { caller, home } = await plot(round, (job) => {
    job.head();
    for (let i = 0; i < 10; i++) job.say(` word${i}`, 1);
    jobs.push({ job, signed: job.end(job.receipt()) });
  });
  for (let i = 0; i < 3; i++) await round.ask(caller, { only: [home] });
  const other = await round.joinHome();
  for (const { job, signed } of jobs) {
    await offer(home, job, signed);
    await offer(other, job, signed);
    await offer(other, job, other.sign({ ...signed.receipt, node: other.address, seq: 1n }));
    const ticket = { ...job.frame.ticket, priceOut: 1_000_000_000n };
    const dear = Object.assign(Object.create(Object.getPrototypeOf(job) as object) as RawJob, {
      frame: { ...job.frame, ticket },
      ticketSignature: job.ticketSignature,
      ticketSeal: job.ticketSeal,
    });
    const ticketHash = home.signer.hash(JOB_TICKET, ticket);
    await offer(home, dear, home.sign({ ...signed.receipt, ticketHash, seq: signed.receipt.seq + 50n }));
  }
}

/** What is signed. */
export const RECEIPTS: readonly Attack[] = [
  {
    name: 'inflated-receipts',
    does: 'receipts claim ten times what was given',
    run: lie(() => ({ outputTokens: 100 })),
  },
  {
    name: 'inflated-prompts',
    does: 'receipts claim all the prompt that a ticket allows',
    run: lie((job) => ({ promptTokens: job.frame.ticket.maxPromptTokens })),
  },
  { name: 'equivocating-receipts', does: 'several receipts under one number', run: equivocate },
  { name: 'replayed-receipts', does: 'receipts and tickets again, by another home, and at another price', run: replay },
];
