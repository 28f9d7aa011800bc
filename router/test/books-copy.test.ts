// The books of one deployment out to a file while it works, and in to another: balances, keys, receipts and the chains of homes go on there.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BooksClient } from '../local/books-client.ts';
import { exportBooks, importBooks, openBooks } from '../local/books-copy.ts';
import type { CopiedBooks } from '../local/books-copy.ts';
import { checkBooksFile, readBooksFile } from '../local/books-file.ts';
import { ask, askAll, askWhole, learnDigest, listModel } from './ask.ts';
import { isLedgerSound, readBooks, readSettlements, readUsage } from './books.ts';
import { readError } from './error-shape.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { ADMIN_SECRET, startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const GRANTED = 1_000_000;
const secret = (): string => randomBytes(24).toString('hex');
/** What a deployment takes along beside its books. */
const SECRETS = {
  KEY_HMAC_SECRET: secret(),
  NODE_TOKEN_SECRET: secret(),
  ROUTER_SIGNING_KEY: `0x${randomBytes(32).toString('hex')}`,
};

let address: Address;
let before: Stack;
let after: Stack;
let models: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let file: string;
let copied: CopiedBooks;
let pool: string;

beforeAll(async () => {
  address = await Address.open();
  const bindings = { ...SECRETS, ROUTER_ORIGINS: address.url };
  [before, after, models] = await Promise.all([
    startStack({ bindings }),
    // Its door hands settlements over once more.
    startStack({
      hasBucket: true,
      worker: 'router/bench/chaos-worker.ts',
      bindings: { ...bindings, CHAOS: JSON.stringify({ seed: 1, percent: 0 }) },
    }),
    startModelServer(),
  ]);
  owner = await before.makeAccount();
  caller = await before.makeAccount(GRANTED);
  address.move(before.network.port);
  const args = ['--backend', models.url, '--models', 'say-8x0', '--slots', '4'];
  await before.startAgent({ owner, args, router: address.url });
  await listModel(before, { owner, id: MODEL, digest: await learnDigest(before, owner, 'say-8x0') });
  file = join(before.folder, 'books.ndjson');
});

afterAll(async () => {
  await after?.stop();
  await before?.stop();
  await models?.stop();
  address?.close();
});

const doorOf = (stack: Stack) => ({ url: stack.url, secret: ADMIN_SECRET });
const quiet = (): void => undefined;

async function readHome(stack: Stack): Promise<Record<string, unknown>> {
  const { data } = (await stack.admin('GET', '/nodes')).json as { data: { id: string }[] };
  return (await stack.admin('GET', `/nodes/${data[0]?.id}`)).json['receipts'] as Record<string, unknown>;
}

const job = { model: MODEL, prompt: 'say-8x0' };

