import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeLog } from './log.ts';
import type { LogFacts } from './log.ts';

let lines: [level: string, line: string][];

beforeEach(() => {
  lines = [];
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push([level, line]));
});

afterEach(() => vi.restoreAllMocks());

function lastLine(): Record<string, unknown> {
  return JSON.parse(lines.at(-1)?.[1] ?? 'null') as Record<string, unknown>;
}

describe('a line', () => {
  test('says when, how bad, who, what and about whom', () => {
    makeLog('hub').warn('home-failed', {
      nodeId: 'node_1',
      jobId: 'job_1',
      hub: 'hub:weur:0',
      reason: 'token-timeout',
    });
    const { time, ...said } = lastLine();
    expect(new Date(String(time)).toISOString()).toBe(time);
    const about = { jobId: 'job_1', nodeId: 'node_1', hub: 'hub:weur:0', reason: 'token-timeout' };
    expect(said).toEqual({ level: 'warn', room: 'hub', event: 'home-failed', ...about });
  });

  test('goes out at its own level', () => {
    const log = makeLog('edge');
    log.info('a');
    log.warn('b');
    log.error('c');
    expect(lines.map(([level]) => level)).toEqual(['info', 'warn', 'error']);
  });

  test('leaves out what is not known', () => {
    makeLog('edge').info('a', { requestId: undefined, jobId: null, count: 0 });
    expect(Object.keys(lastLine())).toEqual(['time', 'level', 'room', 'event', 'count']);
  });

  test('holds no fact that is not on the list', () => {
    makeLog('edge').info('a', { prompt: 'tell-me' } as LogFacts);
    expect(lines[0]?.[1]).not.toContain('tell-me');
  });

  test.each(['two words', 'a\nline', '{"a":1}', '', 'x'.repeat(121)])('holds %j nowhere: it is no word', (text) => {
    makeLog('edge').info('a', { reason: text });
    expect(lastLine()['reason']).toBe('(left out)');
  });
});

describe('an error', () => {
  test('is told by its kind and place and not by its message', () => {
    const error = new TypeError('the prompt was\n    at secret (tell.me:1)');
    makeLog('edge').error('broke', { error });
    expect(lastLine()['error']).toMatchObject({ name: 'TypeError', at: expect.arrayContaining([expect.any(String)]) });
    expect(lines[0]?.[1]).not.toMatch(/prompt|secret/);
  });

  test('that quotes what it could not parse is told without the quote', () => {
    let error: unknown;
    try {
      JSON.parse('my own prompt');
    } catch (thrown) {
      error = thrown;
    }
    makeLog('edge').error('broke', { error });
    expect(lastLine()['error']).toMatchObject({ name: 'SyntaxError' });
    expect(lines[0]?.[1]).not.toMatch(/my own/);
  });

  test('is told without its message also where its stack was written under another name', () => {
    const error = new Error('a secret');
    error.name = 'Renamed';
    makeLog('edge').error('broke', { error });
    expect(lines[0]?.[1]).not.toContain('secret');
  });

  test("says the platform's code and flags, and what caused it", () => {
    const cause = new Error('D1_ERROR: no such table: people: SQLITE_ERROR');
    const error = Object.assign(new Error('Failed query: select 1 params: key'), { retryable: true, cause });
    makeLog('edge').error('broke', { error });
    const said = { name: 'Error', isRetryable: true, cause: { name: 'Error', code: 'D1_ERROR' } };
    expect(lastLine()['error']).toMatchObject(said);
    expect(lines[0]?.[1]).not.toMatch(/select|people/);
  });

  test('that is no Error is told by its type', () => {
    makeLog('edge').error('broke', { error: 'a secret' });
    expect(lastLine()['error']).toEqual({ name: 'string' });
  });
});
