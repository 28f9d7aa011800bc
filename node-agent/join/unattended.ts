// Joining without a person: the same steps, every answer computed. Saying --yes shares what was found and can run here.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { shareEverything } from './step-choose.ts';
import { nameAfterHost } from './step-link.ts';
import { findNetwork, lookAtMachine } from './step-look.ts';
import { testHome } from './step-online.ts';
import type { Stop, WizardDoors } from './wizard-doors.ts';

export interface Ready {
  readonly origin: string;
  /** To spend at the start; null where the home is linked already. */
  readonly code: string | null;
  readonly isRunning: boolean;
}

/** Everything up to the start. The error is a sentence. */
export async function joinWithout(doors: WizardDoors): Promise<Result<Ready, string>> {
  const sight = await findNetwork(doors);
  if (!sight.ok) return err(sentenceOf(sight.error, 'Which network? Name it with --router URL.'));
  const { origin } = sight.value;
  const code = (await doors.findAccount(origin)) === null ? (doors.given.code ?? doors.file.progress.code) : null;
  if (code === null && (await doors.findAccount(origin)) === null)
    return err(`This machine is not linked at ${origin} yet: give a code from your account with --code CODE.`);
  const machine = await lookAtMachine(doors, sight.value);
  if (!machine.ok) return err(sentenceOf(machine.error, 'This machine cannot lend as it is.'));
  const shared = doors.file.progress.isChosen ? ok(null) : await shareEverything(doors, machine.value);
  if (!shared.ok) return err(sentenceOf(shared.error, 'There is nothing to share.'));
  if (code !== null) await nameAfterHost(doors);
  await doors.file.note({ isTimed: true, isAtLoginAsked: true });
  const isRunning = await doors.isRunning();
  if (isRunning) doors.terminal.tell('done', 'Agent    works with this state folder already');
  return ok({ origin, code, isRunning });
}

function sentenceOf(stop: Stop, otherwise: string): string {
  return stop.kind === 'failed' ? stop.sentence : otherwise;
}

const LOOK_MS = 500;
const ONLINE_MS = 120_000;

/** Waits until the home is connected and tests it once; tells how it went. Never rejects. */
export async function testOnceOnline(doors: WizardDoors, origin: string): Promise<void> {
  if (doors.file.progress.testedJob !== null) return;
  const beganAt = doors.now();
  for (; doors.now() < beganAt + ONLINE_MS; await doors.wait(LOOK_MS)) {
    const status = await doors.readStatus();
    if (status === null || status.startedAt < beganAt || status.state !== 'connected') continue;
    if (status.models.length === 0) continue;
    await testHome(doors, origin).catch(() => undefined);
    return;
  }
}
