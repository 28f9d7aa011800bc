// Joining in a terminal that a test types into, against the whole network: from the bare command to a private test job whose receipt is signed. The owner
// needs no operator: an account of its own approves the code that the terminal shows.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startModelServer } from '../../router/test/model-server.ts';
import type { ModelServer } from '../../router/test/model-server.ts';
import { startStack } from '../../router/test/stack.ts';
import type { Stack } from '../../router/test/stack.ts';
import { until } from '../../router/test/until.ts';
import { openDoors } from '../commands/join.ts';
import { openRunner } from '../commands/joined-agent.ts';
import { runUp } from '../commands/up.ts';
import { openTerminal } from '../join/clack-terminal.ts';
import { findServers } from '../join/server-finder.ts';
import type { WizardDoors } from '../join/wizard-doors.ts';
import { runWizard } from '../join/wizard.ts';
import { startAgent, killAgent } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';

const MODEL = 'say-12x5';

let stack: Stack;
let server: ModelServer;
let folder: string;
let owner: string;
const agents: AgentProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'irori-join-'));
  [stack, server] = await Promise.all([
    startStack({ bindings: { SIGNUP: 'open' } }),
    startModelServer({ models: [MODEL] }),
  ]);
  const made = await stack.call('/v1/accounts', { body: { name: 'an owner' } });
  owner = String(((await made.json()) as { key: string }).key);
});

