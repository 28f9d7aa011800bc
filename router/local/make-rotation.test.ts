import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../schema/bytes.ts';
import { handoverSchema, listPredecessors } from '../../schema/handover.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN } from '../../schema/typed-data.ts';
import { makeRotation } from './make-rotation.ts';
import type { RouterKeys } from './make-rotation.ts';

const key = (n: number): Uint8Array => new Uint8Array(32).fill(n);

test('each rotation adds a handover, and the newest key is joined to all before it', () => {
  let keys: RouterKeys = { ROUTER_SIGNING_KEY: toHex(key(1)) };
  for (const n of [2, 3]) keys = makeRotation(keys, { domain: PLACEHOLDER_DOMAIN, privateKey: key(n), now: n });
  expect(keys.ROUTER_SIGNING_KEY).toBe(toHex(key(3)));
  const handovers = (JSON.parse(keys.ROUTER_SIGNING_KEY_PREVIOUS!) as unknown[]).map((one) =>
    handoverSchema.parse(one),
  );
  const router = addressOfPrivateKey(fromHex(keys.ROUTER_SIGNING_KEY));
  expect(listPredecessors(makeMessageSigner(PLACEHOLDER_DOMAIN), handovers, router)).toEqual(
    [2, 1].map((n) => addressOfPrivateKey(key(n))),
  );
  expect(keys.ROUTER_SIGNING_KEY_PREVIOUS).not.toContain(toHex(key(2)).slice(2));
});
