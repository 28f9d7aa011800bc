import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startNetwork } from './network.ts';
import type { Network } from './network.ts';

const CONFIG = `name = "probe"
main = "worker.ts"
compatibility_date = "2026-10-23"
compatibility_flags = ["enable_request_signal"]
[vars]
GREETING = "hello"
[[d1_databases]]
binding = "DB"
database_name = "probe"
database_id = "00000000-0000-0000-0000-000000000000"
[[durable_objects.bindings]]
name = "PROBE"
class_name = "Probe"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["Probe"]
`;

const WORKER = `import { DurableObject } from 'cloudflare:workers';
export class Probe extends DurableObject {
  constructor(context, env) {
    super(context, env);
    this.lives = 0;
    context.storage.sql.exec('CREATE TABLE IF NOT EXISTS lives (at INTEGER)');
    context.storage.sql.exec('INSERT INTO lives VALUES (1)');
  }
  async fetch(request) {
    if (new URL(request.url).pathname === '/socket') {
      const pair = new WebSocketPair();
      this.ctx.acceptWebSocket(pair[1]);
      pair[1].serializeAttachment({ name: 'kept' });
      return new Response(null, { status: 101, webSocket: pair[0] });
    }
    return Response.json(this.ctx.storage.sql.exec('SELECT count(*) AS lives FROM lives').one());
  }
  webSocketMessage(socket, message) {
    const { lives } = this.ctx.storage.sql.exec('SELECT count(*) AS lives FROM lives').one();
    socket.send(JSON.stringify({ ...socket.deserializeAttachment(), lives }));
  }
}
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/env') return Response.json({ names: Object.keys(env).sort(), greeting: env.GREETING, secret: env.SECRET, cf: request.cf ?? null });
    if (pathname === '/notes') return Response.json((await env.DB.prepare('SELECT text FROM notes').all()).results);
    if (pathname === '/slow') {
      let timer;
      let sent = 0;
      const body = new ReadableStream({
        start: (stream) => {
          timer = setInterval(() => {
            stream.enqueue(new TextEncoder().encode('data: ' + sent + '\\n\\n'));
            sent += 1;
            if (sent === 5) { clearInterval(timer); stream.close(); }
          }, 30);
        },
        cancel: () => clearInterval(timer),
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    }
    return env.PROBE.get(env.PROBE.idFromName('one')).fetch(request);
  },
};
`;

