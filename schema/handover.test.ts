import { hashTypedData } from 'viem';
import { expect, test } from 'vitest';
import { handoverSchema, listPredecessors, ROUTER_HANDOVER, signHandover, toHandoverJson } from './handover.ts';
import type { Handover } from './handover.ts';
import { makeMessageSigner } from './receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN } from './typed-data.ts';

const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
const keys = [1, 2, 3, 4].map((n) => new Uint8Array(32).fill(n)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const [first, second, third, stranger] = keys.map(addressOfPrivateKey) as [
  `0x${string}`,
  `0x${string}`,
  `0x${string}`,
  `0x${string}`,
];

function handOver(from: number, to: number): Handover {
  const [previous, next] = [addressOfPrivateKey(keys[from]!), addressOfPrivateKey(keys[to]!)];
  return signHandover(signer, { previous, next, atMs: 7n }, keys[from]!);
}

test('the signed text is what it was when the first one was signed, to viem too', () => {
  const { signature: _, ...message } = handOver(0, 1);
  const types = { RouterHandover: ROUTER_HANDOVER.fields.map(([name, type]) => ({ name, type })) };
  const domain = { name: 'Irori', version: '1', ...PLACEHOLDER_DOMAIN };
  const hash = hashTypedData({ domain, types, primaryType: 'RouterHandover', message });
  expect(signer.hash(ROUTER_HANDOVER, message)).toBe(hash);
  expect(types.RouterHandover).toEqual([
    { name: 'previous', type: 'address' },
    { name: 'next', type: 'address' },
    { name: 'atMs', type: 'uint64' },
  ]);
});

test('who handed over is known, at once or by others between, in any order', () => {
  const handovers = [handOver(1, 2), handOver(0, 1)];
  expect(listPredecessors(signer, handovers, third)).toEqual([second, first]);
  expect(listPredecessors(signer, handovers, second)).toEqual([first]);
  expect(listPredecessors(signer, handovers, first)).toEqual([]);
});

test('a key that did not sign has handed over to nobody, and a circle ends', () => {
  const forged = { ...handOver(3, 2), previous: first };
  expect(listPredecessors(signer, [forged], third)).toEqual([]);
  expect(listPredecessors(makeMessageSigner({ ...PLACEHOLDER_DOMAIN, chainId: 1 }), [handOver(0, 1)], second)).toEqual(
    [],
  );
  expect(listPredecessors(signer, [handOver(0, 1), handOver(1, 0)], first)).toEqual([second]);
  expect(stranger).not.toBe(first);
});

test('as JSON it is read back', () => {
  const handover = handOver(0, 1);
  expect(handoverSchema.parse(JSON.parse(JSON.stringify(toHandoverJson(handover))))).toEqual(handover);
});
