// The thread in which the built-in model runs, so that the agent's main loop is never blocked by a forward pass. Only messages go in and out.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { useCompilers } from './compilers.ts';
import { DecodingRounds } from './decoding-rounds.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './onnx-messages.ts';
import { OnnxSession } from './onnx-session.ts';
import { PassGuard } from './pass-guard.ts';
import { makeCodec } from './render-prompt.ts';

async function serve(setup: WorkerSetup): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('onnx-worker runs as a worker thread only');
  const post = (message: FromWorker): void => port.postMessage(message);
  const guard = new PassGuard(setup.guard);
  const session = await guard.pass(() => OnnxSession.load(setup));
  if (!session.ok) return post({ type: 'broken', message: session.error });
  const codec = makeCodec(
    await readJson(setup.modelDir, 'tokenizer.json'),
    await readJson(setup.modelDir, 'tokenizer_config.json'),
  );
  if (!codec.ok) return post({ type: 'broken', message: codec.error });
  const rounds = new DecodingRounds(
    { session: session.value, codec: codec.value, paceTokensPerS: setup.paceTokensPerS, guard },
    post,
  );
  const unload = async (): Promise<void> => {
    await rounds.stop();
    await guard.pass(() => session.value.release()).catch(() => undefined);
    post({ type: 'unloaded' });
    port.close();
  };
  port.on('message', (message: ToWorker) => obey(message, rounds, unload));
  post({ type: 'ready' });
}

function obey(message: ToWorker, rounds: DecodingRounds, unloadNow: () => Promise<void>): void {
  if (message.type === 'start') rounds.start(message.run, message.job);
  else if (message.type === 'ack') rounds.ack(message.run);
  else if (message.type === 'cancel') rounds.cancel(message.run);
  else void unloadNow();
}

async function readJson(folder: string, name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, name), 'utf8'));
}

// Before what is hot here is compiled at all.
useCompilers();
await serve(workerData as WorkerSetup);
