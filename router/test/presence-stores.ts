// The two stores of the presence contract: started, killed and revived the same way.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimPort } from '../local/free-port.ts';
import { startRedisBridge } from '../local/redis-bridge.ts';
import type { RedisBridge } from '../local/redis-bridge.ts';
import { embeddedExecutor, redisExecutor } from '../local/redis-executor.ts';

/** Bearer token of every bridge here. */
export const TOKEN = 'contract-token';
/** Whether this machine has a redis-server to start. */
export const HAS_REDIS = spawnSync('redis-server', ['--version']).status === 0;

/** A store behind its bridge. */
export interface Store {
  readonly bridge: RedisBridge;
  /** Takes the store away without a goodbye, and brings an empty one back. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  stop(): Promise<void>;
}

/** The embedded default. */
export async function startEmbedded(): Promise<Store> {
  let bridge = await startRedisBridge({ executor: embeddedExecutor(), token: TOKEN });
  const port = Number(new URL(bridge.url).port);
  return {
    get bridge() {
      return bridge;
    },
    kill: async () => bridge.stop(),
    revive: async () => {
      bridge = await startRedisBridge({ executor: embeddedExecutor(), token: TOKEN, port });
    },
    stop: async () => bridge.stop(),
  };
}

/** A redis-server of this test alone, on a free port of the loopback. */
export async function startReal(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'irori-redis-'));
  const port = await claimPort('127.0.0.1', 0);
  let server = await spawnRedis(port, folder);
  const bridge = await startRedisBridge({ executor: redisExecutor(`redis://127.0.0.1:${port}`), token: TOKEN });
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
  };
  return {
    bridge,
    kill,
    revive: async () => {
      server = await spawnRedis(port, folder);
    },
    stop: async () => {
      await bridge.stop();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function spawnRedis(port: number, folder: string): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    server.stdout?.on('data', (text: Buffer) => {
      if (text.includes('Ready to accept connections')) resolve();
    });
  });
  return server;
}
