// One large file from a hub: resumed where it was cut, checked for room before and by its hash after. The one door of joining to a hub. What was fetched
// stays in FILE.part until it is whole.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { refuseRedirect } from './refuse-redirect.ts';
import { formatGb } from './tell-size.ts';

export interface DownloadOptions {
  readonly url: string;
  readonly path: string;
  readonly sha256: string;
  /** About; the hub's own word counts once it came. */
  readonly sizeBytes: number;
  readonly tell: (doneBytes: number, totalBytes: number) => void;
  readonly readFree?: (folder: string) => Promise<number>;
  /** Wait before a cut download is gone on with. */
  readonly retryMs?: number;
  /** A connection without a byte for so long is given up. */
  readonly silentMs?: number;
}

/** Left free on the disk. */
const SPARE_BYTES = 512 * 1024 ** 2;
/** A file may be larger than was said by a half: more is another file, or one without an end. */
const MOST_SHARE = 1.5;
/** Hubs hand over to where the bytes are, once or twice. */
const MOST_REDIRECTS = 5;
/** Cuts in a row without a single byte between them. */
const VAIN_TRIES = 4;
const RETRY_MS = 2000;
const SILENT_MS = 30_000;

/** The file is there, whole and checked. Errors are sentences for the owner; what was fetched is kept for the next try, but for one with a wrong hash. */
export async function downloadFile(options: DownloadOptions): Promise<Result<null, string>> {
  const { path, sha256, retryMs = RETRY_MS } = options;
  const part = `${path}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    for (let vain = 0; ;) {
      const before = await sizeOf(part);
      const end = await fetchRest(options, part, before);
      if (end.kind === 'done') break;
      if (end.kind === 'refused') return err(end.sentence);
      vain = (await sizeOf(part)) > before ? 0 : vain + 1;
      if (vain >= VAIN_TRIES)
        return err(`The download does not go on: ${end.why}. Start again later: it goes on where it is.`);
      await sleep(retryMs);
    }
    if ((await hashFile(part)) !== sha256) {
      await rm(part, { force: true });
      return err('The file that came is not the one that was asked for (its sha256 differs). It was deleted.');
    }
    await rename(part, path);
    return ok(null);
  } catch (error) {
    return err(describeFault(error, path));
  }
}

/** The sha256 of a file, in hex. Rejects where it cannot be read. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

type Attempt =
  | { readonly kind: 'done' }
  | { readonly kind: 'cut'; readonly why: string }
  | { readonly kind: 'refused'; readonly sentence: string };

/** One connection, from where the file ends to the file's end or the cut. Rejects where the disk refuses. */
async function fetchRest(options: DownloadOptions, part: string, from: number): Promise<Attempt> {
  const { url, silentMs = SILENT_MS } = options;
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silentMs);
  try {
    const headers = from > 0 ? { range: `bytes=${from}-` } : {};
    const response = await ask(url, { headers, signal: silence.signal }).catch((error: Error) => error);
    if (response instanceof Error) return { kind: 'cut', why: whyOf(response) };
    if (!(response instanceof Response)) return response;
    const judged = judgeResponse(response, from);
    if (judged.kind !== 'body') {
      await response.body?.cancel();
      if (judged.kind === 'restart') await rm(part, { force: true });
      return judged.kind === 'restart' ? { kind: 'cut', why: 'it begins anew' } : judged;
    }
    const { totalBytes, startBytes } = judged;
    const lack =
      (totalBytes ?? 0) > mostBytesOf(options)
        ? tellOther(options)
        : await findLack(options, (totalBytes ?? options.sizeBytes) - startBytes);
    if (lack !== null) {
      await response.body?.cancel();
      return { kind: 'refused', sentence: lack };
    }
    const renew = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silentMs);
    };
    return await writeBody(response, part, { ...judged, options, renew });
  } finally {
    clearTimeout(timer);
  }
}

/** Asks where the hub leads, but never off https, nor from the internet into this machine or its network. Rejects where nothing answers. */
async function ask(first: string, init: RequestInit): Promise<Response | Attempt> {
  let url = first;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await fetch(url, { ...init, redirect: 'manual' });
    const to = [301, 302, 303, 307, 308].includes(response.status) ? response.headers.get('location') : null;
    if (to === null) return response;
    await response.body?.cancel();
    const refusal = refuseRedirect(url, to);
    if (!refusal.ok)
      return { kind: 'refused', sentence: `The hub leads elsewhere: ${refusal.error} Check --model-hub.` };
    url = refusal.value;
  }
  return { kind: 'refused', sentence: 'The hub leads in a circle. Check --model-hub.' };
}

function mostBytesOf({ sizeBytes }: DownloadOptions): number {
  return MOST_SHARE * sizeBytes;
}

function tellOther({ sizeBytes }: DownloadOptions): string {
  return `What the hub sends is far larger than this model (${formatGb(sizeBytes)}): it is another file. Check --model-hub.`;
}

type Judged =
  | { readonly kind: 'body'; readonly startBytes: number; readonly totalBytes: number | null }
  | { readonly kind: 'restart' }
  | Attempt;

function judgeResponse({ status, headers }: Response, from: number): Judged {
  if (status === 206) {
    const [, start, total] =
      /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    if (Number(start) !== from) return { kind: 'restart' };
    return { kind: 'body', startBytes: from, totalBytes: total === undefined || total === '*' ? null : Number(total) };
  }
  // A hub without ranges sends the whole again.
  if (status === 200) {
    const length = headers.get('content-length');
    return { kind: 'body', startBytes: 0, totalBytes: length === null ? null : Number(length) };
  }
  // Nothing is left behind the end: it is whole, or of another file. The hash tells.
  if (status === 416)
    return from > 0 && headers.get('content-range') === `bytes */${from}` ? { kind: 'done' } : { kind: 'restart' };
  if (status >= 500 || status === 429 || status === 408) return { kind: 'cut', why: `the hub answers ${status}` };
  return { kind: 'refused', sentence: `The hub does not give this file (${status}). Check --model-hub.` };
}

async function writeBody(
  response: Response,
  part: string,
  to: { startBytes: number; totalBytes: number | null; options: DownloadOptions; renew: () => void },
): Promise<Attempt> {
  const { startBytes, totalBytes, options, renew } = to;
  const file = await open(part, startBytes === 0 ? 'w' : 'a');
  let done = startBytes;
  try {
    const body = response.body ?? [];
    const pieces = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]?.();
    for (let next = await readNext(pieces); next !== null; next = await readNext(pieces)) {
      if (next instanceof Error) return { kind: 'cut', why: whyOf(next) };
      if (done + next.length > mostBytesOf(options)) {
        await rm(part, { force: true });
        return { kind: 'refused', sentence: tellOther(options) };
      }
      await file.write(next);
      done += next.length;
      renew();
      options.tell(done, totalBytes ?? options.sizeBytes);
    }
  } finally {
    await file.close();
  }
  return totalBytes !== null && done < totalBytes ? { kind: 'cut', why: 'the connection broke' } : { kind: 'done' };
}

/** The network's failures are values; the disk's are not. */
async function readNext(pieces: AsyncIterator<Uint8Array> | undefined): Promise<Uint8Array | Error | null> {
  try {
    const next = await pieces?.next();
    return next === undefined || next.done === true ? null : next.value;
  } catch (error) {
    return error instanceof Error ? error : new Error('the connection broke');
  }
}

async function findLack(
  { path, readFree = readFreeBytes }: DownloadOptions,
  neededBytes: number,
): Promise<string | null> {
  const free = await readFree(dirname(path));
  if (free >= neededBytes + SPARE_BYTES) return null;
  return `The disk has ${formatGb(free)} free, this needs ${formatGb(neededBytes + SPARE_BYTES)}. Free some space, then start again.`;
}

async function readFreeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function whyOf(error: Error): string {
  if (error.name === 'AbortError') return 'nothing came for a while';
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code ?? 'the connection broke';
}

function describeFault(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'ENOSPC')
    return 'The disk is full. Free some space, then start again: the download goes on where it is.';
  return `The file cannot be written at ${path} (${code}).`;
}
