// What the platform charges, in USD for a million units, after the included amounts. Read from the vendors' pages on 2026-11-26:
// developers.cloudflare.com (workers/platform/pricing, durable-objects/platform/pricing, d1/platform/pricing), upstash.com/docs/redis/overall/billing.
export const PRICES_AS_OF = '2026-11-26';

export const USD_PER_MILLION = {
  /** Requests to the Worker; calls between its own parts are free. */
  workerRequest: 0.3,
  workerCpuMs: 0.02,
  /** Requests to an object: each fetch, each call, each alarm that rings. */
  objectRequest: 0.15,
  /** Twenty messages that come in on a socket are one request; those that go out are free. */
  socketMessage: 0.15 / 20,
  objectGbS: 12.5,
  objectRowWritten: 1,
  objectRowRead: 0.001,
  /** Setting an alarm is a row written. */
  alarmSet: 1,
  d1RowWritten: 1,
  d1RowRead: 0.001,
  /** Each command of a pipeline counts. */
  redisCommand: 2,
} as const;

/** Memory that an object is billed for while it works, whatever it uses. */
export const OBJECT_GB = 0.128;
