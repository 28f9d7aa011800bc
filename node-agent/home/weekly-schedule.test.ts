import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { rulesPatchSchema } from './lending-rules.ts';
import { fromGrid, localDay, nextTimeOfDay, readSchedule, toGrid } from './weekly-schedule.ts';

const at = (local: string): number => new Date(local).getTime();
const NIGHT = {
  fri: [{ from: '22:00', to: '24:00', level: 'off' as const }],
  sat: [
    { from: '00:00', to: '07:00', level: 'off' as const },
    { from: '07:00', to: '09:30', level: 'eco' as const },
  ],
};

describe('the week', () => {
  test('hours that are not named are full, and a level ends where the next begins', () => {
    expect(readSchedule(NIGHT, at('2026-11-27T21:59:59'))).toMatchObject({
      level: 'full',
      nextChangeAt: at('2026-11-27T22:00'),
    });
    expect(readSchedule(NIGHT, at('2026-11-27T22:00'))).toMatchObject({
      level: 'off',
      nextChangeAt: at('2026-11-28T07:00'),
    });
    expect(readSchedule(NIGHT, at('2026-11-28T09:29'))).toMatchObject({
      level: 'eco',
      nextChangeAt: at('2026-11-28T09:30'),
    });
  });

  test('a week of one level never changes', () => {
    expect(readSchedule({}, at('2026-11-27T12:00'))).toMatchObject({ level: 'full', nextChangeAt: null });
  });

  test('nights in which clocks go forward or back have their own length, and odd zones their own half hours', () => {
    // A zone is a process's: this one's is as it is.
    const ask = (
      zone: string,
      day: string,
      local: string,
    ): { nextChangeAt: number; midnightAt: number; fromAt: number } => {
      const span = JSON.stringify({ [day]: [{ from: '00:00', to: '07:00', level: 'off' }] });
      const script = `const { readSchedule } = await import('./weekly-schedule.ts'); const at = new Date('${local}').getTime();
        console.log(JSON.stringify({ ...readSchedule(${span}, at + 600_000), fromAt: at }));`;
      const words = ['--input-type=module', '-e', script];
      const env = { ...process.env, TZ: zone };
      return JSON.parse(execFileSync(process.execPath, words, { cwd: import.meta.dirname, env, encoding: 'utf8' }));
    };
    const hours = (from: number, to: number): number => (to - from) / 3_600_000;
    const forward = ask('Europe/Paris', 'sun', '2026-03-29T00:00');
    expect(hours(forward.fromAt, forward.nextChangeAt)).toBe(6);
    const back = ask('Europe/Paris', 'sun', '2026-10-25T00:00');
    expect([hours(back.fromAt, back.nextChangeAt), hours(back.fromAt, back.midnightAt)]).toEqual([8, 25]);
    const odd = ask('Asia/Kathmandu', 'mon', '2026-11-30T00:00');
    expect(hours(odd.fromAt, odd.nextChangeAt)).toBe(7);
  });

  test('of spans that overlap the one that lends least counts', () => {
    const mon = [
      { from: '08:00', to: '20:00', level: 'eco' as const },
      { from: '12:00', to: '13:00', level: 'off' as const },
    ];
    expect(readSchedule({ mon }, at('2026-11-30T12:30')).level).toBe('off');
  });

  test('a grid of half hours becomes spans and the same grid again', () => {
    expect(fromGrid(toGrid(NIGHT))).toEqual(NIGHT);
    expect(toGrid(NIGHT)[5]?.slice(43, 45)).toEqual(['full', 'off']);
  });

  test.each([
    [{ from: '07:15', to: '08:00', level: 'off' }, 'half hour'],
    [{ from: '22:00', to: '07:00', level: 'off' }, 'over midnight'],
  ])('what is no span is told as such: %o', (span, told) => {
    const parsed = rulesPatchSchema.safeParse({ schedule: { week: { mon: [span] } } });
    expect(JSON.stringify(parsed.error?.issues)).toContain(told);
  });
});

test('the next time of day is today or tomorrow, and a day is the local one', () => {
  expect(nextTimeOfDay(7, 0, at('2026-11-28T06:59'))).toBe(at('2026-11-28T07:00'));
  expect(nextTimeOfDay(7, 0, at('2026-11-28T07:00'))).toBe(at('2026-11-29T07:00'));
  expect(localDay(at('2026-11-28T00:10'))).toBe('2026-11-28');
});
