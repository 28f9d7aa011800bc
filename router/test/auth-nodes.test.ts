// Which homes may join: one-time codes, proof of the key, tokens, revocation, and one connection for each identity.
import { randomBytes } from 'node:crypto';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { PROTOCOL_VERSION } from '../../schema/frames.ts';
import { nodeIdOf } from '../../schema/ids.ts';
import { makeMessageSigner, NODE_ENROL } from '../../schema/receipt.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN, ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { readError } from './error-shape.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

let stack: Stack;
let models: ModelServer;
let account: TestAccount;
let agent: TestAgent;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack(), startModelServer()]);
  account = await stack.makeAccount();
  agent = await startHome(account);
  await stack.waitForModel(account, 'say-*');
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

function startHome(owner: TestAccount, more: { copyOf?: TestAgent; hasCode?: boolean } = {}): Promise<TestAgent> {
  return stack.startAgent({ owner, args: ['--backend', models.url, '--models', 'say-*', '--slots', '4'], ...more });
}

function chat(owner = account, body: object = {}): Promise<Response> {
  const asked = { model: 'say-2x0', messages: [{ role: 'user', content: 'hi' }], ...body };
  return stack.call('/v1/chat/completions', { key: owner.apiKey, body: asked });
}

async function makeCode(): Promise<string> {
  return String((await stack.admin('POST', '/nodes/enrolments', { account_id: account.id })).json['code']);
}

interface NewNode {
  readonly key: Uint8Array;
  readonly address: Hex;
}

function makeNode(): NewNode {
  const key = new Uint8Array(randomBytes(32));
  return { key, address: addressOfPrivateKey(key) };
}

/** Asks to join; `signed` is what the node signs when that is not the code it sends. */
function enrol(node: NewNode, code: string, change: object = {}, signed = code): Promise<Response> {
  const origin = stack.url;
  const hash = toHex(keccak_256(new TextEncoder().encode(signed)));
  const proof = { code: hash, node: node.address, wallet: ZERO_ADDRESS, origin };
  const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_ENROL, proof, node.key);
  const body = { code, address: node.address, signature, protocol: PROTOCOL_VERSION, origin, ...change };
  return stack.call('/node/enrol', { body });
}

/** Dials with these headers and gives the refusal; fails when the router opens a socket. */
function dialRefused(headers: Record<string, string>): Promise<Response> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`${stack.url.replace('http', 'ws')}/node/link`, { headers });
    ws.on('open', () => {
      ws.close();
      reject(new Error('the router opened a socket'));
    });
    ws.on('error', () => undefined);
    ws.on('unexpected-response', (_, incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        const told = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]);
        resolve(new Response(Buffer.concat(parts), { status: incoming.statusCode ?? 0, headers: told }));
      });
    });
  });
}

function countLines(home: TestAgent, pattern: RegExp): number {
  return home.lines.filter((line) => pattern.test(line)).length;
}

function nodeIdIn(home: TestAgent): string {
  return /node_[0-9a-f]{32}/.exec(home.lines.find((line) => line.includes(' connected hub=')) ?? '')?.[0] ?? '';
}

describe('enrolment', () => {
  test('takes a code once; the node that used it may ask again, another is told', async () => {
    const code = await makeCode();
    const [first, second] = [makeNode(), makeNode()];
    const joined = (await (await enrol(first, code)).json()) as { node: string; account: string };
    expect(joined).toMatchObject({ node: nodeIdOf(first.address), account: account.id });
    expect((await enrol(first, code)).status).toBe(200);
    expect(await readError(await enrol(second, code), 409)).toMatchObject({ code: 'conflict', param: 'code' });
    await readError(await dialRefused({ 'x-irori-node': nodeIdOf(second.address) }), 401);
  });

  test('takes a code as it was typed, and each way of typing it as one code', async () => {
    const code = await makeCode();
    const node = makeNode();
    expect((await enrol(node, ` ${code.toLowerCase().replaceAll('-', ' ')}`)).status).toBe(200);
    expect((await enrol(node, code)).status).toBe(200);
    const other = await readError(await enrol(makeNode(), code.toLowerCase()), 409);
    expect(other).toMatchObject({ code: 'conflict', param: 'code' });
  });

  test('takes a code for one of two racers only', async () => {
    const code = await makeCode();
    const answers = await Promise.all([makeNode(), makeNode(), makeNode()].map((node) => enrol(node, code)));
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
  });

  test('refuses a code that has expired', async () => {
    const code = await makeCode();
    const database = await stack.network.database();
    await database
      .prepare('UPDATE enrolments SET expires_at = ? WHERE id NOT IN (SELECT enrolment_id FROM enrolment_uses)')
      .bind(Date.now())
      .run();
    const error = await readError(await enrol(makeNode(), code), 403);
    expect(error).toMatchObject({ code: 'forbidden', param: 'code' });
    expect(error.message).toContain('expired');
  });

  test('refuses a signature by another key or over another code', async () => {
    const code = await makeCode();
    const node = makeNode();
    const { address } = makeNode();
    for (const response of [await enrol(node, code, { address }), await enrol(node, code, {}, await makeCode())])
      expect(await readError(response, 403)).toMatchObject({ code: 'forbidden', param: 'signature' });
    expect((await enrol(node, code)).status).toBe(200);
  });

  test('refuses codes that nobody made and fields that are malformed, by name', async () => {
    const unknown = 'enr_0000-0000-0000-0000-0000';
    expect(await readError(await enrol(makeNode(), unknown), 403)).toMatchObject({ param: 'code' });
    const wrong = [{ code: 'abc' }, { address: '0x12' }, { signature: '0x' }, { wallet: 'mine' }, { extra: 1 }];
    for (const change of wrong) {
      const error = await readError(await enrol(makeNode(), await makeCode(), change), 400);
      expect(error.param).toBe(Object.keys(change)[0]);
    }
  });
});

