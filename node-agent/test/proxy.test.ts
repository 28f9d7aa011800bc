// An agent behind a proxy: enrolment, dial and questions go through it, to a router that is reached by TLS and no other way.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { useBench } from './agent-bench.ts';
import { startAgent } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';
import { CODE } from './test-hub.ts';

const ROUTER = 'router.example';
const HAS_OPENSSL = canRun('openssl', ['version']);

const bench = useBench();
const agents: AgentProcess[] = [];
const servers: { close(): unknown }[] = [];
const asked: string[] = [];
let proxyUrl = '';

/** The router's TLS end before the hub, and a proxy that knows the way there: nobody else does. */
beforeEach(async () => {
  if (!HAS_OPENSSL) return;
  bench.hub.dialledAt = `https://${ROUTER}`;
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(bench.state, name)) as [string, string];
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${ROUTER}`;
  const made = [...words.split(' '), '-addext', `subjectAltName=DNS:${ROUTER}`, '-keyout', key, '-out', cert];
  execFileSync('openssl', made, { stdio: 'ignore' });
  const hubPort = Number(new URL(bench.hub.url).port);
  const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) =>
    joinSockets(socket, connect(hubPort, '127.0.0.1')),
  );
  const tlsPort = await listen(tls);
  const proxy = createServer((_, response) => response.writeHead(502).end());
  proxy.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '');
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    joinSockets(socket, connect(tlsPort, '127.0.0.1'));
  });
  proxyUrl = `http://127.0.0.1:${await listen(proxy)}`;
  servers.push(tls, proxy);
});

afterEach(async () => {
  for (const agent of agents.splice(0)) {
    agent.child.kill('SIGKILL');
    await agent.ended;
  }
  for (const server of servers.splice(0)) server.close();
  asked.length = 0;
});

function run(words: readonly string[], env: Readonly<Record<string, string>>): AgentProcess {
  const agent = startAgent([...words, '--state', join(bench.state, 'agent')], {
    NODE_EXTRA_CA_CERTS: join(bench.state, 'cert.pem'),
    ...env,
  });
  agents.push(agent);
  return agent;
}

const up = (): string[] => ['up', '--router', `https://${ROUTER}`, '--code', CODE, '--backend', bench.model.url];

test.skipIf(!HAS_OPENSSL)('enrols and works through HTTPS_PROXY; its model server is asked straight', async () => {
  const agent = run([...up(), '--models', 'say-*'], { HTTPS_PROXY: proxyUrl, HTTP_PROXY: 'http://127.0.0.1:9' });
  await bench.hub.waitReady();
  expect(bench.hub.enrolments).toMatchObject([{ code: CODE }]);
  const job = bench.hub.give({ model: 'say-3x0' });
  expect((await bench.hub.waitEnd(job.number)).receipt.outputTokens).toBe(3);
  expect(new Set(asked)).toEqual(new Set([`${ROUTER}:443`]));
  expect(agent.child.exitCode).toBeNull();
});

test.skipIf(!HAS_OPENSSL)('NO_PROXY takes the router out, and then it cannot be reached', async () => {
  const agent = run(up(), { HTTPS_PROXY: proxyUrl, NO_PROXY: ROUTER });
  await agent.waitForOutput(/The router cannot be reached/);
  expect(asked).toEqual([]);
});

test.skipIf(!HAS_OPENSSL)('a router on this machine is dialled straight, whatever the environment says', async () => {
  bench.hub.dialledAt = null;
  run(['up', '--router', bench.hub.url, '--code', CODE, '--backend', bench.model.url, '--models', 'say-*'], {
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
  });
  await bench.hub.waitReady();
  expect(asked).toEqual([]);
});

function joinSockets(one: Socket, other: Socket): void {
  for (const socket of [one, other]) socket.on('error', () => socket.destroy());
  one.pipe(other);
  other.pipe(one);
}

function listen(server: Server | ReturnType<typeof createTlsServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function canRun(command: string, words: string[]): boolean {
  try {
    execFileSync(command, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
