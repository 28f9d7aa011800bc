// The headers that callers send and read, for /docs and /openapi.json.

export const REQUEST_HEADERS: Readonly<Record<string, string>> = {
  authorization: '`Bearer irori_…`, your key.',
  'x-api-key': 'The key, where a client sends it so; `api-key` does as well.',
  'anthropic-version': 'Sent by Anthropic’s clients: `/v1/models` and its errors then have their form.',
  'idempotency-key':
    '1 to 255 visible characters, of your own making: the same key and body within 24 hours is the same call, which runs once and is charged once. What comes again is told what it came to; another body is 409.',
  'payment-signature':
    'Instead of a key, where the router takes payments call by call: a payment by the terms of the 402, base64 of JSON (x402 version 2).',
};

export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'x-request-id': 'The request’s number, for reports (`request-id` for Anthropic’s clients).',
  'x-irori-job': 'The job’s number: its receipts are at `/v1/receipts/{jobId}`.',
  'x-irori-node': 'The home that answers.',
  'x-irori-country': 'Its country.',
  'x-irori-reason': 'Why it was chosen.',
  'x-irori': 'The facts of the answer so far, as JSON.',
  'x-irori-ignored': 'Fields of the request that nothing read, and that were left out.',
  'idempotent-replayed': '`true` where the call has run before under its `Idempotency-Key`: nothing ran this time.',
  'payment-required':
    'Of a 402 for a call without a key: what it may cost and how it is paid, base64 of JSON (x402 version 2).',
  'payment-response': 'What was settled of a call without a key, where that is known before its body.',
  'retry-after': 'Seconds after which asking again makes sense.',
  'retry-after-ms': 'The same in milliseconds.',
  'x-should-retry': '`false` where asking again by itself would only wait anew.',
  'x-ratelimit-limit-requests':
    'Calls a minute that the key may begin, with `-remaining-` and `-reset-`; of a 429 for too many at once, how many may run.',
  'x-ratelimit-limit-tokens':
    'Tokens a minute that the key may begin, with `-remaining-` and `-reset-`: of a call that runs, its prompt and what its answer is expected to have.',
  'x-irori-balance': 'Micro-credits that the account has for further jobs: what jobs that run may cost is taken off.',
  'x-irori-key-day-limit':
    'Micro-credits that the key may spend in a day of UTC, with `-left` (what jobs that run may cost is taken off) and `-reset` (when the next begins); so too `x-irori-key-month-…` and, without a reset, `x-irori-key-total-…`.',
};
