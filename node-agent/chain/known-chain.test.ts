// Which chain pays a home: what was told first stands.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openChain } from './chain-client.ts';
import { askKnownChain, keepKnownChain, readKnownChain } from './known-chain.ts';

const PAYOUTS = `0x${'c0'.repeat(20)}` as const;
const TOLD = { chainId: 31_337, payouts: PAYOUTS, governor: null, rpcUrl: 'http://127.0.0.1:1' };

let folder: string;
let server: Server;
let router: string;
let says: { status: number; body: unknown };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'irori-known-'));
  says = { status: 404, body: {} };
  server = createServer((_, response) => response.writeHead(says.status).end(JSON.stringify(says.body)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  router = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test('what a router tells is read, one without a chain has none, and a chain that is no test network is refused', async () => {
  expect(await askKnownChain(router)).toEqual({ ok: true, value: null });
  const body = { chain_id: 31_337, payouts: PAYOUTS.toUpperCase().replace('0X', '0x'), rpc_url: null };
  says = { status: 200, body };
  expect(await askKnownChain(router)).toEqual({ ok: true, value: { ...TOLD, rpcUrl: null } });
  says = { status: 200, body: { ...body, chain_id: 1 } };
  expect(await askKnownChain(router)).toMatchObject({
    ok: false,
    error: expect.stringContaining('No setting changes'),
  });
  says = { status: 200, body: { ...body, payouts: '0x12' } };
  expect(await askKnownChain(router)).toMatchObject({ ok: false, error: expect.stringContaining('(payouts)') });
});

test('another contract or chain than the first is not taken; another node of the same chain is, and none does not erase it', async () => {
  expect(await keepKnownChain(folder, TOLD)).toEqual({ ok: true, value: TOLD });
  const moved = { ...TOLD, rpcUrl: 'http://127.0.0.1:2' };
  await keepKnownChain(folder, moved);
  await keepKnownChain(folder, { ...TOLD, rpcUrl: null });
  const other = await keepKnownChain(folder, { ...TOLD, payouts: `0x${'d0'.repeat(20)}` });
  expect(other).toMatchObject({ ok: false, error: expect.stringContaining('another contract') });
  expect(await keepKnownChain(folder, { ...TOLD, chainId: 84_532 })).toMatchObject({ ok: false });
  expect(await readKnownChain(folder)).toEqual({ ok: true, value: moved });
});

test('a command without a chain says in a sentence what is missing', async () => {
  const open = (flags: object) => openChain({ folder, flags: { router, ...flags }, env: {} });
  expect(await open({})).toMatchObject({ error: { exit: 2, sentence: expect.stringContaining('pays on no chain') } });
  expect(await open({ rpc: 'ftp://x' })).toMatchObject({
    error: { exit: 2, sentence: expect.stringContaining('--rpc') },
  });
  expect(await open({ payouts: '0x1' })).toMatchObject({
    error: { sentence: expect.stringContaining('--payouts must') },
  });
  expect(await open({ payouts: PAYOUTS })).toMatchObject({ error: { sentence: expect.stringContaining('--rpc URL') } });
  await keepKnownChain(folder, TOLD);
  expect(await open({})).toMatchObject({ error: { exit: 1, sentence: expect.stringContaining('does not answer') } });
  writeFileSync(join(folder, 'payouts.json'), '{"chainId":0}');
  expect(await open({})).toMatchObject({ error: { exit: 2, sentence: expect.stringContaining('Mend it') } });
});
