import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Delta } from '../../backends/backend.ts';
import { openPromise } from '../../backends/open-promise.ts';
import { PacedBackend } from '../../backends/paced-backend.ts';
import { sendEvents } from './fake-server.ts';
import { NEVER, serve, share, PLAIN, job, text, STOP, begin } from './http-kit.ts';
import { runJob, until } from './jobs.ts';
import { LLAMA_SERVER, LM_STUDIO, OLLAMA, VLLM } from './wire-fixtures.ts';

test('a vLLM server is asked for its metrics: it begins with as many answers as its cache holds', async () => {
  const metrics = (response: ServerResponse): void => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end('vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="800"} 1.0\n');
  };
  const server = await serve({ ...VLLM.gets, '/metrics': metrics });
  const backend = share({ baseUrl: server.url });
  await backend.detect(NEVER);
  expect(await backend.slots()).toBe(3);
});

describe.each([
  ['ollama', OLLAMA, 'gemma3:latest', 'text', 1, ['gpt-oss:120b-cloud']],
  ['llama-server', LLAMA_SERVER, 'qwen2.5-14b', 'text', 2, []],
  ['vllm', VLLM, 'Qwen/Qwen2.5-7B-Instruct-AWQ', 'text', 8, []],
  ['lm-studio', LM_STUDIO, 'google/gemma-4-26b-a4b', 'none', 4, ['qwen/asleep']],
])('%s', (product, fixture, model, resume, slots, leftOut) => {
  test('is known by its paths, offers its local models, and says what it leaves out', async () => {
    const server = await serve(fixture.gets);
    const backend = share({ baseUrl: server.url });
    expect(await backend.detect(NEVER)).toMatchObject({ ok: true, value: { product } });
    expect((await backend.models()).map((m) => m.name)).toEqual([model]);
    expect(backend.capabilities()).toEqual({ resume, isBuiltIn: false, computesOn: 'graphics-card' });
    expect(await backend.slots()).toBe(slots);
    const detected = await backend.detect(NEVER);
    const notes = detected.ok ? detected.value.notes.filter((note) => note.includes('is left out')) : [];
    expect(notes.map((note) => note.split(' ')[0])).toEqual(leftOut);
    for (const name of leftOut)
      expect((await runJob(backend, job({ model: name }))).finish.error?.code).toBe('no-model');
    const posted = server.asked.filter((asked) => asked.method !== 'GET').map((asked) => asked.path);
    expect(posted.filter((path) => path !== '/tokenize' && path !== '/apply-template')).toEqual([]);
  });

  test('answers whole characters, counts its own usage, and is asked at chat/completions only', async () => {
    const server = await serve(fixture.gets, sendEvents(fixture.events));
    const backend = share({ baseUrl: server.url });
    const ran = await runJob(backend, job({ model }));
    expect(ran.text).toBe('囲炉裏 🔥');
    expect(ran.finish).toMatchObject({ reason: 'stop', promptTokens: 22, outputTokens: 3 });
    expect(ran.deltas.reduce((sum, d) => sum + d.tokens, 0)).toBe(2);
    expect(server.asked.filter((asked) => asked.method === 'POST').map((asked) => asked.path)).toEqual([
      '/v1/chat/completions',
    ]);
  });

  test('gives the same answer wherever its bytes are cut', async () => {
    const stream = Buffer.from(fixture.events.map((event) => `data: ${event}\r\n\r\n`).join(''));
    let cut = 0;
    const server = await serve(fixture.gets, async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(stream.subarray(0, cut));
      await sleep(1);
      response.end(stream.subarray(cut));
    });
    const backend = share({ baseUrl: server.url });
    await backend.detect(NEVER);
    const lookedWith = server.connections;
    for (cut = 1; cut < stream.length; cut += 23) {
      const ran = await runJob(backend, job({ model }));
      expect([ran.text, ran.finish.reason, ran.finish.outputTokens]).toEqual(['囲炉裏 🔥', 'stop', 3]);
    }
    expect(server.connections - lookedWith).toBeLessThan(4);
  });
});

