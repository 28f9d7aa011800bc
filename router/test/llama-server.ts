// A real llama-server with the demo model's weights, as a process of its own. `.ci/build-llama-server` builds it into the cache that
// IRORI_LLAMA_DIR names; where there is none the tests that want one are skipped, and say why.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { claimPort } from '../local/free-port.ts';
import { until } from './until.ts';

const MODEL = resolve(import.meta.dirname, '../../node-agent/test/fixtures/nano.gguf');
/** The demo model's own template knows no tools. */
const TOOLS_TEMPLATE = resolve(import.meta.dirname, '../../node-agent/test/fixtures/nano-tools.jinja');
const folder = process.env['IRORI_LLAMA_DIR'];
const binary = folder === undefined ? null : join(folder, 'bin', 'llama-server');

export const HAS_LLAMA_SERVER = binary !== null && existsSync(binary);

/** A server that is slowed down runs for so long, this often. */
const RUN_MS = 2;
const EVERY_MS = 100;

export interface LlamaServer {
  /** Without a path. */
  readonly url: string;
  /** Kills it in the middle of whatever it does, and waits for its end. */
  kill(): Promise<void>;
  /** From now on it runs for a few milliseconds of every hundred, so that an answer lasts long enough to be cut. */
  slowDown(): void;
  /** Starts it again on the same port and at full speed, and waits until it answers. */
  start(): Promise<void>;
  /** Answers that it works on now. */
  countBusy(): Promise<number>;
}

/**
 * `contextTokens` is what each of its slots holds; the model was trained for 512, and is told that it may take more. `hasTools`: its template shows tools. `embeds`:
 * it makes embeddings too.
 */
export async function startLlamaServer({
  contextTokens = 512,
  slots = 2,
  hasTools = false,
  embeds = false,
}: { contextTokens?: number; slots?: number; hasTools?: boolean; embeds?: boolean } = {}): Promise<LlamaServer> {
  const port = await claimPort('127.0.0.1', 0);
  const url = `http://127.0.0.1:${port}`;
  const args = ['--model', MODEL, '--alias', 'nano', '--host', '127.0.0.1', '--port', String(port)];
  // One thread: with more, its threads wait for each other by spinning, which on a busy machine costs a thousandfold.
  args.push('--threads', '1', '--parallel', String(slots), '--ctx-size', String(contextTokens * slots));
  args.push('--override-kv', `llama.context_length=int:${contextTokens}`);
  if (hasTools) args.push('--chat-template-file', TOOLS_TEMPLATE);
  if (embeds) args.push('--embeddings', '--pooling', 'mean');
  let child: ChildProcess | null = null;
  let brake: NodeJS.Timeout | undefined;
  const server: LlamaServer = {
    url,
    kill: async () => {
      clearInterval(brake);
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((done) => child?.once('close', done));
      child.kill('SIGKILL');
      await gone;
    },
    start: async () => {
      child = spawn(binary ?? 'llama-server', args, { stdio: 'ignore' });
      await until('llama-server', () =>
        fetch(`${url}/health`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
    },
    slowDown: () => {
      clearInterval(brake);
      brake = setInterval(() => {
        child?.kill('SIGCONT');
        setTimeout(() => child?.kill('SIGSTOP'), RUN_MS);
      }, EVERY_MS);
    },
    countBusy: async () => {
      const slotList = (await (await fetch(`${url}/slots`)).json()) as { is_processing: boolean }[];
      return slotList.filter((slot) => slot.is_processing).length;
    },
  };
  await server.start();
  return server;
}
