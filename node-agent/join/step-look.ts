// The first steps: the network answers, and the machine can lend. Each line is told when it is proven.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { parseRouterUrl } from '../link/parse-router-url.ts';
import { judgeMachine } from './judge-machine.ts';
import type { MachineFacts, RouterSight, Verdict } from './judge-machine.ts';
import type { Mark } from './join-terminal.ts';
import { LEFT } from './wizard-doors.ts';
import type { Stop, WizardDoors } from './wizard-doors.ts';

/** Where `npm start` puts a router. */
const ROUTER_HERE = 'http://127.0.0.1:8787';

const MARKS = { ok: 'done', limited: 'limited', cannot: 'failed' } as const satisfies Record<string, Mark>;

/** The router's origin, once one answered; it stands in config.json then. */
export async function findNetwork(doors: WizardDoors): Promise<Result<RouterSight, Stop>> {
  const { given, terminal } = doors;
  let text = given.router ?? (await findHere(doors));
  for (;;) {
    if (text === null) {
      const answer = await terminal.ask('Which network? Its address', 'https://irori.example', (said) =>
        faultOf(said, given.allowLan),
      );
      if (answer === null) return err(LEFT);
      text = answer;
    }
    const url = parseRouterUrl(text, given.allowLan);
    if (!url.ok) {
      terminal.tell('failed', url.error);
      text = null;
      continue;
    }
    terminal.status(`Asking ${url.value.origin} …`);
    const sight = await doors.router.sight(url.value.origin);
    if (sight.latencyMs !== null) return keepNetwork(doors, sight);
    tellVerdict(doors, judgeMachine(NO_MACHINE, sight)[0]);
    const next = await terminal.choose('What now?', [
      { value: 'again', label: 'Try again' },
      { value: 'other', label: 'Another address' },
    ]);
    if (next === null) return err(LEFT);
    if (next === 'other') text = null;
  }
}

const NO_MACHINE: MachineFacts = {
  nodeVersion: '',
  memoryBytes: 0,
  freeMemoryBytes: 0,
  freeDiskBytes: null,
  cards: [],
  isOnBattery: null,
};

function faultOf(text: string, allowLan: boolean): string | null {
  const url = parseRouterUrl(text, allowLan);
  return url.ok ? null : url.error.replace('--router', 'It');
}

async function findHere({ router, terminal }: WizardDoors): Promise<string | null> {
  terminal.status('Looking for a network on this machine …');
  const { latencyMs } = await router.sight(ROUTER_HERE);
  return latencyMs === null ? null : ROUTER_HERE;
}

async function keepNetwork(doors: WizardDoors, sight: RouterSight): Promise<Result<RouterSight, Stop>> {
  const kept = await doors.changeConfig({ router: sight.origin });
  if (!kept.ok) return err({ kind: 'failed', sentence: kept.error });
  await doors.file.note({ router: sight.origin });
  return ok(sight);
}

/** Tells everything about the machine. Goes on only where it can lend. */
export async function lookAtMachine(doors: WizardDoors, sight: RouterSight): Promise<Result<MachineFacts, Stop>> {
  const { terminal } = doors;
  for (;;) {
    terminal.status('Looking at this machine …');
    const machine = await doors.readMachine();
    const verdicts = judgeMachine(machine, sight);
    for (const verdict of verdicts) tellVerdict(doors, verdict);
    if (verdicts.every(({ grade }) => grade !== 'cannot')) return ok(machine);
    const next = await terminal.choose('This machine cannot lend as it is.', [{ value: 'again', label: 'Look again' }]);
    if (next === null) return err(LEFT);
  }
}

function tellVerdict({ terminal }: WizardDoors, verdict: Verdict | undefined): void {
  if (verdict === undefined) return;
  const { grade, what, found, needed, remedy } = verdict;
  const more = [needed === null ? [] : [`needed: ${needed}`], remedy ?? []].flat();
  terminal.tell(
    MARKS[grade],
    [`${what.padEnd(9)}${found}`, ...more.map((line) => `${' '.repeat(9)}${line}`)].join('\n'),
  );
}