describe('dialling', () => {
  test('without enrolment is refused, with a reason that the owner can act on', async () => {
    const named = await dialRefused({ 'x-irori-node': nodeIdOf(makeNode().address) });
    expect((await readError(named, 401)).code).toBe('node_unenrolled');
    expect((await readError(await dialRefused({}), 401)).code).toBe('node_unenrolled');
    const forged = { 'x-irori-node': nodeIdOf(makeNode().address), authorization: 'Bearer a.b.c' };
    expect((await readError(await dialRefused(forged), 401)).code).toBe('node_unenrolled');
    const stranger = await startHome(account, { hasCode: false });
    await until('the stranger gave up', () => stranger.exitCode() !== null);
    expect(stranger.exitCode()).toBe(2);
    expect(stranger.lines.join('\n')).toMatch(/not enrolled .* Get a one-time code/);
  });

  test('with a token of another node counts as dialling without', async () => {
    const node = makeNode();
    const { token } = (await (await enrol(node, await makeCode())).json()) as { token: string };
    const other = nodeIdOf(makeNode().address);
    const response = await dialRefused({ 'x-irori-node': other, authorization: `Bearer ${token}` });
    expect((await readError(response, 401)).code).toBe('node_unenrolled');
  });

  test('without the key behind the enrolment gets no further than the challenge', async () => {
    const node = makeNode();
    await enrol(node, await makeCode());
    const headers = { 'x-irori-node': nodeIdOf(node.address) };
    const ws = new WebSocket(`${stack.url.replace('http', 'ws')}/node/link`, { headers });
    const heard: Buffer[] = [];
    ws.on('message', (data: Buffer) => {
      heard.push(data);
      // Any frame but a hello: the hub wants to be greeted first.
      if (heard.length === 1) ws.send(Buffer.from([33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    });
    const code = await new Promise((resolve) => ws.on('close', resolve));
    expect(code).toBe(4401);
    expect(Buffer.concat(heard).toString()).not.toContain('"token"');
  });
});

describe('an identity', () => {
  test('that a second agent claims stays with the first while that one works, and goes to the second when it is gone', async () => {
    const long = await chat(account, { model: 'say-150x10', stream: true });
    const first = agent;
    const twin = await startHome(account, { copyOf: first });
    await until('the second is told', () => countLines(twin, /Another agent is connected with the key/) > 0);
    expect(await long.text()).toMatch(/ word149.*\[DONE\]/s);
    expect([countLines(twin, / connected hub=/), countLines(first, / connected hub=/)]).toEqual([0, 1]);
    await first.signal('SIGKILL');
    await twin.signal('SIGKILL');
    twin.start();
    agent = twin;
    await until('the second works', async () => (await chat()).status === 200);
    expect(await until('its name', () => nodeIdIn(twin))).toBe(nodeIdIn(first));
  });

  test('comes back by itself after a restart of the router, by its token, without a look into the database', async () => {
    const before = countLines(agent, / connected /);
    const database = await stack.network.database();
    await database.exec('ALTER TABLE nodes RENAME TO nodes_away');
    await stack.network.restart();
    try {
      await until('the agent is back', () => countLines(agent, / connected /) > before);
    } finally {
      await (await stack.network.database()).exec('ALTER TABLE nodes_away RENAME TO nodes');
    }
    await until('it answers', async () => (await chat()).status === 200);
    expect(agent.exitCode()).toBeNull();
  });

  test('that is revoked loses its socket at once, is told why, and stays away', async () => {
    const owner = await stack.makeAccount();
    const home = await startHome(owner);
    await stack.waitForModel(owner, 'say-*');
    const running = await chat(owner, { model: 'say-5000x20', stream: true });
    const read = running.text();
    const revoked = await stack.admin('DELETE', `/nodes/${nodeIdIn(home)}?reason=sold`);
    expect(revoked.json).toMatchObject({ revoked_reason: 'sold' });
    expect(await read).toContain('"code":"home_failed"');
    // An edge that still remembers the home says that none is online; one that does not, that there is no such model.
    expect([404, 503]).toContain((await chat(owner)).status);
    await until('the agent is told', () => countLines(home, /was revoked/) > 0);
    const told = home.lines.find((line) => line.includes('was revoked')) ?? '';
    expect(Number(/again in (\d+) s/.exec(told)?.[1])).toBeGreaterThanOrEqual(15);
    const dialled = await readError(await dialRefused({ 'x-irori-node': nodeIdIn(home) }), 403);
    expect(dialled).toMatchObject({ code: 'node_revoked' });
    expect(dialled.message).toContain('sold');
    expect(home.exitCode()).toBeNull();
  });

  test('that is revoked cannot come back with the token it still has', async () => {
    const node = makeNode();
    const { token } = (await (await enrol(node, await makeCode())).json()) as { token: string };
    const headers = { 'x-irori-node': nodeIdOf(node.address), authorization: `Bearer ${token}` };
    await stack.admin('DELETE', `/nodes/${nodeIdOf(node.address)}`);
    expect((await readError(await dialRefused(headers), 403)).code).toBe('node_revoked');
    expect((await readError(await enrol(node, await makeCode()), 403)).code).toBe('node_revoked');
  });
});
