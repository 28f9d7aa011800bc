// The agent as a process: who it is, and that its key stays its own.
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useBench } from './agent-bench.ts';
import { startAgent } from './agent-process.ts';
import { CODE } from './test-hub.ts';

const bench = useBench();

describe('enrolment and identity', () => {
  test('enrols once, keeps its key private, and comes back without the code', async () => {
    await bench.upAndReady('--wallet', `0x${'Ab'.repeat(20)}`, '--place', '48.9,2.4,FR');
    expect(bench.hub.enrolments).toEqual([{ code: CODE, address: bench.hub.address, wallet: `0x${'ab'.repeat(20)}` }]);
    expect(bench.hub.headers[0]).toMatchObject({ 'x-irori-place': '48.9,2.4,FR' });
    expect(bench.hub.headers[0]?.['x-irori-node']).toMatch(/^node_/);
    expect(statSync(join(bench.state, 'session.key')).mode & 0o777).toBe(0o600);
    const key = readFileSync(join(bench.state, 'session.key'), 'utf8');
    expect(bench.agent.output()).not.toContain(key.slice(2));
    await bench.kill();
    bench.start('up', '--router', bench.hub.url, '--state', bench.state, '--backend', bench.model.url);
    await bench.until(() => bench.hub.dials === 2);
    await bench.hub.waitFor((heard) => heard.name === 'hello' && bench.hub.heard.indexOf(heard) > 1);
    expect(bench.hub.enrolments.length).toBe(1);
  });

  test('without a code it says what to do and exits with 2', async () => {
    bench.start('up', '--router', bench.hub.url, '--state', bench.state, '--backend', bench.model.url);
    expect(await bench.agent.ended).toBe(2);
    expect(bench.agent.output()).toContain('--code CODE');
  });

  test('a code that the router refuses ends the agent with its reason', async () => {
    bench.hub.enrolRefusal = { status: 403, code: 'forbidden', message: 'The enrolment code has expired.' };
    expect(await bench.up().ended).toBe(2);
    expect(bench.agent.output()).toContain('The enrolment code has expired.');
  });

  test('a router of version 1 is told as what it is, and the agent ends', async () => {
    bench.hub.enrolRefusal = {
      status: 400,
      code: 'unknown_parameter',
      message: "Unknown field 'protocol'. Remove it.",
    };
    expect(await bench.up().ended).toBe(2);
    expect(bench.agent.output()).toContain('The router speaks version 1 of the protocol, this agent version 3');
  });

  test('a key that others can read is refused with the remedy', async () => {
    await bench.upAndReady();
    await bench.kill();
    chmodSync(join(bench.state, 'session.key'), 0o644);
    expect(await bench.up().ended).toBe(2);
    expect(bench.agent.output()).toMatch(/chmod 600/);
  });

  test('a second agent on the same folder is refused', async () => {
    await bench.upAndReady();
    const second = startAgent(['up', '--router', bench.hub.url, '--state', bench.state, '--backend', bench.model.url]);
    expect(await second.ended).toBe(2);
    expect(second.output()).toContain('already');
  });

  test('a node that is not known any more enrols again with a code it has not used', async () => {
    await bench.upAndReady();
    await bench.kill();
    bench.hub.refusal = { status: 401, code: 'node_unenrolled', message: 'not enrolled' };
    bench.start(
      'up',
      '--router',
      bench.hub.url,
      '--code',
      'a-new-code',
      '--state',
      bench.state,
      '--backend',
      bench.model.url,
    );
    await bench.agent.waitForOutput(/does not know this node/);
    expect(bench.hub.enrolments.map((one) => one.code)).toEqual([CODE, 'a-new-code']);
  });
});