describe('what a server is sent', () => {
  test('the whitelist, texts as they were written, the key in its header', async () => {
    const server = await serve(PLAIN, sendEvents([text('a'), STOP, '[DONE]']));
    const backend = share({ baseUrl: server.url, apiKey: 'sk-local' });
    const strange = {
      ...job(),
      messages: [{ role: 'user' as const, content: '<|im_end|>x', image_url: 'http://192.168.1.1' }],
      id_slot: 1,
    };
    await runJob(backend, strange);
    const asked = server.asked.find((one) => one.method === 'POST');
    expect(asked?.headers.authorization).toBe('Bearer sk-local');
    expect(JSON.parse(asked?.body ?? '{}')).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: '<|im_end|>x' }],
      max_tokens: 200,
      temperature: 0,
      top_p: 1,
      seed: 1,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('a text to continue, where the server continues one; elsewhere the job is refused', async () => {
    const resume = { text: 'Once', count: 1 };
    const llama = await serve(LLAMA_SERVER.gets, sendEvents(LLAMA_SERVER.events));
    await runJob(share({ baseUrl: llama.url }), job({ model: 'qwen2.5-14b', resume }));
    expect(JSON.parse(llama.asked.at(-1)?.body ?? '{}').messages.at(-1)).toEqual({
      role: 'assistant',
      content: 'Once',
    });
    const plain = await serve(PLAIN);
    const { finish } = await runJob(share({ baseUrl: plain.url }), job({ resume }));
    expect(finish.error).toEqual({ code: 'bad-request', message: expect.stringContaining('cannot continue') });
  });

  test('a server that repeats the text so far is not read twice, and remembered for short texts', async () => {
    const events = [text('Once upon a time'), text(' there'), text(' was'), STOP];
    const llama = await serve(LLAMA_SERVER.gets, sendEvents(events));
    const backend = share({ baseUrl: llama.url });
    const resume = { text: 'Once upon a time ', count: 4 };
    const first = await runJob(backend, job({ model: 'qwen2.5-14b', resume }));
    expect([first.text, first.deltas.reduce((sum, delta) => sum + delta.tokens, 0)]).toEqual(['there was', 2]);
    llama.chat = sendEvents([text('Once'), text(' more'), STOP]);
    const second = await runJob(backend, job({ model: 'qwen2.5-14b', resume: { text: 'Once', count: 1 } }));
    expect(second.text).toBe(' more');
  });

  test('a model that refuses a beginning, or thinks, is offered as one that cannot be resumed', async () => {
    const llama = await serve(LLAMA_SERVER.gets, (response) => void response.writeHead(400).end('{"error":"prefill"}'));
    const backend = share({ baseUrl: llama.url });
    expect((await backend.models())[0]).not.toHaveProperty('resume');
    const ran = await runJob(backend, job({ model: 'qwen2.5-14b', resume: { text: 'Once', count: 1 } }));
    expect(ran.finish.error).toMatchObject({ code: 'bad-request' });
    expect((await backend.models())[0]).toMatchObject({ resume: 'none' });
    const thinker = await serve(
      LLAMA_SERVER.gets,
      sendEvents([JSON.stringify({ choices: [{ delta: { reasoning_content: 'hm' } }] }), text('Yes'), STOP]),
    );
    const thinking = share({ baseUrl: thinker.url });
    await runJob(thinking, job({ model: 'qwen2.5-14b' }));
    expect((await thinking.models())[0]).toMatchObject({ resume: 'none' });
  });

  test('a request without a prompt, to load a model: Ollama only, local models only, timed', async () => {
    const gets = { ...OLLAMA.gets, '/api/generate': { done: true, done_reason: 'load' } };
    const ollama = await serve(gets);
    const backend = share({ baseUrl: ollama.url });
    expect((await backend.models())[0]?.loadMs).toBeGreaterThan(4000);
    expect(await backend.load('gemma3:latest')).toEqual({ ok: true, value: null });
    const asked = ollama.asked.find((one) => one.method === 'POST');
    expect([asked?.path, JSON.parse(asked?.body ?? '')]).toEqual(['/api/generate', { model: 'gemma3:latest' }]);
    expect((await backend.models())[0]?.loadMs).toBeLessThan(4000);
    expect(await backend.load('gpt-oss:120b-cloud')).toMatchObject({ ok: false });
    const llama = share({ baseUrl: (await serve(LLAMA_SERVER.gets)).url });
    await llama.models();
    expect(await llama.load('qwen2.5-14b')).toMatchObject({ ok: false, error: expect.stringContaining('itself') });
    const broken = share({ baseUrl: (await serve(OLLAMA.gets)).url });
    await broken.models();
    expect(await broken.load('gemma3:latest')).toEqual({ ok: false, error: expect.stringContaining('404') });
  });

  test('nothing without a finite maxTokens', async () => {
    const server = await serve(PLAIN);
    const { finish } = await runJob(share({ baseUrl: server.url }), job({ maxTokens: Infinity }));
    expect(finish.error).toEqual({ code: 'bad-request', message: expect.stringContaining('maxTokens') });
    expect(server.asked.some((asked) => asked.method === 'POST')).toBe(false);
  });

  test('models of the owner’s choice, patterns with them, and no other', async () => {
    const server = await serve(PLAIN, sendEvents([text('a'), STOP, '[DONE]']));
    const backend = share({ baseUrl: server.url, models: ['lora-*'] });
    expect((await backend.models()).map((m) => m.name)).toEqual(['lora-*']);
    expect((await runJob(backend, job({ model: 'lora-7' }))).text).toBe('a');
    expect((await runJob(backend, job())).finish.error?.code).toBe('no-model');
  });

  test('Ollama is asked to free what jobs used, others nothing', async () => {
    const ollama = await serve({ ...OLLAMA.gets, '/api/generate': {} }, sendEvents(OLLAMA.events));
    const backend = share({ baseUrl: ollama.url });
    await runJob(backend, job({ model: 'gemma3:latest' }));
    await backend.unload();
    await backend.unload();
    const frees = ollama.asked.filter((asked) => asked.path === '/api/generate');
    expect(frees.map((asked) => JSON.parse(asked.body))).toEqual([{ model: 'gemma3:latest', keep_alive: 0 }]);
  });
});

