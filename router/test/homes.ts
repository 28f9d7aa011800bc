// Homes of a test that are lost and given back: a real agent each, with the ways in which owners and chance take it away.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askAgent } from '../../node-agent/home/owner-line.ts';
import type { OwnerAnswer } from '../../node-agent/home/owner-line.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

export interface Home {
  readonly agent: TestAgent;
  readonly place: string;
  readonly node: string;
  readonly hub: string;
}

/** Starts homes at once and waits until each is connected. */
export async function startHomes(
  stack: Stack,
  owner: TestAccount,
  homes: readonly { place: string; args: readonly string[] }[],
): Promise<Home[]> {
  return Promise.all(
    homes.map(async ({ place, args }) => {
      const agent = await stack.startAgent({ owner, place, args });
      const found = await until('the home connected', () =>
        /connected hub=(\S+) .*node=(\S+)/.exec(agent.lines.join('\n')),
      );
      return { agent, place, node: found[2] ?? '', hub: found[1] ?? '' };
    }),
  );
}

/** How a home goes away in the middle of its jobs. */
export type Loss = 'kill' | 'freeze' | 'pause' | 'stop' | 'reset';

const lost = new Map<Home, Loss>();

/** Gives back whatever a test that failed has left away. */
export async function giveBackAll(): Promise<void> {
  await Promise.all([...lost].map(([home, loss]) => giveBack(home, loss)));
}

/** Takes a home away; resolves once it is gone, save for a planned stop, which takes as long as its jobs may. */
export async function lose(stack: Stack, home: Home, loss: Loss): Promise<void> {
  lost.set(home, loss);
  if (loss === 'kill') await home.agent.signal('SIGKILL');
  else if (loss === 'freeze') await home.agent.signal('SIGSTOP');
  else if (loss === 'stop') void home.agent.signal('SIGTERM');
  else if (loss === 'reset') await stack.network.abortObject('HUB', home.hub);
  else await tellAgent(home, 'pause');
}

/** The owner lends it again; resolves when it takes jobs. */
export async function giveBack(home: Home, loss: Loss): Promise<void> {
  lost.delete(home);
  if (loss === 'freeze') await home.agent.signal('SIGCONT');
  if (loss === 'pause') await tellAgent(home, 'resume');
  if (loss === 'stop') await until('the end', () => home.agent.exitCode() !== null);
  if (loss === 'kill' || loss === 'stop') home.agent.start();
  await waitConnected(home);
}

/** Waits until a home says itself that it is connected, not paused and idle. */
async function waitConnected(home: Home): Promise<void> {
  await until('the home is back', async () => {
    const status = await readStatus(home);
    return status?.['state'] === 'connected' && status['paused'] === null && status['pid'] === home.agent.pid();
  });
}

/** status.json in its state folder, written within a second of a change; null before the first. */
export async function readStatus(home: Home): Promise<Record<string, unknown> | null> {
  const text = await readFile(join(home.agent.stateDir, 'status.json'), 'utf8').catch(() => 'null');
  return JSON.parse(text) as Record<string, unknown> | null;
}

/** What `irori-node pause` and `resume` tell the agent, without waiting for a process of their own: on a busy machine the answer would be over. */
export async function tellAgent(home: Home, command: 'pause' | 'resume'): Promise<OwnerAnswer> {
  const ask = command === 'pause' ? ({ do: 'pause', forMs: null } as const) : ({ do: 'resume' } as const);
  const asked = await askAgent(home.agent.stateDir, ask);
  if (asked.kind !== 'answered')
    throw new Error(`the agent of ${home.place} did not answer to ${command}: ${asked.kind}`);
  return asked.answer;
}
