// What an update fetches: a small text, and one file of a known size, gone on with where it was cut. The same way out as to the router; the one door of
// updates to the network.
import { createHash } from 'node:crypto';
import { open as openFile, readFile, rm, stat } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { makeRouterAgent } from '../link/router-agent.ts';
import { describeError } from '../log.ts';

export interface WantedFile {
  readonly url: string;
  /** Where it comes to lie; what came stays there until it is whole. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const SILENT_MS = 30_000;
const TRIES = 4;
const RETRY_MS = 1000;

/** The file's bytes, whole and checked. Errors are sentences; one that was cut goes on at the next call, one with a wrong hash is deleted. */
export async function fetchFile(
  { url, path, bytes, sha256 }: WantedFile,
  retryMs: number = RETRY_MS,
): Promise<Result<Uint8Array, string>> {
  let why = '';
  for (let tries = 0; tries < TRIES; tries += 1) {
    const from = await sizeOf(path);
    if (from > bytes) await rm(path, { force: true });
    if (from === bytes) break;
    const fault = await fetchRest(url, path, from > bytes ? 0 : from, bytes);
    if (fault !== null) why = fault;
    if ((await sizeOf(path)) === bytes) break;
    await sleep(retryMs);
  }
  if ((await sizeOf(path)) !== bytes)
    return err(`The download was cut short${why === '' ? '' : `: ${why}`}. The next try goes on where it is.`);
  const file = new Uint8Array(await readFile(path));
  if (createHash('sha256').update(file).digest('hex') === sha256) return ok(file);
  await rm(path, { force: true });
  return err('The file that came is not the one that was signed for (its sha256 differs). It was deleted.');
}

/** Null where it came to its end; else why not. Never rejects. */
async function fetchRest(url: string, path: string, from: number, bytes: number): Promise<string | null> {
  const headers = from > 0 ? { range: `bytes=${from}-` } : {};
  const agent = makeRouterAgent(url, process.env);
  try {
    const response = await open(url, { agent, headers });
    const { statusCode: status = 0 } = response;
    if (status !== 200 && status !== 206) {
      response.destroy();
      return `the server answers ${status}`;
    }
    // A server that knows no ranges sends it whole again.
    const isRest = status === 206 && from > 0;
    await writePieces(response, path, { isRest, room: bytes - (isRest ? from : 0) });
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? describeError(error) : 'the connection broke';
  } finally {
    agent.destroy();
  }
}

/** Each piece as it comes: what a broken connection brought is kept. Rejects where it breaks, or brings more than there is room for. */
async function writePieces(
  response: IncomingMessage,
  path: string,
  { isRest, room }: { readonly isRest: boolean; readonly room: number },
): Promise<void> {
  const file = await openFile(path, isRest ? 'a' : 'w', 0o600);
  let left = room;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      await file.write(piece.subarray(0, left));
      left -= piece.length;
      if (left < 0) throw new Error('it is longer than was signed for');
    }
  } finally {
    await file.close();
  }
}

function open(url: string, options: object): Promise<IncomingMessage> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, { ...options, timeout: SILENT_MS }, resolve);
    outgoing.on('timeout', () =>
      outgoing.destroy(Object.assign(new Error('nothing came for a while'), { code: 'ETIMEDOUT' })),
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
