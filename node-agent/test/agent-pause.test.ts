// The agent as a process whose owner wants the machine back: by command, and by the signals of a planned stop.
import { describe, expect, test } from 'vitest';
import type { NodeState } from '../../schema/frames-to-hub.ts';
import { readContent } from '../../schema/read-chunks.ts';
import { FINISH } from '../../schema/receipt.ts';
import { askAgent } from '../home/owner-line.ts';
import { useBench } from './agent-bench.ts';
import { startAgent } from './agent-process.ts';
import { CODE } from './test-hub.ts';

const bench = useBench();

async function command(...words: string[]): Promise<{ status: number | string; output: string }> {
  const ran = startAgent([...words, '--state', bench.state]);
  const status = await ran.ended;
  return { status, output: ran.output() };
}

const pausedOf = (json: unknown): string | null => (json as NodeState).paused;

describe('irori-node pause', () => {
  test('ends running jobs as preempted within a second, tells the hub first, and frees the backend', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-5000x5', maxTokens: 10_000 });
    await bench.hub.waitFor((heard) => heard.name === 'data' && bench.hub.dataOf(job.number).length >= 3);
    const { status, output } = await command('pause', '--json');
    expect(status).toBe(0);
    const answer = JSON.parse(output) as { paused: string; untilAt: null; handedOver: number; tookMs: number };
    expect(answer).toMatchObject({ paused: 'owner', untilAt: null, handedOver: 1 });
    expect(answer.tookMs).toBeLessThan(1000);
    const { receipt } = await bench.hub.waitEnd(job.number);
    const sent = bench.hub.dataOf(job.number).reduce((sum, one) => sum + one.tokens, 0);
    expect(receipt).toMatchObject({ finish: FINISH.preempted, outputTokens: sent });
    const state = bench.hub.heard.findIndex((heard) => heard.name === 'state' && pausedOf(heard.json) === 'owner');
    const end = bench.hub.heard.findIndex((heard) => heard.name === 'end' && heard.job === job.number);
    expect(state).toBeGreaterThan(-1);
    expect(state).toBeLessThan(end);
    await bench.until(() => bench.model.seen[0]?.abortedAt);
    const late = bench.hub.give({});
    expect((await bench.hub.waitForFrame('refuse', late.number)).json).toMatchObject({ code: 'paused' });
    await bench.untilAnswered();
  });

  test('lasts until resume, and status says so', async () => {
    await bench.upAndReady();
    expect((await command('pause', '--for', '30m')).output).toMatch(/Paused until .*0 jobs were handed over/);
    expect((await command('status')).output).toMatch(/takes no work until [\d:]+: You\s+paused it\./);
    bench.hub.heard.length = 0;
    expect(await command('resume')).toMatchObject({ status: 0, output: 'The home takes work again.\n' });
    await bench.hub.waitReady();
    await bench.hub.waitEnd(bench.hub.give({}).number);
  });

  test('ends by itself after its time', async () => {
    await bench.upAndReady();
    await command('pause', '--for', '1s');
    bench.hub.heard.length = 0;
    await bench.hub.waitReady();
    expect(bench.hub.state?.paused).toBeNull();
  });

  test('a job whose ticket has not come is refused, and no fault', async () => {
    await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-9x0-hang0', sealer: null });
    await bench.hub.waitForFrame('head', job.number);
    await command('pause');
    expect((await bench.hub.waitForFrame('refuse', job.number)).json).toMatchObject({ code: 'paused' });
  });

  test('says what is wrong: no agent, no length of time', async () => {
    expect(await command('pause')).toMatchObject({ status: 1, output: expect.stringContaining('No agent runs') });
    expect(await command('pause', '--for', 'ever')).toMatchObject({
      status: 2,
      output: expect.stringContaining('--for'),
    });
  });

  test('the built-in model is out of memory afterwards, and answers again after resume', async () => {
    bench.start('up', '--router', bench.hub.url, '--code', CODE, '--state', bench.state, '--pace', '40');
    await bench.hub.waitReady();
    const ask = { model: 'nano-demo', maxTokens: 200 };
    const job = bench.hub.give(ask);
    await bench.hub.waitFor((heard) => heard.name === 'data' && bench.hub.dataOf(job.number).length >= 2);
    // Not by a process of its own: on a busy machine the answer may end before one has started.
    const paused = await askAgent(bench.state, { do: 'pause', forMs: null });
    expect(paused).toMatchObject({ kind: 'answered', answer: { paused: 'owner', handedOver: 1 } });
    expect(paused.kind === 'answered' && paused.answer.tookMs).toBeLessThan(1000);
    const { receipt } = await bench.hub.waitEnd(job.number);
    expect(receipt.finish).toBe(FINISH.preempted);
    const told = bench.hub.dataOf(job.number);
    const tokenIds = told.flatMap((one) => one.tokenIds ?? []);
    expect(tokenIds).toHaveLength(receipt.outputTokens);
    await askAgent(bench.state, { do: 'resume' });
    const resume = { text: readContent(bench.hub.bytesOf(job.number).toString()), tokenIds, count: tokenIds.length };
    const rest = bench.hub.give({ ...ask, maxTokens: 200 - tokenIds.length, resume });
    await bench.hub.waitEnd(rest.number);
    const whole = bench.hub.give(ask);
    await bench.hub.waitEnd(whole.number);
    const textOf = (number: number): string => readContent(bench.hub.bytesOf(number).toString());
    expect(textOf(job.number) + textOf(rest.number)).toBe(textOf(whole.number));
  });
});

describe('a planned stop', () => {
  test('a second signal hands over what runs, receipt and all', async () => {
    const started = await bench.upAndReady();
    const job = bench.hub.give({ model: 'say-5000x5', maxTokens: 10_000 });
    await bench.hub.waitFor((heard) => heard.name === 'data' && bench.hub.dataOf(job.number).length >= 3);
    started.child.kill('SIGINT');
    await started.waitForOutput(/finishing what runs/);
    started.child.kill('SIGINT');
    const { receipt } = await bench.hub.waitEnd(job.number);
    expect(receipt.finish).toBe(FINISH.preempted);
    expect(await started.ended).toBe(130);
  });
});
