import { describe, expect, test } from 'vitest';
import { checkStripeSignature } from './check-stripe-signature.ts';
import { signBody, WEBHOOK_SECRET } from './sample-stripe-events.ts';

const BODY = '{"id":"evt_1"}';
const NOW = 1_764_000_000;
const check = (header: string | null, body = BODY, now = NOW) =>
  checkStripeSignature({ header, body: new TextEncoder().encode(body) }, WEBHOOK_SECRET, now);

describe("Stripe's signature", () => {
  test('is taken as its documentation makes it', () => {
    // By hand: printf '1764000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_of-the-tests-0123456789
    const known = 't=1764000000,v1=feac242f0789c6d750d269e6a6cc9793466770788d3db521a0393edf4b67306c';
    expect(check(known)).toEqual({ ok: true, value: null });
    expect(signBody(BODY, NOW)).toContain(known);
  });

  test('is taken with one right one among several, as while a secret is rolled', () => {
    expect(check(signBody(BODY, NOW, ['whsec_of-before-0123456789', WEBHOOK_SECRET])).ok).toBe(true);
    expect(check(signBody(BODY, NOW, [WEBHOOK_SECRET, 'whsec_of-before-0123456789'])).ok).toBe(true);
  });

  test.each([
    ['another body', signBody('{"id":"evt_2"}', NOW)],
    ['another secret', signBody(BODY, NOW, ['whsec_of-another-0123456789'])],
    ['another time', signBody(BODY, NOW).replace(`t=${NOW}`, `t=${NOW + 1}`)],
  ])('is forged for %s', (_, header) => expect(check(header)).toEqual({ ok: false, error: 'forged' }));

  test('counts for 300 s before and after', () => {
    const header = signBody(BODY, NOW);
    for (const at of [NOW - 300, NOW + 300]) expect(check(header, BODY, at).ok).toBe(true);
    for (const at of [NOW - 301, NOW + 301]) expect(check(header, BODY, at)).toEqual({ ok: false, error: 'too-old' });
  });

  test.each([
    [null],
    [''],
    ['t=1'],
    [`t=${NOW}`],
    [`v1=${'0'.repeat(64)}`],
    [`t=soon,v1=${'0'.repeat(64)}`],
    [`t=${NOW},v1=${'0'.repeat(63)}`],
    [`t=${NOW},v0=${'0'.repeat(64)}`],
    [`t=${NOW},${Array.from({ length: 9 }, () => `v1=${'0'.repeat(64)}`).join(',')}`],
  ])('is malformed as %s', (header) => expect(check(header)).toEqual({ ok: false, error: 'malformed' }));
});
