// Times in JSON for programs: ISO 8601 in place of ms since epoch. Pure.

/** Names under which times stand in what agent and router say. */
const TIMES = new Set([
  'startedAt',
  'writtenAt',
  'pausedUntilAt',
  'untilAt',
  'sinceAt',
  'since',
  'from',
  'to',
  'coolingUntil',
  'at',
  'accepted_at',
  'pending_until',
  'payable_since',
  'lastSeenAt',
]);

/** The same value with each number under such a name told as `2026-11-28T08:05:09.000Z`; signed documents (`evidence`) as they are. */
export function toIsoTimes(value: unknown, name = ''): unknown {
  if (typeof value === 'number')
    return TIMES.has(name) && Number.isFinite(value) && value > 0 && value < 8.64e15
      ? new Date(value).toISOString()
      : value;
  if (typeof value !== 'object' || value === null || name === 'evidence') return value;
  if (Array.isArray(value)) return value.map((one) => toIsoTimes(one));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toIsoTimes(one, key)]));
}
