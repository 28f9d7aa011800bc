import { SignJWT, UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';
import type { NodeClaims } from './node-tokens.ts';
import { makeNodeTokens, NODE_TOKEN_LIFE_MS } from './node-tokens.ts';

const NOW = 1_795_305_600_000;
const SECRET = 'a-secret-for-node-tokens';
const claims: NodeClaims = {
  nodeId: 'node_1',
  address: `0x${'ab'.repeat(20)}`,
  accountId: 'acct_1',
};
const tokens = makeNodeTokens(SECRET);

test('a token carries its node back until it expires', async () => {
  const { token, untilAt } = await tokens.issue(claims, NOW);
  expect(untilAt).toBe(NOW + NODE_TOKEN_LIFE_MS);
  expect(await tokens.verify(token, untilAt - 1000)).toEqual({ ok: true, value: claims });
  expect(await tokens.verify(token, untilAt)).toEqual({ ok: false, error: 'expired-token' });
});

test('a token of another secret, a changed token and no token at all are bad', async () => {
  const { token } = await tokens.issue(claims, NOW);
  const other = await makeNodeTokens('another-secret-for-tokens').issue(claims, NOW);
  for (const text of [other.token, `${token.slice(0, -2)}xx`, token.replace('.', ''), '', 'abc'])
    expect(await tokens.verify(text, NOW)).toEqual({ ok: false, error: 'bad-token' });
});

test('an unsigned token and one for another purpose are bad', async () => {
  const body = { adr: claims.address, acc: claims.accountId };
  const unsigned = new UnsecuredJWT(body)
    .setIssuer('irori-router')
    .setAudience('irori-node-link')
    .setSubject('node_1')
    .setExpirationTime(NOW)
    .encode();
  const key = new TextEncoder().encode(SECRET);
  const elsewhere = await new SignJWT(body)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('irori-router')
    .setAudience('elsewhere')
    .setSubject('node_1')
    .setExpirationTime(NOW / 1000 + 60)
    .sign(key);
  const endless = await new SignJWT(body)
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('irori-router')
    .setAudience('irori-node-link')
    .setSubject('node_1')
    .sign(key);
  const shapeless = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('irori-router')
    .setAudience('irori-node-link')
    .setSubject('node_1')
    .setExpirationTime(NOW / 1000 + 60)
    .sign(key);
  for (const text of [unsigned, elsewhere, endless, shapeless])
    expect(await tokens.verify(text, NOW)).toEqual({ ok: false, error: 'bad-token' });
});

test('while the secret is changed tokens under the one before it are taken until they expire, and new ones are under the new one', async () => {
  const changed = makeNodeTokens('the-secret-that-follows-it', SECRET);
  const old = await tokens.issue(claims, NOW);
  expect(await changed.verify(old.token, NOW)).toEqual({ ok: true, value: claims });
  expect(await changed.verify(old.token, old.untilAt)).toEqual({ ok: false, error: 'expired-token' });
  const fresh = await changed.issue(claims, NOW);
  expect(await makeNodeTokens('the-secret-that-follows-it').verify(fresh.token, NOW)).toEqual({
    ok: true,
    value: claims,
  });
  expect(await changed.verify(fresh.token, fresh.untilAt)).toEqual({ ok: false, error: 'expired-token' });
  const foreign = await makeNodeTokens('another-secret-for-tokens').issue(claims, NOW);
  expect(await changed.verify(foreign.token, NOW)).toEqual({ ok: false, error: 'bad-token' });
});
