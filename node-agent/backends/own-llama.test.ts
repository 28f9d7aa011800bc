import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { err, ok } from '../../schema/result.ts';
import { FakeBackend } from '../test/fake-backend.ts';
import type { BackendJob } from './backend.ts';
import { LlamaProcess, nameOf } from './llama-process.ts';
import { OwnLlamaBackend } from './own-llama.ts';

/** A process that is up when it was started, at a new address each time. */
class PlayedProcess {
  url: string | null = null;
  starts = 0;
  isBroken = false;

  async start() {
    this.starts += 1;
    if (this.isBroken) return err('it ended with status 1');
    this.url ??= `http://127.0.0.1:${this.starts}`;
    return ok(this.url);
  }

  async stop(): Promise<void> {
    this.url = null;
  }
}

const NEVER = new AbortController().signal;
const JOB = { kind: 'chat', model: 'fake' } as BackendJob;

let at: number;
let child: PlayedProcess;
let opened: string[];
let own: OwnLlamaBackend;

beforeEach(() => {
  at = 0;
  child = new PlayedProcess();
  opened = [];
  own = new OwnLlamaBackend({
    process: child as unknown as LlamaProcess,
    open: (url) => {
      opened.push(url);
      return new FakeBackend(async (_job, sink) => sink({ text: 'hi', tokens: 1 }));
    },
    onChange: () => undefined,
    now: () => at,
  });
});

describe('a llama-server of the agent’s own', () => {
  test('is started by the first look and asked like any other', async () => {
    expect(await own.detect(NEVER)).toMatchObject({ ok: true });
    expect((await own.models()).map(({ name }) => name)).toEqual(['fake']);
    expect([await own.slots(), child.starts, opened]).toEqual([2, 1, ['http://127.0.0.1:1']]);
    await own.detect(NEVER);
    expect(child.starts).toBe(1);
  });

  test('gives its memory back whole, is still told of, and is not brought back by a look', async () => {
    await own.detect(NEVER);
    await own.models();
    await own.unload();
    expect(child.url).toBeNull();
    expect(await own.detect(NEVER)).toMatchObject({ ok: true, value: { listed: ['fake'] } });
    expect(await own.models()).toMatchObject([{ name: 'fake', loadMs: expect.any(Number) as number }]);
    expect(child.starts).toBe(1);
  });

  test('is brought back by a job or a start, at its new address', async () => {
    await own.detect(NEVER);
    await own.unload();
    const texts: string[] = [];
    const end = await own.run(JOB, ({ text }) => void texts.push(text), NEVER);
    expect([end.reason, texts, opened.length]).toEqual(['stop', ['hi'], 2]);
    await own.unload();
    await own.restore();
    expect([child.url, opened.length]).toEqual(['http://127.0.0.1:3', 3]);
  });

  test('that does not start says so, fails its jobs, and is tried again after longer and longer waits', async () => {
    child.isBroken = true;
    expect(await own.detect(NEVER)).toEqual({ ok: false, error: 'it ended with status 1' });
    expect(await own.run(JOB, () => undefined, NEVER)).toMatchObject({
      reason: 'error',
      error: { code: 'unreachable' },
    });
    expect(child.starts).toBe(1);
    at = 5000;
    await own.detect(NEVER);
    at = 10_000;
    await own.detect(NEVER);
    expect(child.starts).toBe(2);
    at = 15_000;
    child.isBroken = false;
    expect(await own.detect(NEVER)).toMatchObject({ ok: true });
  });

  test('that was stopped before it ever ran is no server', async () => {
    await own.stop();
    expect(await own.detect(NEVER)).toMatchObject({ ok: false, error: expect.stringContaining('stopped') });
    expect([await own.models(), child.starts]).toEqual([[], 0]);
  });

  test('a job that was cancelled while it started is not run', async () => {
    expect(await own.run(JOB, () => undefined, AbortSignal.abort())).toMatchObject({ reason: 'cancelled' });
  });
});

test('the model’s name is its file’s, and no path leaves the machine', () => {
  expect(nameOf('/home/me/private/Qwen3-8B.Q4_K_M.gguf')).toBe('Qwen3-8B.Q4_K_M');
  expect(nameOf('C:\\Users\\me\\m.GGUF')).toBe('m');
});

test('a pause while it loads ends it, and neither a try without the card nor a late word brings it back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'irori-loading-'));
  const [seen, program] = [join(folder, 'seen'), join(folder, 'loads.mjs')];
  writeFileSync(seen, '');
  // Loads for ever.
  writeFileSync(
    program,
    `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(seen)}, 'x'); setInterval(() => 0, 9e4);`,
  );
  const loading = new LlamaProcess({
    command: [process.execPath, program],
    gguf: 'm.gguf',
    slots: 1,
    contextTokens: 512,
    pidFile: join(folder, 'pid'),
    onLost: () => undefined,
  });
  const started = loading.start();
  while (readFileSync(seen, 'utf8') === '') await new Promise((resolve) => setTimeout(resolve, 10));
  await loading.stop();
  expect(await started).toMatchObject({ ok: false, error: expect.stringContaining('was stopped while it started') });
  expect([readFileSync(seen, 'utf8'), loading.pid, loading.url]).toEqual(['x', null, null]);
  rmSync(folder, { recursive: true });
});
