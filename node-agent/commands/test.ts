// `irori-node test`: one private job through the whole network to this home, with what a caller would see of it and the receipt that came of it.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { runTestJob } from '../link/test-job.ts';
import type { TestJob } from '../link/test-job.ts';
import { readJournal } from '../receipts/earned-journal.ts';
import type { JournalEntry } from '../receipts/earned-journal.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import { learnStatus } from './status.ts';
import { tellLines } from './tell-lines.ts';
import { describeUnanswered } from './unanswered.ts';

const RECEIPT_MS = 20_000;
const LOOK_MS = 200;

/** Exit status 0 when the answer came and the router accepted its receipt, 1 when something did not. */
export async function runTest(flags: OptionValues, env: Environment): Promise<number> {
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { folder, key, status } = home.value;
  const { run } = await learnStatus(folder);
  if (run !== 'running') return complain(await describeUnanswered(run === 'silent' ? 'silent' : 'none', folder), 1);
  const model = typeof flags.testModel === 'string' ? { model: flags.testModel } : {};
  const clock = (): number => performance.now();
  const tested = await runTestJob({ router: status.router, key, clock, ...model }, Date.now());
  if (!tested.ok) return complain(`${tested.error}\nirori-node doctor looks for what is in the way.`, 1);
  const entry = await waitForReceipt(folder, tested.value);
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(toJson(tested.value, entry))}\n` : tell(tested.value, entry),
  );
  return entry?.accepted ? 0 : 1;
}

/** The agent checks the router's signature before it writes an acceptance down. */
async function waitForReceipt(folder: string, { job }: TestJob): Promise<JournalEntry | null> {
  for (const until = Date.now() + RECEIPT_MS; job !== null && Date.now() < until; await sleep(LOOK_MS)) {
    const entries = readJournal(join(folder, 'earned'), { days: 2, now: Date.now() });
    const found = entries.findLast((entry) => entry.job === job);
    if (found) return found;
  }
  return null;
}

function tell(test: TestJob, entry: JournalEntry | null): string {
  const { job, model, firstTokenMs, outputTokens, tokensPerS } = test;
  const speed = tokensPerS === null ? '' : `, ${tokensPerS.toFixed(1)} tokens/s`;
  return tellLines([
    `answer     first token after ${(firstTokenMs / 1000).toFixed(2)} s${speed}, ${outputTokens ?? 'an unknown number of'} tokens of ${model ?? 'a model'}`,
    `receipt    ${tellReceipt(entry)}`,
    `job        ${job ?? 'the router did not name it'}`,
  ]);
}

function tellReceipt(entry: JournalEntry | null): string {
  if (entry === null) return 'no answer of the router to it within 20 s: look at irori-node status';
  if (entry.accepted === null) return `refused by the router: ${entry.reason ?? 'it did not say why'}`;
  return `number ${entry.seq}, signed here and accepted by the router, both signatures checked`;
}

function toJson({ job, model, firstTokenMs, outputTokens, tokensPerS }: TestJob, entry: JournalEntry | null): object {
  const receipt =
    entry === null
      ? null
      : {
          number: entry.seq,
          accepted: entry.accepted !== null,
          reason: entry.reason,
          at: new Date(entry.at).toISOString(),
        };
  return { job, model, firstTokenMs: Math.round(firstTokenMs), outputTokens, tokensPerS, receipt };
}
