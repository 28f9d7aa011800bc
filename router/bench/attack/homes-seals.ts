// Hostile homes and the seals of their receipts: forged, another's, used twice, over jobs that did not end, or withheld.
import { setTimeout as sleep } from 'node:timers/promises';
import type { UsageReceipt } from '../../../schema/receipt.ts';
import type { ReceiptsFrame } from '../../../schema/seal.ts';
import type { RawJob } from '../../test/raw-node.ts';
import type { Signed } from '../../test/seal-chain.ts';
import { askOn, offer, plot } from './plot.ts';
import type { Attack, Round } from './round.ts';

interface Told {
  readonly job: RawJob;
  readonly signed: Signed;
}

/** Ordinary answers, whose receipts go as `tell` will have it; whatever comes of that, each is offered late as well. */
function answerAnd(
  tell: (told: readonly Told[]) => void,
  change: (job: RawJob) => Partial<UsageReceipt> = () => ({}),
): (round: Round) => Promise<void> {
  return async (round) => {
    const told: Told[] = [];
    const plotted = await plot(round, (job) => {
      job.head();
      for (let i = 0; i < 10; i++) job.say(` word${i}`, 1);
      const signed = job.receipt(change(job));
      job.endBare(signed.receipt);
      told.push({ job, signed });
      tell(told);
    });
    await askOn(round, plotted, {}, 4);
    await sleep(200);
    for (const { job, signed } of told) await offer(plotted.home, job, signed);
  };
}

/** The newest receipt, with something of its frame changed. */
function sendChanged(change: (frame: Signed) => Partial<ReceiptsFrame>): (told: readonly Told[]) => void {
  return (told) => {
    const last = told.at(-1);
    if (last) last.job.node.sendReceipts([last], change(last.signed));
  };
}

const forgeRoot = sendChanged(({ sealed }) => ({ seal: { ...sealed.seal, root: `0x${'ab'.repeat(32)}` } }));
const useAnothers = sendChanged(({ sealed }) => ({ seal: { ...sealed.seal, node: `0x${'22'.repeat(20)}` } }));
const raiseTotal = sendChanged(({ sealed }) => ({ seal: { ...sealed.seal, total: 10n ** 30n } }));

/** One seal over two receipts, told for each alone, for both, and again. */
function sealTwice(told: readonly Told[]): void {
  const [one, two] = told.slice(-2);
  if (!one || !two) return;
  const { node } = one.job;
  const signed = node.signAll([one.signed.receipt, two.signed.receipt]);
  const pairs = [one, two].flatMap(({ job }, i) => (signed[i] ? [{ job, signed: signed[i] }] : []));
  for (const pair of pairs) node.sendReceipts([pair]);
  for (let i = 0; i < 2; i++) node.sendReceipts(pairs);
}

function listTwice(told: readonly Told[]): void {
  const last = told.at(-1);
  if (!last) return;
  const { receipt } = last.signed;
  const [first] = last.job.node.signAll([receipt, receipt]);
  if (!first) return;
  const { number } = last.job;
  last.job.node.sendReceipts([{ job: last.job, signed: first }], { jobs: [number, number] });
}

/** Receipts before the job has ended, and for jobs that nobody was given. */
async function sealEarly(round: Round): Promise<void> {
  const plotted = await plot(round, (job) => {
    job.head();
    const claim = { job, signed: job.receipt({ outputTokens: 100 }) };
    job.node.sendReceipts([claim]);
    job.node.sendReceipts([claim], { jobs: [job.number + 1000] });
    for (let i = 0; i < 10; i++) job.say(` word${i}`, 1);
    job.end(job.receipt());
  });
  await askOn(round, plotted, {});
}

/** What a home does with the seals of its receipts. */
export const SEALS: readonly Attack[] = [
  { name: 'forged-seal-roots', does: 'seals whose root is made up', run: answerAnd(forgeRoot) },
  { name: 'anothers-seals', does: 'seals in the name of another node', run: answerAnd(useAnothers) },
  { name: 'raised-seal-totals', does: 'seals that tell a higher total', run: answerAnd(raiseTotal) },
  { name: 'seals-used-twice', does: 'one seal for two batches, and again', run: answerAnd(sealTwice) },
  { name: 'jobs-listed-twice', does: 'a job twice under one seal', run: answerAnd(listTwice) },
  { name: 'seals-before-the-end', does: 'receipts of jobs that run, or that nobody was given', run: sealEarly },
  {
    name: 'numbers-across-seals',
    does: 'one number of the chain under several seals',
    run: answerAnd(
      sendChanged(() => ({})),
      () => ({ seq: 1n }),
    ),
  },
  {
    name: 'withheld-receipts',
    does: 'no receipt until later, for as much as it may owe',
    run: answerAnd(() => undefined),
  },
];
