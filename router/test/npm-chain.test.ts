// `npm start -- --chain`, as a person and as a script meet it: the chain is kept with the folder, comes back when it dies, and none but test networks is taken.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive, killNow } from '../local/child-processes.ts';
import { findAnvil } from '../local/test-chain.ts';
import { useNpmStart } from './npm-start-hooks.ts';

interface Told {
  readonly chain_id: number;
  readonly payouts: string;
  readonly rpc_url: string;
  readonly reachable: boolean;
}

describe.skipIf(findAnvil() === null)('npm start -- --chain', () => {
  const npm = useNpmStart('npm-chain');

  const readPids = (): number[] =>
    (JSON.parse(readFileSync(join(npm.dir, 'local.json'), 'utf8')) as { pids: { chain?: number[] } }).pids.chain ?? [];
  const readTold = async (): Promise<Told> =>
    (await (await fetch(`http://127.0.0.1:${npm.port}/audit/chain`)).json()) as Told;

  test('--once deploys, tells where, earns with its answer and leaves nothing running', async () => {
    const first = npm.start(['--chain', '--once']);
    expect(await first.ended).toBe(0);
    expect(first.said()).toMatch(/chain {6}31337 \(a local chain\) at http:\/\/127\.0\.0\.1:\d+/);
    expect(first.said()).toContain('test tokens, no value');
    expect(first.said()).toMatch(/chain {6}Payouts {7}0x[0-9a-fA-F]{40}/);
    expect(first.said()).toMatch(/charged \d+ µ, home earned [1-9]\d* µ, signed by the home/);
  });

  test('the next start has the same contracts, starts anvil again when it dies, and outlives its own end by force', async () => {
    const payouts = readPayouts();
    const again = npm.start(['--chain', '--no-agent']);
    await expect.poll(again.said).toContain('No home was started');
    expect(again.said()).toContain(payouts);
    const told = await readTold();
    expect(told).toMatchObject({ chain_id: 31_337, payouts: payouts.toLowerCase(), reachable: true });
    const before = readPids();
    killNow(before);
    await expect.poll(again.said).toContain('anvil died and was started again.');
    await expect.poll(readPids).not.toEqual(before);
    const [anvil = 0] = readPids();
    again.child.kill('SIGKILL');
    await again.ended;
    expect(isAlive(anvil)).toBe(true);

    const plain = npm.start(['--no-agent']);
    await expect.poll(plain.said).toContain('No home was started');
    expect(plain.said()).toContain(`31337, Payouts ${payouts}: not started`);
    expect(isAlive(anvil)).toBe(false);
    expect((await fetch(`http://127.0.0.1:${npm.port}/audit/chain`)).status).toBe(404);
    plain.child.kill('SIGTERM');
    await plain.ended;
  });

  const readPayouts = (): string =>
    (JSON.parse(readFileSync(join(npm.dir, 'chain.json'), 'utf8')) as { contracts: { Payouts: string } }).contracts
      .Payouts;

  test('a chain whose coins are worth something is one line, and nothing is started', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: '0x1' }));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const ended = npm.start(['--chain', `http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
    expect(await ended.ended).toBe(1);
    expect(ended.said()).toMatch(/^irori: Chain 1 is not on the list of test networks.*No setting/m);
    server.close();
  });
});