describe('counting', () => {
  test('a server that keeps a running count in each chunk is believed', async () => {
    const counted = (content: string, n: number): string =>
      JSON.stringify({ ...JSON.parse(text(content)), usage: { prompt_tokens: 4, completion_tokens: n } });
    const gate = openPromise<void>();
    const server = await serve(PLAIN, async (response) => {
      begin(response, counted('three tokens here', 3));
      await gate.promise;
      response.end(`data: ${counted(' two more', 5)}\n\ndata: ${STOP}\n\ndata: [DONE]\n\n`);
    });
    const deltas: Delta[] = [];
    const sink = (delta: Delta): void => {
      deltas.push(delta);
      gate.resolve();
    };
    const finish = await share({ baseUrl: server.url }).run(job(), sink, NEVER);
    expect(deltas[0]?.tokens).toBe(3);
    expect(finish).toMatchObject({ outputTokens: 5 });
  });

  test('tokens that a server counts as thinking and does not show are nobody’s', async () => {
    const counts = { completion_tokens_details: { reasoning_tokens: 2 } };
    const usage = JSON.stringify({ choices: [], usage: { prompt_tokens: 4, completion_tokens: 3, ...counts } });
    const server = await serve(PLAIN, sendEvents([text('yes'), STOP, usage, '[DONE]']));
    const { text: answer, finish } = await runJob(share({ baseUrl: server.url }), job());
    expect([answer, finish.outputTokens]).toEqual(['yes', 1]);
  });

  test('without usage the pieces are counted', async () => {
    const server = await serve(PLAIN, sendEvents([text('a'), text('b', 'length'), '[DONE]']));
    const { finish } = await runJob(share({ baseUrl: server.url }), job());
    expect(finish).toMatchObject({ reason: 'length', promptTokens: null, outputTokens: 2 });
  });
});

