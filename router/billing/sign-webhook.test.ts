import { expect, test } from 'vitest';
import { makeWebhookSecret, signWebhook } from './sign-webhook.ts';

test('the headers are those of the standard’s own example', () => {
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
  const headers = signWebhook(message, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 1_614_265_330_999);
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a secret is base64 behind its prefix', () => {
  expect(makeWebhookSecret(new Uint8Array(32))).toBe(`whsec_${'A'.repeat(43)}=`);
});