afterAll(async () => {
  await Promise.all(agents.map(killAgent));
  await stack?.stop();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What a person sees, and the keys that were pressed. */
class Typed {
  readonly input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  readonly output: Writable & { isTTY: boolean; columns: number; rows: number };
  presses = 0;
  #text = '';
  #read = 0;

  constructor() {
    const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
      this.#text += chunk.toString();
      done();
    };
    this.output = Object.assign(new Writable({ write }), { isTTY: true, columns: 80, rows: 40 });
  }

  /** Without colours and the cursor's moves. */
  get text(): string {
    // eslint-disable-next-line no-control-regex
    return this.#text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
  }

  /** What stood in a row of the screen at one time. */
  get lines(): string[] {
    // eslint-disable-next-line no-control-regex
    const rows = this.#text.replace(/\u001b\[[0-9;?]*m/g, '').split(/\u001b\[[0-9;?]*[A-Za-z]|[\r\n]+/);
    return rows.filter((row) => row !== '');
  }

  /** Waits for new text that fits. */
  async see(pattern: RegExp): Promise<string> {
    const found = await until(String(pattern), () => pattern.exec(this.text.slice(this.#read)) ?? false).catch(() => {
      throw new Error(`no ${String(pattern)} in:\n${this.text}`);
    });
    this.#read += found.index + found[0].length;
    return found[1] ?? found[0];
  }

  press(key: string): void {
    this.presses += 1;
    this.input.write(key);
  }
}

function contextOf(name: string) {
  const values = { router: stack.url, state: join(folder, name), name };
  return { flags: values, env: {}, folder: values.state, values };
}

/** One start of `irori-node`; the link is asked for more often than every five seconds, so that the test need not sit it out. */
async function begin(name: string, typed: Typed) {
  const context = contextOf(name);
  const runner = openRunner(context);
  const doors = await openDoors(context, await openTerminal(typed.input, typed.output), runner);
  const finder = { keyOf: () => null, allowLan: false, allowNetworks: false, ports: [server.port], questionMs: 5000 };
  const { startLink } = doors.router;
  const router: WizardDoors['router'] = {
    ...doors.router,
    startLink: async (origin, machine) => {
      const link = await startLink(origin, machine);
      return link.ok ? { ok: true, value: { ...link.value, intervalMs: 600 } } : link;
    },
  };
  return runWizard({ ...doors, router, startAtLogin: null, findServers: () => findServers(finder) });
}

async function decide(userCode: string, decision: 'approve' | 'deny'): Promise<void> {
  const answer = await stack.call(`/v1/owner/links/${userCode}`, { key: owner, body: { decision } });
  expect(answer.status).toBe(200);
}

test('a scripted terminal goes from the bare command to a signed private test job in six key presses at most', async () => {
  const typed = new Typed();
  const walk = begin('tower', typed);
  await typed.see(/Network\s+http/);
  await typed.see(/Which models do you share/);
  typed.press(' ');
  typed.press('\r');
  const denied = await typed.see(/Link\s+([A-Z0-9]{4}-[A-Z0-9]{4})/);
  await decide(denied, 'deny');
  await typed.see(/The request was denied on the page\./);
  await typed.see(/What now/);
  typed.press('\r');
  const code = await typed.see(/Link\s+([A-Z0-9]{4}-[A-Z0-9]{4})/);
  expect(code).not.toBe(denied);
  await decide(code.toLowerCase().replace('-', ' '), 'approve');
  await typed.see(/Yes, like that/);
  typed.press('\r');
  await typed.see(/Linked\s+to account acct/);
  await typed.see(/first token \d/);
  await typed.see(/receipt signed/);
  await typed.see(/Online\s+as tower/);
  const end = await walk;
  expect([end.kind, typed.presses]).toEqual(['online', 4]);
  const state = join(folder, 'tower');
  const config = JSON.parse(readFileSync(join(state, 'config.json'), 'utf8')) as Record<string, unknown>;
  expect(config).toMatchObject({ router: stack.url, models: [MODEL], backends: [`http://127.0.0.1:${server.port}`] });
  const kept = JSON.parse(readFileSync(join(state, 'join.json'), 'utf8')) as Record<string, unknown>;
  expect(kept).toMatchObject({ code: null, link: null, isChosen: true });
  expect(statSync(join(state, 'join.json')).mode & 0o777).toBe(0o600);
  for (const line of typed.lines) expect(line.length).toBeLessThanOrEqual(80);
  if (end.kind === 'online') await end.agent?.stop();
});

test('the next start goes on with what was done: nothing is asked, and the home is online', async () => {
  const typed = new Typed();
  const end = await begin('tower', typed);
  expect([end.kind, typed.presses]).toEqual(['online', 0]);
  if (end.kind === 'online') await end.agent?.stop();
});

test('a fleet code takes machines without a person, each tested once it is online', async () => {
  const made = await stack.call('/v1/nodes/enrolments', { key: owner, body: { uses: 10 } });
  const { code } = (await made.json()) as { code: string };
  for (const name of ['one', 'two'])
    agents.push(
      startAgent([
        '--yes',
        `--code=${code.toLowerCase()}`,
        `--router=${stack.url}`,
        `--state=${join(folder, name)}`,
        `--backend=${server.url}`,
        `--models=${MODEL}`,
        `--name=${name}`,
      ]),
    );
  for (const agent of agents) await agent.waitForOutput(/receipt signed/);
  const listed = (await (await stack.call('/v1/nodes', { key: owner })).json()) as {
    data: { name: string | null }[];
  };
  expect(listed.data.map(({ name }) => name).toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
    'one',
    'tower',
    'two',
  ]);
});

test('a start beside the agent that works is told, and counts for none that came to nothing', async () => {
  const state = join(folder, 'one');
  const file = join(state, 'versions', 'current.json');
  mkdirSync(join(state, 'versions'), { recursive: true });
  writeFileSync(file, JSON.stringify({ current: '9.0.0', starts: 3 }));
  expect(await runUp({ state }, {})).toBe(2);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ current: '9.0.0', starts: 0 });
});

test('where nobody can answer it says what to do', async () => {
  const agent = startAgent(['--router', stack.url, '--state', join(folder, 'three')]);
  agents.push(agent);
  expect(await agent.ended).toBe(2);
  expect(agent.output()).toContain('irori-node --yes --router');
});
