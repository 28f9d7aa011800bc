// What a real agent writes to its log: enough to find a job again, and nothing that anyone asked, was answered, or keeps secret.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findLogFiles } from '../home/log-file.ts';
import { encodeFrame } from '../../schema/frames.ts';
import { useBench } from './agent-bench.ts';
import { startAgent } from './agent-process.ts';
import { CODE } from './test-hub.ts';

const bench = useBench();

interface Line {
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly job?: string;
  readonly node?: string;
}

test.each([['--json-logs'], []])('no prompt, answer or secret stands in it, whatever happens %s', async (...flags) => {
  const agent = await bench.upAndReady(...flags);
  const good = bench.hub.give({ model: 'say-30x1' });
  await bench.hub.waitEnd(good.number);
  const broken = bench.hub.give({ model: 'say-9x5-die5' });
  await bench.hub.waitForFrame('fault', broken.number);
  const forged = bench.hub.give({ model: 'say-50x5', sealer: new Uint8Array(32).fill(3) });
  await bench.hub.waitForFrame('fault', forged.number);
  await bench.hub.waitForFrame('refuse', bench.hub.give({ model: 'gpt-unknown' }).number);
  const late = bench.hub.give({ ticket: { expiresAtMs: 1n } });
  await bench.hub.waitForFrame('refuse', late.number);
  bench.hub.sendRaw(encodeFrame('job', { job: 99, payload: Buffer.from('{"messages":"hello there"') }));
  await bench.hub.waitForFrame('error', 99);
  agent.child.kill('SIGTERM');
  await agent.ended;
  // What stays on disk says the same.
  const kept = readFileSync(findLogFiles(bench.state).newer, 'utf8');
  expect(kept).toMatch(/a job failed/);
  const output = agent.output() + kept;
  expect(output).toMatch(/a job failed/);
  expect(output).toMatch(/did not seal/);
  expect(output).toMatch(/a job was refused/);
  expect(output).not.toContain('hello');
  expect(output).not.toMatch(/\bword\d+\b/);
  expect(output).not.toContain(CODE);
  expect(output).not.toContain(readFileSync(join(bench.state, 'session.key'), 'utf8').trim().slice(2));
});

/** Says to Node at the first signal, as a library might, that something is wrong. */
const WARNS_AT_END =
  "data:text/javascript,process.once('SIGTERM',()=>process.emitWarning('the test’s',{type:'TestWarning',code:'TEST1'}))";

test('as JSON each line holds its time, level and event, and names the job or the node that it is about', async () => {
  bench.env = { NODE_OPTIONS: `--import=${encodeURI(WARNS_AT_END)}` };
  const agent = await bench.upAndReady('--json-logs');
  await bench.hub.waitEnd(bench.hub.give({ model: 'say-3x0' }).number);
  await bench.hub.waitForFrame('fault', bench.hub.give({ model: 'say-9x0-die0' }).number);
  agent.child.kill('SIGTERM');
  await agent.ended;
  const lines = agent
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  for (const line of lines)
    expect(line).toEqual(
      expect.objectContaining({
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        level: expect.stringMatching(/^(info|warn|error)$/),
        event: expect.any(String),
      }),
    );
  expect(lines.find((line) => line.event === 'connected')?.node).toMatch(/^node_/);
  expect(lines.filter(({ event }) => event === 'Node warns')).toEqual([
    expect.objectContaining({ level: 'warn', name: 'TestWarning', code: 'TEST1', message: 'the test’s' }),
  ]);
  const jobs = lines.filter(({ event }) => event === 'job' || event === 'a job failed');
  expect(jobs.map(({ event, level }) => [event, level])).toEqual([
    ['job', 'info'],
    ['a job failed', 'warn'],
    ['job', 'info'],
  ]);
  for (const { job } of jobs) expect(job).toMatch(/^job_/);
  const status = startAgent(['status', '--state', bench.state]);
  await status.ended;
  expect(status.output()).toMatch(/^failing {4}the last job failed: \w/m);
});
