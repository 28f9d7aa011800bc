import { expect, test } from 'vitest';
import { makeLog } from '../log.ts';
import { RecentLog } from './recent-log.ts';

test('the newest lines are kept, and every line goes on as it was', () => {
  const written: string[] = [];
  const log = new RecentLog(makeLog({ json: false, write: (line) => void written.push(line), now: () => 0 }), () => 7);
  for (let i = 0; i < 450; i++) log.info('job', { number: i, left: undefined });
  log.warn('slow');
  expect(written).toHaveLength(451);
  expect(log.lines).toHaveLength(200);
  expect(log.lines.slice(-2)).toEqual([
    { at: 7, level: 'info', text: 'job number=449' },
    { at: 7, level: 'warn', text: 'slow' },
  ]);
});

test('a line is cut where it would fill the page', () => {
  const log = new RecentLog(makeLog({ json: false, write: () => undefined, now: () => 0 }), () => 0);
  log.error('x'.repeat(2000));
  expect(log.lines[0]?.text).toHaveLength(500);
});
