import { createServer, get } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { makeJudgedLookup } from '../backends/judged-lookup.ts';
import { makeRouterAgent, refuseAway } from './router-agent.ts';

let server: Server;
let port = 0;

beforeAll(async () => {
  server = createServer((_, response) => response.end('here'));
  new WebSocketServer({ server });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => void server.close());

/** What becomes of a call to a router of this name, by HTTP and by WebSocket, where the name resolves so; a proxy that nobody serves is set. */
async function dial(...addresses: string[]): Promise<string[]> {
  const lookup = makeJudgedLookup(refuseAway, (_name, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    ),
  );
  const agentOf = (url: string) => makeRouterAgent(url, { HTTP_PROXY: 'http://127.0.0.1:9' }, lookup);
  const url = `http://nas.lan:${port}/`;
  const asked = new Promise<string>((resolve) => {
    get(url, { agent: agentOf(url) }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    }).on('error', (error) => resolve(error.message));
  });
  const linkUrl = url.replace('http', 'ws');
  const linked = new Promise<string>((resolve) => {
    const ws = new WebSocket(linkUrl, { agent: agentOf(linkUrl) });
    ws.on('open', () => {
      ws.close();
      resolve('open');
    });
    ws.on('error', (error) => resolve(error.message));
  });
  return Promise.all([asked, linked]);
}

test('a router in the own network is dialled straight, by its name', async () => {
  expect(await dial('127.0.0.1')).toEqual(['200', 'open']);
});

test('one whose name resolves to the internet, now or one day, is not dialled', async () => {
  const told = expect.stringContaining('93.184.216.34, which is not in your network');
  expect(await dial('93.184.216.34')).toEqual([told, told]);
  expect(await dial('127.0.0.1', '93.184.216.34')).toEqual([told, told]);
});

test.each(['169.254.169.254', '0.0.0.0', '8.8.8.8', '2001:db8::1'])('%s is not in the own network', (address) => {
  expect(refuseAway(address)).toContain(address);
});