describe('local network', () => {
  let dir: string;
  let network: Network;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'irori-probe-'));
    mkdirSync(join(dir, 'migrations'));
    writeFileSync(join(dir, 'wrangler.toml'), CONFIG);
    writeFileSync(join(dir, 'worker.ts'), WORKER);
    writeFileSync(
      join(dir, 'migrations', '0000_notes.sql'),
      `CREATE TABLE notes (text TEXT DEFAULT 'a;b'); -- a; comment\n--> statement-breakpoint\nINSERT INTO notes VALUES ('first; second');`,
    );
    network = await startNetwork({
      stateDir: join(dir, 'state'),
      configPath: join(dir, 'wrangler.toml'),
      bindings: { SECRET: 's' },
    });
  });
  afterAll(async () => {
    await network.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const get = async (path: string): Promise<unknown> => (await fetch(`${network.url}${path}`)).json();

  test('the Worker gets the vars of wrangler.toml, the secrets, its bindings and the local door', async () => {
    expect(await get('/env')).toEqual({
      names: ['DB', 'GREETING', 'LOCAL_PLACES', 'PROBE', 'SECRET'],
      greeting: 'hello',
      secret: 's',
      cf: null,
    });
  });

  test('without local places the environment is the deployed one', async () => {
    const deployed = await startNetwork({ configPath: join(dir, 'wrangler.toml'), bindings: {}, localPlaces: false });
    const { names } = (await (await fetch(`${deployed.url}/env`)).json()) as { names: string[] };
    expect(names).not.toContain('LOCAL_PLACES');
    expect(deployed.workerdPids()).not.toEqual(network.workerdPids());
    await deployed.stop();
  });

  test('migrations are applied once, each with its record', async () => {
    expect(await get('/notes')).toEqual([{ text: 'first; second' }]);
    writeFileSync(join(dir, 'migrations', '0001_more.sql'), `INSERT INTO notes VALUES ('third');`);
    await network.restart();
    expect(await get('/notes')).toEqual([{ text: 'first; second' }, { text: 'third' }]);
    const { results } = await (await network.database()).prepare('SELECT name FROM d1_migrations ORDER BY id').all();
    expect(results).toEqual([{ name: '0000_notes.sql' }, { name: '0001_more.sql' }]);
  });

  test('a migration that fails says which, and leaves nothing of itself', async () => {
    const broken = join(dir, 'migrations', '0002_broken.sql');
    writeFileSync(broken, `INSERT INTO notes VALUES ('half'); INSERT INTO nowhere VALUES (1);`);
    await expect(network.restart()).rejects.toThrow(/Migration 0002_broken\.sql failed: .*nowhere/);
    rmSync(broken);
    await network.restart();
    expect(await get('/notes')).toHaveLength(2);
  });

  test('server-sent events arrive one by one, not at the end', async () => {
    const response = await fetch(`${network.url}/slow`);
    const reads: string[] = [];
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) reads.push(decoder.decode(bytes));
    expect(reads.length).toBeGreaterThan(2);
  });

  test('killing workerd closes the port; a restart serves the same state on the same port', async () => {
    const before = (await get('/lives')) as { lives: number };
    const [pid] = network.workerdPids();
    await network.killWorkerd();
    expect(network.workerdPids()).toEqual([]);
    await expect(fetch(network.url)).rejects.toThrow('fetch failed');
    await network.restart();
    expect(network.workerdPids()).toHaveLength(1);
    expect(network.workerdPids()).not.toEqual([pid]);
    expect(await get('/lives')).toEqual({ lives: before.lives + 1 });
  });

  test('an evicted object keeps its socket and attachment and loses its memory', async () => {
    const socket = new WebSocket(`${network.url.replace('http', 'ws')}/socket`);
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    const ask = async (): Promise<{ name: string; lives: number }> => {
      const told = new Promise<MessageEvent>((resolve) => socket.addEventListener('message', resolve, { once: true }));
      socket.send('how often');
      return JSON.parse(String((await told).data)) as { name: string; lives: number };
    };
    const first = await ask();
    await network.evictObject('Probe', 'one');
    expect(await ask()).toEqual({ name: 'kept', lives: first.lives + 1 });
    socket.close();
  });

  test('a workerd that dies by itself is started again on the same port', async () => {
    let crashed: () => void = () => undefined;
    const isBack = new Promise<void>((resolve) => (crashed = resolve));
    const fragile = await startNetwork({
      configPath: join(dir, 'wrangler.toml'),
      bindings: {},
      onCrash: () => crashed(),
    });
    for (const pid of fragile.workerdPids()) process.kill(pid, 'SIGKILL');
    await isBack;
    expect((await fetch(`${fragile.url}/env`)).status).toBe(200);
    await fragile.stop();
    expect(fragile.workerdPids()).toEqual([]);
  });

  test('a port in use gives one sentence with another port to try', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as AddressInfo;
    await expect(startNetwork({ configPath: join(dir, 'wrangler.toml'), bindings: {}, port })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is in use. Stop what listens there, or choose another: npm start -- --port`,
    );
    holder.close();
  });

  test('a Worker that does not bundle is named with the reason', async () => {
    writeFileSync(join(dir, 'broken.toml'), CONFIG.replace('worker.ts', 'absent.ts'));
    await expect(startNetwork({ configPath: join(dir, 'broken.toml'), bindings: {} })).rejects.toThrow(
      /absent\.ts does not bundle/,
    );
  });
});
