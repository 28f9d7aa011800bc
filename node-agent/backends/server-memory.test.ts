import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { HttpDoor } from './http-door.ts';
import { refuseBaseUrl } from './refuse-server.ts';
import { ServerMemory } from './server-memory.ts';

const servers: { close: () => void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** LM Studio's list, and what it was asked; `status` is how it answers a POST. */
async function open(list: unknown, status = 200): Promise<{ door: HttpDoor; asked: [string, unknown][] }> {
  const asked: [string, unknown][] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => {
      if (request.method === 'POST') asked.push([request.url ?? '', JSON.parse(text)]);
      response.writeHead(request.method === 'POST' ? status : 200).end(JSON.stringify(list));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = refuseBaseUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, false);
  if (!url.ok) throw new Error(url.error);
  const door = new HttpDoor(url.value, { allowLan: false });
  servers.push({
    close: () => {
      door.close();
      server.close();
    },
  });
  return { door, asked };
}

const config = { context_length: 8192, flash_attention: true };
const LIST = {
  models: [
    { key: 'google/gemma', loaded_instances: [{ id: 'gemma-1', config: { ...config, parallel: 4 } }] },
    { key: 'own/private', loaded_instances: [{ id: 'own/private' }] },
  ],
};

describe('LM Studio’s memory', () => {
  test('what jobs used is unloaded and comes back as it was; what its owner uses alone stays', async () => {
    const { door, asked } = await open(LIST);
    const memory = new ServerMemory();
    await memory.unload(door, 'lm-studio', new Set(['gemma-1']));
    await memory.restore(door);
    await memory.restore(door);
    expect(asked).toEqual([
      ['/api/v1/models/unload', { instance_id: 'gemma-1' }],
      ['/api/v1/models/load', { model: 'google/gemma', config }],
    ]);
  });

  test('what was loaded again is given back by the next pause, whether a job used it since or not', async () => {
    const { door, asked } = await open(LIST);
    const memory = new ServerMemory();
    await memory.unload(door, 'lm-studio', new Set(['gemma-1']));
    await memory.restore(door);
    await memory.unload(door, 'lm-studio', new Set());
    expect(asked.at(-1)).toEqual(['/api/v1/models/unload', { instance_id: 'gemma-1' }]);
    expect(asked).toHaveLength(3);
  });

  test('a pause while models are loaded again loads no further one; the next return does', async () => {
    const { door, asked } = await open(LIST);
    const memory = new ServerMemory();
    await memory.unload(door, 'lm-studio', new Set(['gemma-1', 'own/private']));
    const restoring = memory.restore(door);
    await memory.unload(door, undefined, new Set());
    await restoring;
    const loads = (): number => asked.filter(([path]) => path.endsWith('/load')).length;
    expect(loads()).toBe(1);
    await memory.restore(door);
    expect(loads()).toBe(2);
  });

  test('what it did not unload is not loaded a second time', async () => {
    const { door, asked } = await open(LIST, 500);
    const memory = new ServerMemory();
    await memory.unload(door, 'lm-studio', new Set(['gemma-1']));
    await memory.restore(door);
    expect(asked).toHaveLength(1);
  });

  test('an older one, which has no such list, keeps its models', async () => {
    const { door, asked } = await open({ error: 'Unexpected endpoint' });
    await new ServerMemory().unload(door, 'lm-studio', new Set(['gemma-1']));
    expect(asked).toEqual([]);
  });
});

test('Ollama is told to keep nothing of what jobs used; other servers are asked nothing', async () => {
  const { door, asked } = await open({});
  const memory = new ServerMemory();
  await memory.unload(door, 'ollama', new Set(['llama3']));
  await memory.unload(door, 'llama-server', new Set(['llama3']));
  expect(asked).toEqual([['/api/generate', { model: 'llama3', keep_alive: 0 }]]);
});
