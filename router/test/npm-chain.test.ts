// `npm start -- --chain`, as a person and as a script meet it: the chain is kept with the folder, comes back when it dies, and none but test networks is taken.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive, killNow } from '../local/child-processes.ts';
import { claimPort } from '../local/free-port.ts';
import { findAnvil } from '../local/test-chain.ts';

const START = resolve(import.meta.dirname, '../local/start.mjs');

interface Told {
  readonly chain_id: number;
  readonly payouts: string;
  readonly rpc_url: string;
  readonly reachable: boolean;
}

describe.skipIf(findAnvil() === null)('npm start -- --chain', () => {
  let dir: string;
  let port: number;
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'irori-npm-chain-'));
    port = await claimPort('127.0.0.1', 0);
  });
  afterAll(() => {
    killNow([...running].flatMap((child) => child.pid ?? []));
    rmSync(dir, { recursive: true, force: true });
  });

  function start(words: readonly string[]): { child: ChildProcess; said: () => string; ended: Promise<number | null> } {
    const child = spawn(process.execPath, [START, '--state', dir, '--port', String(port), ...words], { stdio: 'pipe' });
    running.add(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => (text += part));
    const ended = new Promise<number | null>((done) => {
      child.once('close', (status) => {
        running.delete(child);
        done(status);
      });
    });
    return { child, said: () => text, ended };
  }

  const readPids = (): number[] =>
    (JSON.parse(readFileSync(join(dir, 'local.json'), 'utf8')) as { pids: { chain?: number[] } }).pids.chain ?? [];
  const readTold = async (): Promise<Told> =>
    (await (await fetch(`http://127.0.0.1:${port}/audit/chain`)).json()) as Told;

  test('--once deploys, tells where, earns with its answer and leaves nothing running', async () => {
    const first = start(['--chain', '--once']);
    expect(await first.ended).toBe(0);
    expect(first.said()).toMatch(/chain {6}31337 \(a local chain\) at http:\/\/127\.0\.0\.1:\d+/);
    expect(first.said()).toContain('test tokens, no value');
    expect(first.said()).toMatch(/chain {6}Payouts {7}0x[0-9a-fA-F]{40}/);
    expect(first.said()).toMatch(/charged \d+ µ, home earned [1-9]\d* µ, signed by the home/);
  });

  test('the next start has the same contracts, starts anvil again when it dies, and outlives its own end by force', async () => {
    const payouts = readPayouts();
    const again = start(['--chain', '--no-agent']);
    await expect.poll(again.said, { timeout: 30_000 }).toContain('No home was started');
    expect(again.said()).toContain(payouts);
    const told = await readTold();
    expect(told).toMatchObject({ chain_id: 31_337, payouts: payouts.toLowerCase(), reachable: true });
    const before = readPids();
    killNow(before);
    await expect.poll(again.said, { timeout: 20_000 }).toContain('anvil died and was started again.');
    await expect.poll(readPids).not.toEqual(before);
    const [anvil = 0] = readPids();
    again.child.kill('SIGKILL');
    await again.ended;
    expect(isAlive(anvil)).toBe(true);

    const plain = start(['--no-agent']);
    await expect.poll(plain.said, { timeout: 30_000 }).toContain('No home was started');
    expect(plain.said()).toContain(`31337, Payouts ${payouts}: not started`);
    expect(isAlive(anvil)).toBe(false);
    expect((await fetch(`http://127.0.0.1:${port}/audit/chain`)).status).toBe(404);
    plain.child.kill('SIGTERM');
    await plain.ended;
  });

  const readPayouts = (): string =>
    (JSON.parse(readFileSync(join(dir, 'chain.json'), 'utf8')) as { contracts: { Payouts: string } }).contracts.Payouts;

  test('a chain whose coins are worth something is one line, and nothing is started', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: '0x1' }));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const ended = start(['--chain', `http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
    expect(await ended.ended).toBe(1);
    expect(ended.said()).toMatch(/^irori: Chain 1 is not on the list of test networks.*No setting/m);
    server.close();
  });
});
