// The way of the books' commands to the admin API of a router: paged calls, each asked again where the connection broke, since all of them may be repeated.
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { StartError } from './start-error.ts';

export interface BooksDoor {
  /** Without a slash at the end. */
  readonly url: string;
  readonly secret: string;
}

export type PauseLevel = 'draining' | 'closed' | 'open';

/** What has to end before the books are still. */
export interface StillOpen {
  readonly jobs: number;
  readonly entries: number;
}

const pauseReply = z.object({
  data: z.array(z.object({ id: z.string(), jobs: z.number(), entries: z.number() })),
  next: z.string().nullable(),
});
const owingReply = z.object({ data: z.array(z.object({ hub: z.string(), parts: z.number() })), payments: z.number() });
const checkReply = z.object({
  ok: z.boolean(),
  total_micro: z.number(),
  accounts: z.array(z.object({ account: z.string(), verdict: z.string() })),
  next: z.string().nullable(),
});
const refusal = z.object({ error: z.object({ message: z.string() }) });

const TRIES = 5;
const PAUSE_MS = 1000;

export class BooksClient {
  readonly #door: BooksDoor;

  constructor(door: BooksDoor) {
    this.#door = door;
  }

  /** Tells every account and home; gives what is still open of all. `forS` null: until it is told otherwise. */
  async pause(level: PauseLevel, forS: number | null): Promise<StillOpen> {
    const open = { jobs: 0, entries: 0 };
    for (const of of ['settler', 'accounts', 'nodes'] as const)
      for (let after: string | null = ''; after !== null;) {
        const body: object = { level, of, after, for_s: forS };
        const { data, next }: z.infer<typeof pauseReply> = pauseReply.parse(await this.#post('/books/pause', body));
        for (const { jobs, entries } of data) {
          open.jobs += jobs;
          open.entries += entries;
        }
        after = next;
      }
    return open;
  }

  /** Parts that hubs run or have yet to hand over, and payments for single calls that are not settled. */
  async countOwing(): Promise<number> {
    const response = await this.#ask('/books/owing', {});
    const { data, payments } = owingReply.parse(await response.json());
    return data.reduce((sum, { parts }) => sum + parts, payments);
  }

  /** A page of lines, and what the next one begins behind; null for the first, and behind the last. */
  async readPage(from: string | null): Promise<{ readonly text: string; readonly next: string | null }> {
    const response = await this.#ask(`/books/export${from === null ? '' : `?from=${from}`}`, {});
    return { text: await response.text(), next: response.headers.get('x-irori-next') };
  }

  async beginImport(head: { version: number; name: string; migrations: readonly string[] }): Promise<void> {
    await this.#post('/books/import/begin', head);
  }

  async sendLines(text: string): Promise<void> {
    await this.#ask('/books/import', { method: 'POST', body: text });
  }

  async endImport(name: string): Promise<void> {
    await this.#post('/books/import/end', { name });
  }

  /** Accounts whose object and book do not say the same, of how many; and whether the book is sound. */
  async check(): Promise<{
    readonly accounts: number;
    readonly different: readonly string[];
    readonly isSound: boolean;
  }> {
    let accounts = 0;
    let isSound = true;
    const different: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const response: Response = await this.#ask(`/ledger/check?after=${after}`, {});
      const page: z.infer<typeof checkReply> = checkReply.parse(await response.json());
      accounts += page.accounts.length;
      isSound &&= page.ok && page.total_micro === 0;
      different.push(...page.accounts.filter(({ verdict }) => verdict !== 'equal').map(({ account }) => account));
      after = page.next;
    }
    return { accounts, different, isSound };
  }

  async #post(path: string, body: object): Promise<unknown> {
    const response = await this.#ask(path, { method: 'POST', body: JSON.stringify(body) });
    return response.json();
  }

  /** Throws StartError with the router's own words where it refuses, and where it cannot be reached. */
  async #ask(path: string, { method = 'GET', body }: { method?: string; body?: string }): Promise<Response> {
    const { url, secret } = this.#door;
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    for (let tries = 1; ; tries++) {
      const asked = fetch(`${url}/admin/v1${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
      const response = await asked.catch((error: unknown) => String(error));
      if (typeof response !== 'string' && response.ok) return response;
      // What it refuses it refuses again; all else may have been the moment.
      const isFinal = typeof response !== 'string' && response.status < 500;
      if (isFinal || tries === TRIES) throw new StartError(await describe(response, path));
      await sleep(PAUSE_MS * tries);
    }
  }
}

async function describe(response: Response | string, path: string): Promise<string> {
  if (typeof response === 'string') return `The router cannot be reached: ${response}`;
  const told = refusal.safeParse(await response.json().catch(() => null));
  return `The router answered ${response.status} to ${path}: ${told.success ? told.data.error.message : 'no message'}`;
}