describe('refusals', () => {
  test('a server on another machine without the owner’s word is never contacted', async () => {
    const backend = share({ baseUrl: 'http://192.168.255.254:9' });
    expect(await backend.detect(NEVER)).toEqual({ ok: false, error: expect.stringContaining('--allow-lan') });
    expect(await backend.models()).toEqual([]);
    expect((await runJob(backend, job())).finish.error?.code).toBe('unreachable');
  });

  test('llama-server that runs tools, and another network posing as a server, are refused for jobs too', async () => {
    const tools = await serve({ ...LLAMA_SERVER.gets, '/tools': [{ name: 'exec_shell_command' }] });
    const mesh = await serve({ '/v1/models': { data: [{ id: 'm', owned_by: 'mesh-llm' }] } });
    for (const [server, reason] of [
      [tools, '--tools'],
      [mesh, '--allow-networks'],
    ] as const) {
      const backend = share({ baseUrl: server.url });
      expect(await backend.detect(NEVER)).toEqual({ ok: false, error: expect.stringContaining(reason) });
      const { finish } = await runJob(backend, job({ model: 'qwen2.5-14b' }));
      expect(finish.error).toEqual({ code: 'unreachable', message: expect.stringContaining(reason) });
      expect(server.asked.some((asked) => asked.method === 'POST')).toBe(false);
    }
    expect(await share({ baseUrl: mesh.url, allowNetworks: true }).detect(NEVER)).toMatchObject({ ok: true });
  });

  test('a server that wants a key, and a page that is no server, are told apart', async () => {
    const deny = (response: ServerResponse): void => {
      response.statusCode = 401;
      response.end();
    };
    const locked = await serve({ '/v1/models': deny });
    expect(await share({ baseUrl: locked.url }).detect(NEVER)).toEqual({
      ok: false,
      error: expect.stringContaining('API key'),
    });
    const page = await serve({ '/v1/models': 'welcome' });
    expect(await share({ baseUrl: page.url }).detect(NEVER)).toEqual({
      ok: false,
      error: expect.stringContaining('no OpenAI-compatible API'),
    });
  });
});

describe('a pace', () => {
  test('spreads an answer over time, the first piece at once, and an abort ends the waiting', async () => {
    const pieces = Array.from({ length: 11 }, () => text('a'));
    const server = await serve(PLAIN, async (response) => {
      begin(response);
      for (const piece of [...pieces, STOP, '[DONE]']) {
        response.write(`data: ${piece}\n\n`);
        await sleep(1);
      }
      response.end();
    });
    const paced = new PacedBackend(share({ baseUrl: server.url }), { tokensPerS: 50 });
    const startedAt = performance.now();
    const { finish, text: whole } = await runJob(paced, job());
    expect([finish.reason, whole]).toEqual(['stop', 'a'.repeat(11)]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(150);
    const slow = new PacedBackend(share({ baseUrl: server.url }), { tokensPerS: 0.01 });
    const stop = new AbortController();
    const deltas: Delta[] = [];
    const run = slow.run(job(), (delta) => void deltas.push(delta), stop.signal);
    await until(() => deltas.length === 1);
    stop.abort();
    expect(await run).toMatchObject({
      reason: 'cancelled',
      outputTokens: deltas.reduce((sum, d) => sum + d.tokens, 0),
    });
    expect(deltas).toHaveLength(1);
  });

  test('leaves everything else as it is', async () => {
    const server = await serve(OLLAMA.gets);
    const inner = share({ baseUrl: server.url });
    const paced = new PacedBackend(inner, { tokensPerS: 5 });
    expect(await paced.detect(NEVER)).toEqual(await inner.detect(NEVER));
    expect(await paced.models()).toEqual(await inner.models());
    expect([paced.kind, await paced.slots(), paced.capabilities()]).toEqual(['openai-http', 1, inner.capabilities()]);
    await paced.unload();
  });
});
