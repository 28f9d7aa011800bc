import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeError, makeLog } from './log.ts';
import { tellStamp } from './tell-time.ts';

const EPOCH = tellStamp(0);

function collect(json: boolean): { lines: string[]; log: ReturnType<typeof makeLog> } {
  const lines: string[] = [];
  return { lines, log: makeLog({ json, write: (line) => void lines.push(line), now: () => 0 }) };
}

test('a line for people holds the time, the level when it matters, and the fields', () => {
  const { lines, log } = collect(false);
  log.info('connected', { hub: 'h', area: null, gone: undefined });
  log.warn('careful');
  expect(lines).toEqual([`${EPOCH} connected hub=h area=null\n`, `${EPOCH} warn: careful\n`]);
});

test('a line for programs is one JSON object', () => {
  const { lines, log } = collect(true);
  log.error('bad', { n: 1 });
  expect(JSON.parse(lines[0]!)).toEqual({ time: '1970-01-01T00:00:00.000Z', level: 'error', event: 'bad', n: 1 });
});

test('what strangers wrote cannot forge a line or move the cursor', () => {
  const { lines, log } = collect(false);
  log.warn('first\n00:00:00 second', { text: '\u001b[2Jx' });
  expect(lines).toEqual([`${EPOCH} warn: first 00:00:00 second text= [2Jx\n`]);
});

test("the system's errors are told as they are, and of others nothing that they may quote", () => {
  const thrown = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };
  expect(describeError(thrown(() => readFileSync('/no/such/file')))).toBe(
    "ENOENT: no such file or directory, open '/no/such/file'",
  );
  const parsed = describeError(thrown(() => JSON.parse('Tell me a secret')));
  expect(parsed).toMatch(/^SyntaxError at /);
  expect(parsed).not.toContain('secret');
  const forged = describeError(new Error('first\n    at my secret prompt'));
  expect(forged).toMatch(/^Error at .*log\.test\.ts/);
  expect(describeError('a secret')).toBe('string');
});
