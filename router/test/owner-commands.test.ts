// The owner's commands at a real network, from outside: a look at everything, a private test job with its receipt, a name, another account, and the end.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';

let stack: Stack;
let models: ModelServer;
let owner: TestAccount;
let agent: TestAgent;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack(), startModelServer()]);
  owner = await stack.makeAccount();
  agent = await stack.startAgent({ owner, args: ['--backend', models.url, '--models', 'say-*'] });
  await stack.waitForModel(owner, 'say-*');
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

function command(...words: string[]): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [AGENT_MAIN, ...words, '--state', agent.stateDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part: Buffer) => void (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => void (err += part.toString()));
  return new Promise((done) => child.once('close', (status) => done({ status, out, err })));
}

const identity = (): { routers: Record<string, { account: string; node: string }> } =>
  JSON.parse(readFileSync(join(agent.stateDir, 'identity.json'), 'utf8')) as ReturnType<typeof identity>;

test('a private test job goes the whole way and leaves a receipt; the doctor finds what is in the way', async () => {
  const tested = await command('test', '--model', 'say-9x1', '--json');
  expect(tested).toMatchObject({ status: 0, err: '' });
  expect(JSON.parse(tested.out)).toMatchObject({
    model: 'say-9x1',
    receipt: { accepted: true, at: expect.stringMatching(/Z$/) },
  });
  const looked = await command('doctor', '--json');
  const { well, findings } = JSON.parse(looked.out) as { well: boolean; findings: { step: string; outcome: string }[] };
  const bad = findings.filter(({ outcome }) => outcome === 'bad');
  // What is no model of the catalogue is told as that; else nothing is in the way.
  expect({ well, bad: bad.map(({ step }) => step) }).toEqual({ well: false, bad: ['in_catalogue'] });
  const steps = findings.map(({ step }) => step);
  for (const step of [
    'name',
    'TCP',
    'router',
    'clock',
    'key',
    'identity',
    'disk',
    'agent',
    'link',
    'pause',
    'network',
    'outbox',
    'receipt',
  ])
    expect(steps).toContain(step);
  expect(looked.status).toBe(1);
});

test('a name reaches the account; a home that moves goes on under the other account with a new key; one that leaves is gone', async () => {
  expect(await command('name', 'attic', '東京')).toMatchObject({ status: 0 });
  const [before] = Object.values(identity().routers);
  const listed = await stack.call('/v1/nodes', { key: owner.apiKey, method: 'GET' });
  expect(await listed.text()).toContain('attic 東京');
  const other = await stack.makeAccount();
  const made = await stack.admin('POST', '/nodes/enrolments', { account_id: other.id });
  const moved = await command('move', '--code', String(made.json['code']).toLowerCase(), '--yes', '--json');
  expect(moved).toMatchObject({ status: 0, err: '' });
  const [after] = Object.values(identity().routers);
  expect(after).toMatchObject({ account: other.id });
  expect(after?.node).not.toBe(before?.node);
  agent.start();
  await stack.waitForModel(other, 'say-*');
  expect(await command('leave')).toMatchObject({ status: 2, err: expect.stringContaining('leave --yes') });
  expect(await command('leave', '--yes')).toMatchObject({ status: 0, out: expect.stringContaining('has left') });
  expect(identity().routers).toEqual({});
  expect(await command('status')).toMatchObject({ status: 1 });
});
