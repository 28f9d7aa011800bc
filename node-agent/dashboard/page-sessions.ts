// Who may see the owner's page: whoever can reach the agent's own socket gets a token that opens it once, and the browser that brings it gets two secrets.
// One is a cookie that no script reads; but cookies go to every port of this machine, so that another user's server could learn it: the other is kept by
// the page itself, where only pages of this very port can read it. Both are asked for. The file holds hashes only.
import { createHash, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { KeptFile, readKept } from '../home/kept-file.ts';
import type { Log } from '../log.ts';

const sessionSchema = z.object({ cookie: z.string(), key: z.string(), openedAt: z.number() });
const fileSchema = z.object({
  /** Where the page was last: it is tried first, so that an open tab goes on after a restart. */
  port: z.number().int().min(1).max(65_535).nullable(),
  sessions: z.array(sessionSchema).max(64),
});
type Session = z.output<typeof sessionSchema>;

const FILE = 'page.json';
/** A token waits so long for the browser. */
export const TOKEN_MS = 60_000;
const TOKENS_MAX = 16;
/** A browser is remembered so long. */
const SESSION_MS = 30 * 86_400_000;
const SESSIONS_MAX = 8;
const SECRET_BYTES = 32;

export interface SessionSecrets {
  readonly cookie: string;
  readonly key: string;
}

interface SessionDoors {
  readonly log: Log;
  /** ms since epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Buffer;
}

export class PageSessions {
  readonly #file: KeptFile;
  readonly #doors: SessionDoors;
  #port: number | null;
  #sessions: readonly Session[];
  /** Hashes of tokens that nobody has used yet, and until when they may be. */
  readonly #tokens = new Map<string, number>();

  private constructor(file: KeptFile, doors: SessionDoors, kept: z.output<typeof fileSchema> | null) {
    this.#file = file;
    this.#doors = doors;
    this.#port = kept?.port ?? null;
    this.#sessions = kept?.sessions ?? [];
  }

  /** A damaged file counts as none: whoever had the page open opens it anew. */
  static async open(folder: string, doors: SessionDoors): Promise<PageSessions> {
    const path = join(folder, FILE);
    return new PageSessions(new KeptFile(path, doors.log), doors, await readKept(path, fileSchema, doors.log));
  }

  get port(): number | null {
    return this.#port;
  }

  /** Elsewhere than before nobody is let in any more: whoever has the old port now was told both secrets by any tab that is still open there. */
  async notePort(port: number): Promise<void> {
    if (port === this.#port) return;
    if (this.#port !== null) this.#sessions = [];
    this.#port = port;
    await this.#write();
  }

  /** A token that opens the page once, within a minute. */
  mint(): string {
    const token = this.#draw();
    this.#tokens.set(hash(token), this.#doors.now() + TOKEN_MS);
    for (const known of [...this.#tokens.keys()].slice(0, -TOKENS_MAX)) this.#tokens.delete(known);
    return token;
  }

  /** What the browser that brought a token is known by from now on; null for a token that is none, was used, or is too old. */
  async redeem(token: string): Promise<SessionSecrets | null> {
    const known = findEqual([...this.#tokens.keys()], hash(token));
    if (known === null) return null;
    const until = this.#tokens.get(known) ?? 0;
    this.#tokens.delete(known);
    if (this.#doors.now() >= until) return null;
    const secrets = { cookie: this.#draw(), key: this.#draw() };
    const session = { cookie: hash(secrets.cookie), key: hash(secrets.key), openedAt: this.#doors.now() };
    this.#sessions = [...this.#listValid(), session].slice(-SESSIONS_MAX);
    await this.#write();
    return secrets;
  }

  /** True for the cookie of a browser that opened the page. */
  hasCookie(cookie: string | null): boolean {
    return this.#find(cookie) !== null;
  }

  /** True for both secrets of one browser. */
  hasBoth(cookie: string | null, key: string | null): boolean {
    const session = this.#find(cookie);
    return session !== null && key !== null && findEqual([session.key], hash(key)) !== null;
  }

  #find(cookie: string | null): Session | null {
    if (cookie === null) return null;
    const sessions = this.#listValid();
    const found = findEqual(
      sessions.map((one) => one.cookie),
      hash(cookie),
    );
    return sessions.find((one) => one.cookie === found) ?? null;
  }

  #listValid(): readonly Session[] {
    const now = this.#doors.now();
    return this.#sessions.filter(({ openedAt }) => now - openedAt < SESSION_MS);
  }

  #draw(): string {
    return this.#doors.random(SECRET_BYTES).toString('base64url');
  }

  #write(): Promise<void> {
    return this.#file.write(`${JSON.stringify({ port: this.#port, sessions: this.#sessions }, null, 2)}\n`);
  }
}

/** Random secrets of 256 bits need no slow hash. */
function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Every one is compared in full: how long it takes tells nothing. */
function findEqual(known: readonly string[], wanted: string): string | null {
  const bytes = Buffer.from(wanted, 'hex');
  let found: string | null = null;
  for (const one of known) {
    const other = Buffer.from(one, 'hex');
    if (other.length === bytes.length && timingSafeEqual(other, bytes)) found = one;
  }
  return found;
}
