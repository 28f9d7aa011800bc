// A home without an agent beside a chain: its state folder, and a router that tells it what a test says. So a command is tried against contracts alone.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Environment } from '../../node-agent/config/config.ts';
import type { OptionValues } from '../../node-agent/config/parse-flags.ts';
import { nodeIdOf } from '../../schema/ids.ts';
import { addressOf, keyOf } from './contract-bench.ts';
import type { Who } from './contract-bench.ts';

/** What an agent tells at least. */
const STATUS = {
  pid: 1,
  version: '1.0.0',
  name: null,
  startedAt: 0,
  writtenAt: 0,
  state: 'stopped',
  problem: null,
  paused: null,
  pausedUntilAt: null,
  hub: null,
  area: null,
  models: [],
  slots: 1,
  running: 0,
  jobs: 0,
  refused: 0,
  promptTokens: 0,
  outputTokens: 0,
  outbox: 0,
  earnedMicro: '0',
  acceptedReceipts: '0',
  residentBytes: 1,
};

export type Command = (words: readonly string[], flags: OptionValues, env: Environment) => Promise<number>;

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  readonly json: Record<string, unknown>;
}

export interface ChainHome {
  readonly folder: string;
  /** What its router answers, by path. */
  readonly answers: Map<string, unknown>;
  /** In this process. */
  readonly run: (command: Command, words: readonly string[], flags?: OptionValues) => Promise<Ran>;
  /** A file that holds a key as its owner would name one. */
  readonly keyFile: (who: Who) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** `flags`: of every command. */
export async function openChainHome(who: Who, flags: OptionValues): Promise<ChainHome> {
  const folder = await mkdtemp(join(tmpdir(), 'irori-chain-home-'));
  const answers = new Map<string, unknown>();
  const server = createServer((request, response) => {
    const body = answers.get(request.url ?? '');
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? { error: { message: 'There is none.' } });
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const router = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const node = nodeIdOf(addressOf(who));
  await mkdir(join(folder, 'receipts'));
  await writeFile(join(folder, 'session.key'), keyOf(who), { mode: 0o600 });
  await writeFile(join(folder, 'status.json'), JSON.stringify({ ...STATUS, router, node, address: addressOf(who) }));
  return {
    folder,
    answers,
    run: async (command, words, more = {}) => {
      const told = { out: '', err: '' };
      const spies = (['stdout', 'stderr'] as const).map((stream) =>
        vi.spyOn(process[stream], 'write').mockImplementation((text) => {
          told[stream === 'stdout' ? 'out' : 'err'] += String(text);
          return true;
        }),
      );
      const exit = await command(words, { state: folder, json: true, ...flags, ...more }, {});
      for (const spy of spies) spy.mockRestore();
      const json = told.out.startsWith('{') ? (JSON.parse(told.out) as Ran['json']) : {};
      return { exit, ...told, json };
    },
    keyFile: async (of) => {
      const path = join(folder, `${of}.key`);
      await writeFile(path, `${keyOf(of)}\n`, { mode: 0o600 });
      return path;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}
