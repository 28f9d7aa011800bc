import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tellCount, tellSpan } from './tell-time.ts';

const AT = Date.UTC(2026, 10, 28, 8, 5, 9);

/** What the functions say in a time zone: a process takes its zone at its start, and threads share that of the process. */
function tellIn(zone: string, code: string): unknown {
  const path = JSON.stringify(join(import.meta.dirname, 'tell-time.ts'));
  const script = `import(${path}).then((m) => console.log(JSON.stringify((${code})(m))))`;
  const told = execFileSync(process.execPath, ['-e', script], { env: { ...process.env, TZ: zone }, encoding: 'utf8' });
  return JSON.parse(told);
}

describe('times for the owner', () => {
  test('are those of this machine, in 24 hours', () => {
    const hour = 3_600_000;
    const told = tellIn(
      'Asia/Tokyo',
      `(m) => [m.tellClock(${AT}), m.tellWhen(${AT}, ${AT + hour}), m.tellWhen(${AT}, ${AT + 7 * hour}), m.tellWhen(${AT}, ${AT + 1440 * hour}), m.tellStamp(${AT}), m.findMidnight(${AT})]`,
    );
    const stamp = '2026-11-28 17:05:09+09:00';
    const midnight = Date.UTC(2026, 10, 27, 15);
    expect(told).toEqual(['17:05', '17:05', '28 Nov 17:05', '28 Nov 2026 17:05', stamp, midnight]);
    expect(Date.parse(stamp)).toBe(AT);
  });

  test('a zone behind, and half an hour, are told too', () => {
    expect(tellIn('America/St_Johns', `(m) => m.tellStamp(${AT})`)).toBe('2026-11-28 04:35:09-03:30');
  });

  test.each([
    [400, '0 s'],
    [29_466, '29 s'],
    [119_000, '2 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [100 * 3_600_000, '4 d 4 h'],
    [48 * 3_600_000, '2 d'],
  ])('%i ms are %s', (ms, told) => {
    expect(tellSpan(ms)).toBe(told);
  });

  test('counts have commas', () => {
    expect([0, 999, 1000, 1_234_567].map(tellCount)).toEqual(['0', '999', '1,000', '1,234,567']);
  });
});
