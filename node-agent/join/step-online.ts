// The last steps: the agent is connected, and a private job has gone the whole way and left a signed receipt. Said to be done only when seen.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { TestJob } from '../link/test-job.ts';
import { formatSpeed } from './judge-model.ts';
import { LEFT } from './wizard-doors.ts';
import type { RunningAgent, Stop, WizardDoors } from './wizard-doors.ts';

const LOOK_MS = 250;
const CONNECT_MS = 90_000;
const RECEIPT_MS = 20_000;

/** `null` in place of an agent: one works with this state folder already. `'relink'`: the router did not take the code. */
export async function goOnline(
  doors: WizardDoors,
  origin: string,
  code: string | null,
): Promise<Result<RunningAgent | null | 'relink', Stop>> {
  const { terminal } = doors;
  if (await doors.isRunning()) {
    await doors.reload();
    terminal.tell('done', 'Agent    works with this state folder already');
    return ok(null);
  }
  terminal.status('Starting …');
  const beganAt = doors.now();
  const started = await doors.start(code);
  if (!started.ok) return err({ kind: 'failed', sentence: started.error });
  const agent = started.value;
  const seen = await waitForConnection(doors, agent, beganAt);
  if (seen === 'connected') {
    await doors.file.note({ code: null, link: null });
    const account = await doors.findAccount(origin);
    terminal.tell('done', account === null ? 'Linked' : `Linked   to account ${account}`);
    return ok(agent);
  }
  await agent.stop();
  if (code === null) return err({ kind: 'failed', sentence: seen });
  const isLinked = (await doors.findAccount(origin)) !== null;
  if (isLinked) return err({ kind: 'failed', sentence: seen });
  terminal.tell('failed', seen);
  await doors.file.note({ code: null, link: null });
  return ok('relink');
}

/** `'connected'` once it is and offers a model, else a sentence. */
async function waitForConnection(doors: WizardDoors, agent: RunningAgent, beganAt: number): Promise<string> {
  const gone = new AbortController();
  let end: string | null = null;
  void agent.ended.then((sentence) => {
    end = sentence ?? 'The agent has stopped.';
    gone.abort();
  });
  let last = 'nothing was heard of it';
  for (const until = doors.now() + CONNECT_MS; doors.now() < until;) {
    if (end !== null) return end;
    const status = await doors.readStatus();
    // One from before this start says nothing of now.
    const fresh = status !== null && status.startedAt >= beganAt ? status : null;
    if (fresh?.state === 'connected' && fresh.models.length > 0) return 'connected';
    if (fresh !== null) {
      last = fresh.problem ?? (fresh.state === 'connected' ? 'its model server offers no model now' : fresh.state);
      doors.terminal.status(`Connecting · ${last}`);
    }
    await doors.wait(LOOK_MS, gone.signal);
  }
  return end ?? `It did not come online: ${last}`;
}

/** One private job and its receipt; the owner may try again or go on without. */
export async function testHome(doors: WizardDoors, origin: string): Promise<Result<null, Stop>> {
  const { terminal } = doors;
  for (;;) {
    terminal.status('A private test job through the whole network …');
    const before = countReceipts(await doors.readStatus());
    const test = await doors.test(origin);
    if (test.ok) {
      const receipt = await waitForReceipt(doors, before);
      if (receipt !== null) {
        terminal.tell('done', `Test     ${tellTest(test.value)}\n         ${receipt}`);
        await doors.file.note({ testedJob: test.value.job ?? 'done' });
        return ok(null);
      }
    }
    terminal.tell('failed', test.ok ? 'The answer came, but no receipt of it was signed.' : test.error);
    const next = await terminal.choose('What now?', [
      { value: 'again', label: 'Test again' },
      { value: 'on', label: 'Go on without (irori-node doctor looks for the cause)' },
    ]);
    if (next === null) return err(LEFT);
    if (next === 'on') return ok(null);
  }
}

interface Receipts {
  readonly signed: bigint;
  readonly answered: number;
}

function countReceipts(status: AgentStatus | null): Receipts {
  return { signed: BigInt(status?.sealedReceipts?.receipt ?? '0'), answered: status?.answeredReceipts ?? 0 };
}

/** How far the receipt of the job came, in words; null where none was signed. */
async function waitForReceipt(doors: WizardDoors, before: Receipts): Promise<string | null> {
  let isSigned = false;
  for (const until = doors.now() + RECEIPT_MS; doors.now() < until; await doors.wait(LOOK_MS)) {
    const now = countReceipts(await doors.readStatus());
    if (now.answered > before.answered) return 'receipt signed, and accepted by the router';
    isSigned ||= now.signed > before.signed;
  }
  return isSigned ? 'receipt signed; the router’s acceptance is still to come' : null;
}

/** `first token 0.31 s · 62 tokens/s`. */
function tellTest({ firstTokenMs, tokensPerS }: TestJob): string {
  const first = `first token ${(firstTokenMs / 1000).toFixed(2)} s`;
  return tokensPerS === null ? first : `${first} · ${formatSpeed(tokensPerS)} tokens/s`;
}
