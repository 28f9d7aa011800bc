// A router that is told its own addresses: what a home signs counts only if it names one of them, whatever Host header carries it here.
import { randomBytes } from 'node:crypto';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { decodeFrames, encodeJsonFrame, nameFrame, PROTOCOL_VERSION, readJson } from '../../schema/frames.ts';
import { nodeIdOf } from '../../schema/ids.ts';
import { encodeNodeProof, makeProofNonce, PROOF_PROTOCOL, TIME_HEADER } from '../../schema/node-proof.ts';
import { makeMessageSigner, NODE_ENROL, NODE_ENROL_1, NODE_HELLO, NODE_HELLO_1 } from '../../schema/receipt.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN, ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { readError } from './error-shape.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const HERE = 'https://irori.example';
const EVIL = 'http://evil.example';
const signer = makeMessageSigner(HANDSHAKE_DOMAIN);
const key = new Uint8Array(randomBytes(32));
const node = addressOfPrivateKey(key);

let stack: Stack;
let owner: TestAccount;

beforeAll(async () => {
  stack = await startStack({ bindings: { ROUTER_ORIGINS: `${HERE}, https://other.example` } });
  owner = await stack.makeAccount();
});

afterAll(async () => {
  await stack?.stop();
});

async function enrol(origin: string, change: { wallet?: string } = {}): Promise<Response> {
  const made = await stack.admin('POST', '/nodes/enrolments', { account_id: owner.id });
  const code = String(made.json['code']);
  const message = { code: toHex(keccak_256(new TextEncoder().encode(code))), node, wallet: ZERO_ADDRESS, origin };
  const signature = signer.sign(NODE_ENROL, message, key);
  const body = { code, address: node, signature, protocol: PROTOCOL_VERSION, origin, ...change };
  return stack.call('/node/enrol', { body });
}

/** Dials, under any host name, and answers the challenge as `sign` does; the hub's answer. */
function dial(host: string, sign: (nonce: Hex) => object): Promise<{ name: string | null; json: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { host, 'x-irori-node': nodeIdOf(node) };
    const ws = new WebSocket(`${stack.url.replace('http', 'ws')}/node/link`, { headers });
    ws.on('error', reject);
    ws.on('message', (data: Buffer) => {
      const frames = decodeFrames(data);
      for (const frame of frames.ok ? frames.value : []) {
        const json = readJson(frame);
        const value = json.ok ? json.value : null;
        const name = nameFrame(frame.type);
        if (name === 'challenge') {
          const hello = { address: node, agent: 'a', platform: 'p', ...sign((value as { nonce: Hex }).nonce) };
          ws.send(encodeJsonFrame('hello', hello));
        } else {
          ws.terminate();
          resolve({ name, json: value });
        }
      }
    });
  });
}

const signFor = (origin: string) => (nonce: Hex) => {
  const protocol = PROTOCOL_VERSION;
  return { protocol, origin, signature: signer.sign(NODE_HELLO, { nonce, node, protocol, origin }, key) };
};

describe('an enrolment', () => {
  test('counts for one of the router’s own addresses, and for no other', async () => {
    const refused = await readError(await enrol(EVIL), 403);
    expect(refused).toMatchObject({ code: 'forbidden', param: 'origin' });
    expect(refused.message).toContain(HERE);
    expect((await enrol(stack.url)).status).toBe(403);
    expect((await enrol(HERE)).status).toBe(200);
    expect((await enrol('https://other.example')).status).toBe(200);
  });

  test('cannot be given another wallet on its way', async () => {
    const refused = await readError(await enrol(HERE, { wallet: `0x${'12'.repeat(20)}` }), 403);
    expect(refused).toMatchObject({ param: 'signature' });
  });

  test('by an agent of version 1 is told to update', async () => {
    const code = 'enr_0000-0000-0000-0000-0000';
    const message = { code: toHex(keccak_256(new TextEncoder().encode(code))), node };
    const body = { code, address: node, signature: signer.sign(NODE_ENROL_1, message, key) };
    const refused = await readError(await stack.call('/node/enrol', { body }), 400);
    expect(refused).toMatchObject({ code: 'node_outdated', param: 'protocol' });
    expect(refused.message).toContain('Update it');
  });
});

describe('a hello', () => {
  test('counts for the router’s own address, whatever Host header came with the dial', async () => {
    expect(await dial('evil.example', signFor(HERE))).toMatchObject({ name: 'welcome' });
  });

  test('that another router obtained is refused, also when it dials under its own name', async () => {
    for (const host of ['evil.example', 'irori.example', new URL(stack.url).host])
      expect(await dial(host, signFor(EVIL))).toMatchObject({ name: 'error', json: { code: 'other-origin' } });
    const relabelled = (nonce: Hex): object => ({ ...signFor(EVIL)(nonce), origin: HERE });
    expect(await dial('irori.example', relabelled)).toMatchObject({ name: 'error', json: { code: 'bad-hello' } });
  });

  test('of version 1 is told to update, and signs for nothing', async () => {
    const old = (nonce: Hex): object => {
      return { protocol: 1, signature: signer.sign(NODE_HELLO_1, { nonce, node, protocol: 1 }, key) };
    };
    const told = await dial('irori.example', old);
    expect(told).toMatchObject({ name: 'error', json: { code: 'protocol-version', isFinal: true } });
    expect((told.json as { message: string }).message).toContain('update the agent');
    const claimed = (nonce: Hex): object => ({ ...old(nonce), protocol: PROTOCOL_VERSION, origin: HERE });
    expect(await dial('irori.example', claimed)).toMatchObject({ name: 'error', json: { code: 'bad-hello' } });
  });
});

test('a proof counts for the router’s own address alone', async () => {
  const ask = (origin: string | null, aheadMs = 0): Promise<Response> => {
    const nonce = makeProofNonce(Date.now() + aheadMs, randomBytes(24));
    const message = { nonce, node, protocol: PROOF_PROTOCOL };
    const signature =
      origin === null ? signer.sign(NODE_HELLO_1, message, key) : signer.sign(NODE_HELLO, { ...message, origin }, key);
    return stack.call('/node/v1/why', { key: encodeNodeProof({ nodeId: nodeIdOf(node), nonce, signature }) });
  };
  expect((await ask(HERE)).status).toBe(200);
  const early = await ask(HERE, 86_400_000);
  expect(early.status).toBe(401);
  expect(Math.abs(Number(early.headers.get(TIME_HEADER)) - Date.now())).toBeLessThan(60_000);
  expect(await readError(await ask(EVIL), 401)).toMatchObject({ code: 'node_unenrolled' });
  expect(await readError(await ask(null), 400)).toMatchObject({ code: 'node_outdated' });
});
