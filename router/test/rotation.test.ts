// The secrets of API keys and of homes' tokens are changed while homes are connected and callers call: keys and homes of before go on, nobody notices.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAdmin } from '../local/admin-client.ts';
import { ask, askAll, learnDigest, listModel } from './ask.ts';
import { Books, movedBy } from './books.ts';
import { readError } from './error-shape.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { RawNode } from './raw-node.ts';
import { ADMIN_SECRET, startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const OLD = { KEY_HMAC_SECRET: 'keys-of-last-year-0123456789', NODE_TOKEN_SECRET: 'homes-of-last-year-0123456789' };
const NEW = { KEY_HMAC_SECRET: 'keys-of-this-year-0123456789', NODE_TOKEN_SECRET: 'homes-of-this-year-0123456789' };
/** What is set while both hold. */
const BOTH = {
  ...NEW,
  KEY_HMAC_SECRET_PREVIOUS: OLD.KEY_HMAC_SECRET,
  NODE_TOKEN_SECRET_PREVIOUS: OLD.NODE_TOKEN_SECRET,
};
const MODEL = 'test/priced';
const GRANTED = 1_000_000;
/** 7 tokens of prompt and 8 of output. */
const CHARGE = 23;

let stack: Stack;
let models: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let books: Books;
/** The same account with a key of the new secret. */
let changed: TestAccount;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack({ bindings: OLD, edges: { next: BOTH } }), startModelServer()]);
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  const args = ['--backend', models.url, '--models', 'say-8x0', '--slots', '4'];
  await stack.startAgent({ owner, args });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

/** The books do not know the home for a while: it comes back by its token, or not at all. */
async function hideHomes(isHidden: boolean): Promise<void> {
  const [from, to] = isHidden ? ['node_', 'hidden_'] : ['hidden_', 'node_'];
  const database = await stack.network.database();
  await database.prepare('UPDATE nodes SET id = replace(id, ?1, ?2)').bind(from, to).run();
}

function answers(account: TestAccount): Promise<boolean> {
  return askAll(stack, { account, model: MODEL, prompt: 'say-8x0' }).then(
    ({ isDone }) => isDone,
    () => false,
  );
}

test('while versions of both secrets run side by side a stream goes on, and keys and homes of before are known to both', async () => {
  const stream = await ask(stack, { account: caller, model: MODEL, prompt: 'say-8x50' });
  await stream.read(({ tokens }) => tokens > 0);
  const next = stack.network.edgeUrls['next'] ?? '';
  const headers = { authorization: `Bearer ${caller.apiKey}` };
  expect((await fetch(`${next}/v1/usage`, { headers })).status).toBe(200);
  const raw = await RawNode.enrol(stack, owner, { url: next });
  await raw.connect();
  expect(raw.isOpen).toBe(true);
  await raw.close();
  changed = { ...caller, apiKey: await openAdmin(next, ADMIN_SECRET).mintKey(caller.id, 'of this year') };
  expect((await fetch(`${next}/v1/usage`, { headers: { authorization: `Bearer ${changed.apiKey}` } })).status).toBe(
    200,
  );
  await stream.read();
  expect(stream).toMatchObject({ isDone: true, error: null });
  expect(await books.faultsAfter(movedBy(CHARGE))).toEqual([]);
});

test('after a start with the new secrets homes come back by the tokens that they have, and old keys and new ones call', async () => {
  await hideHomes(true);
  await stack.network.restart(BOTH);
  await until('the home is back', () => answers(caller));
  expect(await answers(changed)).toBe(true);
  await hideHomes(false);
  expect(await books.faultsAfter(movedBy(CHARGE + CHARGE))).toEqual([]);
});

test('once the previous secret is gone so are its keys, and a home whose token is of it is looked up', async () => {
  await stack.network.restart({
    ...NEW,
    KEY_HMAC_SECRET_PREVIOUS: 'nobody-has-this-0123456789',
    NODE_TOKEN_SECRET_PREVIOUS: 'nobody-has-this-0123456789',
  });
  const refused = await stack.call('/v1/usage', { key: caller.apiKey });
  expect((await readError(refused, 401)).code).toBe('invalid_api_key');
  await until('the home is back', () => answers(changed));
});
