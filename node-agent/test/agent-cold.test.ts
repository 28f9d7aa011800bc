// The agent as a process with its built-in model: what it tells of memory and speed, and what makes it load.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { NodeModel, NodeState } from '../../schema/frames-to-hub.ts';
import { useBench } from './agent-bench.ts';
import { startAgent } from './agent-process.ts';
import { CODE } from './test-hub.ts';

const bench = useBench();

async function up(...more: string[]): Promise<void> {
  bench.start('up', '--router', bench.hub.url, '--code', CODE, '--state', bench.state, ...more);
  await bench.hub.waitReady();
}

const states = (): NodeModel[] =>
  bench.hub.heard.filter((heard) => heard.name === 'state').flatMap((heard) => (heard.json as NodeState).models);
const isWarm = (model: NodeModel | undefined): boolean => model !== undefined && (model.loadMs ?? 0) === 0;
const now = (): NodeModel | undefined => bench.hub.state?.models[0];

describe('the built-in model', () => {
  test('is offered at once with a guess, then warm and measured', async () => {
    await up();
    expect(states()[0]).toMatchObject({ promptTokensPerS: 2000, decodeTokensPerS: 200 });
    await bench.agent.waitForOutput(/measured/);
    await bench.until(() => isWarm(now()) && now()?.promptTokensPerS !== 2000);
    expect(now()?.decodeTokensPerS).toBeGreaterThan(1);
  });

  test('is known by what was measured at an earlier start, and not loaded to measure it again', async () => {
    await up();
    await bench.agent.waitForOutput(/measured/);
    await bench.until(() => now()?.promptTokensPerS !== 2000);
    const measured = now()?.promptTokensPerS;
    await bench.kill();
    bench.hub.heard.length = 0;
    await up();
    expect(states()[0]).toMatchObject({ promptTokensPerS: measured, loadMs: expect.any(Number) });
    await sleep(500);
    expect(bench.agent.output()).not.toContain('measured');
  });

  test('without a benchmark is cold until a job loads it, and the hub hears of it', async () => {
    await up('--benchmark', 'none');
    expect(states()[0]?.loadMs).toBeGreaterThan(0);
    await bench.hub.waitEnd(bench.hub.give({ model: 'nano-demo', maxTokens: 5 }).number);
    await bench.until(() => isWarm(now()));
  });

  test('is loaded on a hint, but not while paused', async () => {
    await up('--benchmark', 'none');
    await startAgent(['pause', '--state', bench.state]).ended;
    bench.hub.sendJson('prefetch', { model: 'nano-demo' });
    await startAgent(['resume', '--state', bench.state]).ended;
    expect(isWarm(now())).toBe(false);
    bench.hub.sendJson('prefetch', { model: 'nano-demo' });
    await bench.until(() => isWarm(now()));
  });

  test('leaves memory when nobody wants it, and the hub hears of that too', async () => {
    await up('--benchmark', 'none', '--unload-after', '0.01');
    await bench.hub.waitEnd(bench.hub.give({ model: 'nano-demo', maxTokens: 5 }).number);
    await bench.until(() => states().some(isWarm));
    await bench.until(() => !isWarm(now()));
    expect(now()?.loadMs).toBeGreaterThan(0);
  });

  test('is in memory from the start where the owner keeps it there, and again after a pause', async () => {
    await up('--benchmark', 'none', '--load', 'keep');
    await bench.until(() => isWarm(now()));
    await startAgent(['pause', '--state', bench.state]).ended;
    await bench.until(() => !isWarm(now()));
    await startAgent(['resume', '--state', bench.state]).ended;
    await bench.until(() => isWarm(now()));
    expect(bench.hub.state?.paused).toBeNull();
  });
});
