// A real llama-server that the agent starts itself: it answers, gives its memory back, comes back, and none is left behind by an agent that was killed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HAS_LLAMA_SERVER } from '../../router/test/llama-server.ts';
import { until } from '../../router/test/until.ts';
import { LlamaProcess } from '../backends/llama-process.ts';
import { OpenAiHttpBackend } from '../backends/openai-http.ts';
import { OwnLlamaBackend } from '../backends/own-llama.ts';

const GGUF = resolve(import.meta.dirname, 'fixtures/nano.gguf');
const BINARY = join(process.env['IRORI_LLAMA_DIR'] ?? '', 'bin', 'llama-server');
const NEVER = new AbortController().signal;

let folder: string;
const all: LlamaProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-own-'));
});
afterAll(async () => {
  await Promise.all(all.map((one) => one.stop()));
  rmSync(folder, { recursive: true });
});

function open(change: { command?: readonly string[]; gguf?: string; onLost?: () => void } = {}): LlamaProcess {
  const child = new LlamaProcess({
    command: [BINARY],
    gguf: GGUF,
    slots: 1,
    contextTokens: 256,
    pidFile: join(folder, 'llama-server.json'),
    onLost: () => undefined,
    ...change,
  });
  all.push(child);
  return child;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a program that is not there is told at once', async () => {
  const started = await open({ command: [join(folder, 'absent')] }).start();
  expect(started).toMatchObject({ ok: false, error: expect.stringContaining('absent is not there') });
});

test.skipIf(!HAS_LLAMA_SERVER)('a file that is no model is told with the program’s own end', async () => {
  const gguf = join(folder, 'x.gguf');
  writeFileSync(gguf, 'no model');
  expect(await open({ gguf }).start()).toMatchObject({ ok: false, error: expect.stringContaining('it ended with') });
});

test.skipIf(!HAS_LLAMA_SERVER)('it answers jobs, is gone after a pause, and is back with the next job', async () => {
  const child = open();
  const backend = new OwnLlamaBackend({
    process: child,
    open: (baseUrl) => new OpenAiHttpBackend({ baseUrl }),
    onChange: () => undefined,
    now: () => performance.now(),
  });
  expect(await backend.detect(NEVER)).toMatchObject({ ok: true, value: { product: 'llama-server' } });
  expect((await backend.models()).map(({ name }) => name)).toEqual(['nano']);
  const [pid, url] = [child.pid ?? 0, child.url];
  await backend.unload();
  expect([isAlive(pid), child.url]).toEqual([false, null]);
  let text = '';
  const job = {
    kind: 'chat',
    model: 'nano',
    messages: [{ role: 'user', content: 'Count to 3' }],
    maxTokens: 8,
  } as const;
  const sampling = { temperature: 0, topP: 1, seed: 1, stop: [], frequencyPenalty: 0, presencePenalty: 0 };
  const end = await backend.run({ ...job, ...sampling }, (delta) => void (text += delta.text), NEVER);
  expect([end.error, text === '', child.url === url]).toEqual([undefined, false, false]);
  await backend.close();
});

test.skipIf(!HAS_LLAMA_SERVER)(
  'one that ends by itself is noticed, and one that a killed agent left behind is ended',
  async () => {
    let lost = 0;
    const first = open({ onLost: () => (lost += 1) });
    await first.start();
    const pid = first.pid ?? 0;
    const second = open();
    expect(await second.start()).toMatchObject({ ok: true });
    await until('the first is gone', () => !isAlive(pid) && lost === 1);
    expect(first.url).toBeNull();
  },
);
