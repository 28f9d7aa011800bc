import { expect, test } from 'vitest';
import { nodeIdOf } from '../../schema/ids.ts';
import { encodeNodeProof, makeProofNonce, PROOF_LIFE_MS, PROOF_PROTOCOL } from '../../schema/node-proof.ts';
import { makeMessageSigner, NODE_HELLO, NODE_HELLO_1 } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN } from '../../schema/typed-data.ts';
import { makeNodeCallers } from './node-callers.ts';
import type { NodeRow } from './nodes.ts';

const NOW = 1_800_000_000_000;
const signer = makeMessageSigner(HANDSHAKE_DOMAIN);
const privateKey = new Uint8Array(32).fill(7);
const address = addressOfPrivateKey(privateKey);
const nodeId = nodeIdOf(address);
const other = addressOfPrivateKey(new Uint8Array(32).fill(8));

const HERE = 'https://irori.example';
const ORIGINS = ['http://127.0.0.1:8787', HERE];

function makeCallers(row: Partial<NodeRow> | null) {
  const node =
    row === null ? null : ({ id: nodeId, address, revokedAt: null, isOwnerDisabled: false, ...row } as NodeRow);
  const claims = { nodeId, address, accountId: 'acct_1' };
  const callers = makeNodeCallers({
    nodes: { find: async (id) => (id === nodeId ? node : null) },
    nodeTokens: { verify: async (token) => (token === 'a.b.c' ? ok(claims) : err('bad-token')) },
    signer,
  });
  return {
    authenticate: (header: string | null, now: number) => callers.authenticate(header, ORIGINS, now),
  };
}

function prove(at: number, protocol = PROOF_PROTOCOL, origin = HERE): string {
  const nonce = makeProofNonce(at, new Uint8Array(24).fill(1));
  const signature = signer.sign(NODE_HELLO, { nonce, node: address, protocol, origin }, privateKey);
  return `Bearer ${encodeNodeProof({ nodeId, nonce, signature })}`;
}

test('a home is known by its own fresh signature', async () => {
  expect(await makeCallers({}).authenticate(prove(NOW), NOW)).toEqual(ok(nodeId));
  expect(await makeCallers({}).authenticate(prove(NOW - PROOF_LIFE_MS), NOW)).toEqual(ok(nodeId));
});

test('an old proof, one from the future, and one by another key are refused', async () => {
  const callers = makeCallers({});
  expect(await callers.authenticate(prove(NOW - PROOF_LIFE_MS - 1), NOW)).toEqual(err('expired'));
  expect(await callers.authenticate(prove(NOW + PROOF_LIFE_MS + 1), NOW)).toEqual(err('expired'));
  expect(await makeCallers({ address: other }).authenticate(prove(NOW), NOW)).toEqual(err('unenrolled'));
});

test('a proof for another router is none here, and one that names no router says that its agent is old', async () => {
  const elsewhere = prove(NOW, PROOF_PROTOCOL, 'https://evil.example');
  expect(await makeCallers({}).authenticate(elsewhere, NOW)).toEqual(err('unenrolled'));
  const nonce = makeProofNonce(NOW, new Uint8Array(24).fill(1));
  const signature = signer.sign(NODE_HELLO_1, { nonce, node: address, protocol: PROOF_PROTOCOL }, privateKey);
  const old = `Bearer ${encodeNodeProof({ nodeId, nonce, signature })}`;
  expect(await makeCallers({}).authenticate(old, NOW)).toEqual(err('outdated'));
});

test('what a home signs for a hub is no proof here', async () => {
  expect(await makeCallers({}).authenticate(prove(NOW, 1), NOW)).toEqual(err('unenrolled'));
});

test('a home that nobody enrolled, or that was revoked, is refused', async () => {
  expect(await makeCallers(null).authenticate(prove(NOW), NOW)).toEqual(err('unenrolled'));
  expect(await makeCallers({ revokedAt: 1 }).authenticate(prove(NOW), NOW)).toEqual(err('revoked'));
});

test('a token is no pass for a home that is revoked, whose owner is disabled, or that the books lost', async () => {
  expect(await makeCallers({ revokedAt: 1 }).authenticate('Bearer a.b.c', NOW)).toEqual(err('revoked'));
  expect(await makeCallers({ isOwnerDisabled: true }).authenticate('Bearer a.b.c', NOW)).toEqual(err('revoked'));
  expect(await makeCallers({ isOwnerDisabled: true }).authenticate(prove(NOW), NOW)).toEqual(err('revoked'));
  expect(await makeCallers(null).authenticate('Bearer a.b.c', NOW)).toEqual(err('unenrolled'));
});

test("the router's own token counts, another of its form does not", async () => {
  expect(await makeCallers({}).authenticate('Bearer a.b.c', NOW)).toEqual(ok(nodeId));
  expect(await makeCallers({}).authenticate('Bearer x.y.z', NOW)).toEqual(err('expired'));
});

test('an API key, nothing, and noise are left to the door of callers', async () => {
  const callers = makeCallers({});
  for (const header of ['Bearer irori_abc.d.e', 'Bearer', 'Bearer noise', null, 'Basic a.b.c'])
    expect(await callers.authenticate(header, NOW)).toBeNull();
});
