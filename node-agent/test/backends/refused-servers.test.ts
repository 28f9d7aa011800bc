// Servers that are never shared, names that are never told, and keys that are never shown, over real connections.
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { sendEvents } from './fake-server.ts';
import { job, NEVER, serve, share, STOP, text } from './http-kit.ts';
import { runJob } from './jobs.ts';

const PATH = '/home/mika/models/qwen3-8b-Q4_K_M.gguf';
const FILED = { '/v1/models': { object: 'list', data: [{ id: PATH, object: 'model', owned_by: 'llamacpp' }] } };

async function refusalOf(url: string, apiKey?: string): Promise<string> {
  const found = await share({ baseUrl: url, ...(apiKey === undefined ? {} : { apiKey }) }).detect(NEVER);
  return found.ok ? '' : found.error;
}

describe('a router of this or another Irori network', () => {
  test.each([401, 404, 200])('is no model server, whatever it answers with (%i)', async (status) => {
    const server = await serve({
      '/v1/models': (response: ServerResponse) => {
        response.writeHead(status, {
          'content-type': 'application/json',
          'access-control-expose-headers': '*, x-irori, x-irori-job, x-irori-node',
        });
        response.end(JSON.stringify({ object: 'list', data: [{ id: 'nano-demo', object: 'model' }] }));
      },
    });
    expect(await refusalOf(server.url, 'irori_key')).toContain(`${server.url}: An Irori router answers there`);
  });
});

describe('a model that its server calls by the place of its file', () => {
  test('leaves this machine under its name alone, and its jobs reach the server under the server’s', async () => {
    const server = await serve(FILED, sendEvents([text('a'), STOP, '[DONE]']));
    const backend = share({ baseUrl: server.url });
    const found = await backend.detect(NEVER);
    const models = await backend.models();
    expect(models.map(({ name }) => name)).toEqual(['qwen3-8b-Q4_K_M.gguf']);
    expect(JSON.stringify([found, models])).not.toContain('mika');
    const ran = await runJob(backend, job({ model: 'qwen3-8b-Q4_K_M.gguf' }));
    expect(ran.finish.reason).toBe('stop');
    const bodies = server.asked.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body) as object);
    expect(bodies.at(-1)).toMatchObject({ model: PATH });
  });

  test.each([PATH, '/home/mika/models/qwen3*', 'qwen3*', 'qwen3-8b-Q4_K_M.gguf'])('is chosen by %s', async (choice) => {
    const server = await serve(FILED);
    const backend = share({ baseUrl: server.url, models: [choice] });
    expect((await backend.models())[0]?.name).toBe('qwen3-8b-Q4_K_M.gguf');
  });

  test('what its server says of a job that it refuses tells nothing of the place either', async () => {
    const words = { error: { message: `failed to load ${PATH}: no such file` } };
    const server = await serve(FILED, (response) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify(words));
    });
    const ran = await runJob(share({ baseUrl: server.url }), job({ model: 'qwen3-8b-Q4_K_M.gguf' }));
    expect(ran.finish.reason).toBe('error');
    expect(JSON.stringify(ran)).not.toContain('mika');
  });
});

describe('a server that wants a key', () => {
  const locked = async () =>
    serve({
      '/v1/models': (response: ServerResponse) => {
        response.writeHead(401, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: { message: 'wrong key: sk-secret-0123456789' } }));
      },
    });

  test('is told with where to put it; one that does not take the key that it got is told so, without the key', async () => {
    const server = await locked();
    const without = await refusalOf(server.url);
    expect(without).toContain('wants an API key (401)');
    expect(without).toContain('IRORI_BACKEND_KEY');
    expect(without).toContain('backend-keys.json');
    const wrong = await refusalOf(server.url, 'sk-secret-0123456789');
    expect(wrong).toContain('does not take the API key');
    expect(wrong).not.toContain('secret');
  });
});