/** The address that homes dial, which moves with the books. */
class Address {
  target = 0;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor() {
    this.#server = createServer((near) => {
      const far = connect(this.target, '127.0.0.1');
      for (const end of [near, far]) {
        this.#open.add(end);
        end.on('error', () => end.destroy());
        end.once('close', () => [near, far].forEach((one) => one.destroy()));
      }
      near.pipe(far).pipe(near);
    });
  }

  static async open(): Promise<Address> {
    const address = new Address();
    await new Promise<void>((done) => address.#server.listen(0, '127.0.0.1', done));
    return address;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  move(target: number): void {
    this.target = target;
    for (const socket of this.#open) socket.destroy();
  }

  close(): void {
    this.move(0);
    this.#server.close();
  }
}

test('an export waits for what runs, refuses what is new for so long, and lets the network go on', async () => {
  for (let i = 0; i < 3; i++) await askAll(before, { account: caller, ...job });
  await askWhole(before, { account: caller, ...job, more: { n: 2 } });
  const revoked = await before.admin('POST', `/accounts/${caller.id}/keys`, {});
  await before.admin('DELETE', `/keys/${String(revoked.json['id'])}`);
  pool = String((await before.admin('POST', '/pools', { name: 'lab', owner_account_id: owner.id })).json['id']);
  const key = await before.admin('POST', `/accounts/${owner.id}/keys`, { scopes: ['nodes'] });
  const invite = { key: String(key.json['key']), body: { account: caller.id } };
  expect((await before.call(`/v1/pools/${pool}/members`, invite)).status).toBe(201);
  const running = await ask(before, { account: caller, model: MODEL, prompt: 'say-30x60' });
  await running.read(({ tokens }) => tokens > 0);
  const lines: string[] = [];
  const exporting = exportBooks({
    door: doorOf(before),
    path: file,
    waitMs: 60_000,
    staysClosed: false,
    tell: (line) => void lines.push(line),
  });
  await until('it waits', () => lines.some((line) => line.includes('jobs are open')));
  const refused = await before.call('/v1/chat/completions', {
    key: caller.apiKey,
    body: { model: MODEL, messages: [{ role: 'user', content: 'say-8x0' }] },
  });
  expect(refused.headers.get('retry-after')).toBe('10');
  expect((await readError(refused, 503)).code).toBe('store_away');
  await running.read();
  expect(running).toMatchObject({ isDone: true, tokens: 30 });
  copied = await exporting;
  expect(await checkBooksFile(file)).toMatchObject({ sha256: copied.sha256, lines: copied.lines });
  expect(await readFile(file, 'utf8')).not.toContain(caller.apiKey);
  expect(await askAll(before, { account: caller, ...job })).toMatchObject({ isDone: true });
});

test('what does not come to rest in time is not written, and a file is never written over', async () => {
  const running = await ask(before, { account: caller, model: MODEL, prompt: 'say-30x60' });
  await running.read(({ tokens }) => tokens > 0);
  const options = { door: doorOf(before), path: `${file}.2`, waitMs: 100, staysClosed: false, tell: quiet };
  await expect(exportBooks(options)).rejects.toThrow(/did not come to rest within 0\.1 s .*--wait/);
  await expect(readFile(`${file}.2`)).rejects.toThrow('ENOENT');
  await running.leave();
  expect(await askAll(before, { account: caller, ...job })).toMatchObject({ isDone: true });
  await expect(exportBooks({ ...options, path: file })).rejects.toThrow('is there already');
});

test('only a whole file goes in, and only into a deployment that is new and of its version', async () => {
  const text = await readFile(file, 'utf8');
  await writeFile(`${file}.cut`, text.slice(0, -200));
  await writeFile(`${file}.changed`, text.replace('"accounts"', '"accOunts"'));
  await writeFile(`${file}.none`, 'hello\n');
  for (const [name, why] of [
    ['cut', 'is cut short'],
    ['changed', 'has been changed'],
    ['none', 'is no file of books'],
    ['missing', 'Cannot read'],
  ])
    await expect(importBooks(doorOf(after), `${file}.${name}`, quiet)).rejects.toThrow(why);
  await expect(importBooks(doorOf(before), file, quiet)).rejects.toThrow('has books of its own');
  const client = new BooksClient(doorOf(after));
  const head = { version: 1, name: 'a'.repeat(64), migrations: ['0000_foundation.sql'] };
  await expect(client.beginImport(head)).rejects.toThrow('other migrations');
  await expect(client.beginImport({ ...head, version: 2 })).rejects.toThrow('must be 1');
  await expect(client.sendLines('{}\n')).rejects.toThrow(/line 1/);
  await expect(client.sendLines(`${JSON.stringify({ of: 'accounts/a', isWhole: true })}\n`)).rejects.toThrow(
    'Nothing is being put in here',
  );
  await expect(client.readPage(encodeURIComponent('{"of":"book"}'))).rejects.toThrow("'from.id'");
});

test('an import that broke off goes on, and all balances are those of the file', async () => {
  const client = new BooksClient(doorOf(after));
  const { version, migrations, sha256 } = await checkBooksFile(file);
  await client.beginImport({ version, name: sha256, migrations });
  for await (const text of readBooksFile(file, 1)) {
    await client.sendLines(text);
    if (text.startsWith('{"of":"book"')) break;
  }
  await expect(client.beginImport({ version, name: 'b'.repeat(64), migrations })).rejects.toThrow('Another file');
  expect(await importBooks(doorOf(after), file, quiet)).toMatchObject({ lines: copied.lines, accounts: 2 });
  // Of the calls since the copy nothing is known.
  const charged = 3 * 23 + 23 + 16 + 67;
  expect(await readUsage(after, caller)).toMatchObject({
    balance_micro: GRANTED - charged,
    held_micro: 0,
    totals: { jobs: 6, charged_micro: charged },
  });
  expect((await readBooks(after))[caller.id]).toBe(GRANTED - charged);
  expect(await isLedgerSound(after)).toBe(true);
  await expect(importBooks(doorOf(after), file, quiet)).rejects.toThrow('has books of its own');
});

test('a settlement of before is known there, the home goes on with its key and its numbers, and old keys call', async () => {
  const settlements = (await readSettlements(await after.network.database())).toReversed();
  const books = await readBooks(after);
  const replayed = await fetch(`${after.url}/chaos/replay`, { method: 'POST', body: JSON.stringify(settlements) });
  expect(await replayed.json()).toEqual({ refused: 0 });
  expect(await readBooks(after)).toEqual(books);
  const receipts = await readHome(after);
  expect(receipts).toMatchObject({ accepted: settlements.length, chain_breaks: 0, missing: 0 });
  address.move(after.network.port);
  await after.waitForModel(caller, MODEL);
  const answer = await until('an answer', () => askAll(after, { account: caller, ...job }).catch(() => null));
  expect(answer).toMatchObject({ isDone: true });
  await until('its receipt is accepted', async () => (await readHome(after))['accepted'] === settlements.length + 1);
  expect(await readHome(after)).toMatchObject({ equivocations: 0, seal_equivocations: 0 });
  await until('sound books', () => isLedgerSound(after));
});

test('an invitation into a pool waits there as it did here, and is accepted there', async () => {
  const told = async (stack: Stack) => (await stack.admin('GET', `/pools/${pool}`)).json;
  expect(await told(after)).toMatchObject({ members: [], invitations: [{ account: caller.id }] });
  expect(await told(after)).toEqual(await told(before));
  const key = await after.admin('POST', `/accounts/${caller.id}/keys`, { scopes: ['nodes'] });
  const accept = { key: String(key.json['key']), method: 'POST' };
  expect((await after.call(`/v1/pools/invitations/${pool}/accept`, accept)).status).toBe(200);
  expect(await told(after)).toMatchObject({ members: [caller.id], invitations: [] });
});

test('a network that is to move stands still until it is told to go on', async () => {
  const path = `${file}.moved`;
  await exportBooks({ door: doorOf(before), path, waitMs: 60_000, staysClosed: true, tell: quiet });
  const grant = await before.admin('POST', `/accounts/${caller.id}/credit`, { amount_micro: 5 });
  expect(grant.status).toBeGreaterThanOrEqual(500);
  expect((await askWhole(before, { account: caller, ...job })).status).toBe(503);
  await openBooks(doorOf(before));
  expect((await before.admin('POST', `/accounts/${caller.id}/credit`, { amount_micro: 5 })).status).toBe(201);
});
