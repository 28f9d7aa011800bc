// A file of books: lines of JSON, of which the first says what it is and the last one how many there are and the SHA-256 of all before it.
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { StartError } from './start-error.ts';

const headSchema = z.object({
  irori: z.literal('books'),
  version: z.number(),
  at: z.string(),
  migrations: z.array(z.string()),
});
const endSchema = z.object({ isEnd: z.literal(true), lines: z.number(), sha256: z.string() });

export interface BooksHead extends z.infer<typeof headSchema> {
  /** SHA-256 of the file without its last line, 64 hex digits. */
  readonly sha256: string;
  /** Lines between the first and the last. */
  readonly lines: number;
}

/** Written beside its name, which it gets once it is whole. */
export class BooksWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  #lines = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Throws StartError where the file is there already or cannot be written. */
  static async open(path: string): Promise<BooksWriter> {
    const taken = await open(path, 'r').catch(() => null);
    await taken?.close();
    if (taken) throw new StartError(`${path} is there already. Choose another name.`);
    try {
      return new BooksWriter(path, await open(`${path}.part`, 'w', 0o600));
    } catch (cause) {
      throw new StartError(`Cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }

  /** Whole lines. */
  async write(text: string): Promise<void> {
    this.#hash.update(text);
    this.#lines += text.split('\n').length - 1;
    await this.#file.write(text);
  }

  /** On disk and under its name when it resolves; gives its SHA-256. */
  async end(): Promise<{ readonly sha256: string; readonly lines: number }> {
    const sha256 = this.#hash.digest('hex');
    const lines = this.#lines - 1;
    await this.#file.write(`${JSON.stringify({ isEnd: true, lines, sha256 })}\n`);
    await this.#file.sync();
    await this.#file.close();
    await rename(`${this.#path}.part`, this.#path);
    return { sha256, lines };
  }

  /** Nothing is left of it. */
  async drop(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(`${this.#path}.part`, { force: true });
  }
}

/** Reads the whole file once. Throws StartError where it is none, is cut short or has been changed. */
export async function checkBooksFile(path: string): Promise<BooksHead> {
  const hash = createHash('sha256');
  let head: z.infer<typeof headSchema> | null = null;
  let before: string | null = null;
  let lines = 0;
  for await (const line of readLines(path)) {
    if (head === null) head = parseLine(headSchema, line) ?? refuse(path, 'is no file of books');
    if (before !== null) {
      hash.update(`${before}\n`);
      lines += 1;
    }
    before = line;
  }
  const end = before === null ? null : parseLine(endSchema, before);
  if (head === null || end === null) refuse(path, 'is cut short');
  if (end.lines !== lines - 1 || end.sha256 !== hash.digest('hex'))
    refuse(path, 'has been changed since it was written');
  return { ...head, sha256: end.sha256, lines: end.lines };
}

/** The lines between the first and the last, so many characters at a time. */
export async function* readBooksFile(path: string, chars: number): AsyncGenerator<string> {
  let text = '';
  let before: string | null = null;
  let isFirst = true;
  for await (const line of readLines(path)) {
    if (before !== null && !isFirst) text += `${before}\n`;
    if (before !== null) isFirst = false;
    before = line;
    if (text.length < chars) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

async function* readLines(path: string): AsyncGenerator<string> {
  const stream = createReadStream(path, 'utf8');
  try {
    yield* createInterface({ input: stream, crlfDelay: Infinity });
  } catch (cause) {
    throw new StartError(`Cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    stream.destroy();
  }
}

function parseLine<T>(schema: z.ZodType<T>, line: string): T | null {
  try {
    return schema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

function refuse(path: string, why: string): never {
  throw new StartError(`${path} ${why}.`);
}
