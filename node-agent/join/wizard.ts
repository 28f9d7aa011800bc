// `irori-node` without a word behind it: from nothing to online, step by step. What was done before is not asked again.
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { fitEnd } from '../fit-text.ts';
import type { LinkMachine } from './router-questions.ts';
import type { MachineFacts } from './judge-machine.ts';
import { chooseShared } from './step-choose.ts';
import { linkMachine } from './step-link.ts';
import { findNetwork, lookAtMachine } from './step-look.ts';
import { goOnline, testHome } from './step-online.ts';
import { GO_ON, LEFT } from './wizard-doors.ts';
import type { RunningAgent, Stop, WizardDoors, WizardEnd } from './wizard-doors.ts';

/** Leads the owner through. Rejects only where the disk refuses. */
export async function runWizard(doors: WizardDoors): Promise<WizardEnd> {
  const { terminal, version } = doors;
  terminal.open(`irori-node ${version}`);
  const end = await walk(doors);
  if (end.kind === 'left') terminal.close(GO_ON);
  if (end.kind === 'failed') {
    terminal.tell('failed', end.sentence);
    terminal.close(GO_ON);
  }
  return end;
}

async function walk(doors: WizardDoors): Promise<WizardEnd> {
  const sight = await findNetwork(doors);
  if (!sight.ok) return sight.error;
  const { origin } = sight.value;
  const machine = await lookAtMachine(doors, sight.value);
  if (!machine.ok) return machine.error;
  const shared = await share(doors, origin, machine.value);
  if (!shared.ok) return shared.error;
  const agent = await linkAndStart(doors, origin, machine.value);
  if (!agent.ok) return agent.error;
  const proven = await prove(doors, origin);
  if (proven !== null) {
    await agent.value?.stop();
    return proven;
  }
  return finish(doors, origin, agent.value);
}

async function share(doors: WizardDoors, origin: string, machine: MachineFacts): Promise<Result<null, Stop>> {
  const { isChosen, shared } = doors.file.progress;
  if (isChosen) {
    doors.terminal.tell('done', `Shares   ${shared.join(', ')} (irori-node --again chooses anew)`);
    return ok(null);
  }
  const chosen = await chooseShared(doors, origin, machine);
  return chosen.ok ? ok(null) : chosen;
}

/** Linked first, then when it works, then at work: a code that the router does not take leads back to the link. */
async function linkAndStart(
  doors: WizardDoors,
  origin: string,
  machine: MachineFacts,
): Promise<Result<RunningAgent | null, Stop>> {
  for (let given = doors.given; ; given = { ...given, code: null }) {
    const walked = { ...doors, given };
    const account = await doors.findAccount(origin);
    const code = account === null ? await linkMachine(walked, origin, describeMachine(walked, machine)) : ok(null);
    if (!code.ok) return code;
    const timed = await time(doors);
    if (!timed.ok) return timed;
    const agent = await goOnline(doors, origin, code.value);
    if (!agent.ok || agent.value !== 'relink') return agent as Result<RunningAgent | null, Stop>;
  }
}

/** As long as the router takes each. */
function describeMachine({ given, hostName, file }: WizardDoors, { cards }: MachineFacts): LinkMachine {
  const [card] = cards;
  return {
    name: fitEnd(given.name ?? hostName, 80),
    platform: `${process.platform}-${process.arch}`,
    card: card === undefined ? null : fitEnd(card.name, 120),
    models: file.progress.shared.slice(0, 100).map((name) => fitEnd(name, 100)),
  };
}

async function time(doors: WizardDoors): Promise<Result<null, Stop>> {
  const { terminal, file } = doors;
  if (file.progress.isTimed) return ok(null);
  const answer = await terminal.choose(doors.tellRules(), [
    { value: 'yes', label: 'Yes, like that' },
    { value: 'later', label: 'Yes, and I change it later (irori-node config, or the page)' },
  ]);
  if (answer === null) return { ok: false, error: LEFT };
  await file.note({ isTimed: true });
  return ok(null);
}

async function prove(doors: WizardDoors, origin: string): Promise<Stop | null> {
  if (doors.file.progress.testedJob !== null) return null;
  const tested = await testHome(doors, origin);
  return tested.ok ? null : tested.error;
}

async function finish(doors: WizardDoors, origin: string, agent: RunningAgent | null): Promise<WizardEnd> {
  const { terminal, given, hostName } = doors;
  const status = await doors.readStatus();
  terminal.tell('done', `Online   as ${status?.name ?? given.name ?? hostName} at ${origin}`);
  const page = await doors.pageUrl();
  if (page !== null) terminal.tell('info', `Page     ${page} (irori-node open)`);
  terminal.tell('plain', 'irori-node status · pause · doctor · --help');
  if (agent === null || doors.startAtLogin === null || doors.file.progress.isAtLoginAsked) {
    if (agent !== null) terminal.close('Lends in this window until you press Ctrl-C.');
    else terminal.close('It goes on by itself.');
    return { kind: 'online', agent };
  }
  return askForLogin(doors, agent, doors.startAtLogin);
}

async function askForLogin(
  doors: WizardDoors,
  agent: RunningAgent,
  startAtLogin: () => Promise<Result<string, string>>,
): Promise<WizardEnd> {
  const { terminal, file } = doors;
  const answer = await terminal.choose('Start it at every login, in the background?', [
    { value: 'no', label: 'No, only in this window' },
    { value: 'yes', label: 'Yes (irori-node service remove takes it back)' },
  ]);
  if (answer === null) {
    await agent.stop();
    return LEFT;
  }
  await file.note({ isAtLoginAsked: true });
  if (answer === 'no') {
    terminal.close('Lends in this window until you press Ctrl-C.');
    return { kind: 'online', agent };
  }
  // One agent per state folder: the service takes over from the one that is here.
  await agent.stop();
  const installed = await startAtLogin();
  if (!installed.ok) {
    terminal.tell('failed', installed.error);
    return { kind: 'failed', sentence: 'Start it by hand: irori-node up' };
  }
  terminal.tell('done', installed.value);
  terminal.close('It goes on in the background. irori-node status shows how it does.');
  return { kind: 'online', agent: null };
}
