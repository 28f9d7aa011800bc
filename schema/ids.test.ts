import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isId, jobIdToWord, makeId, nodeIdOf, receiptIdOf, wordToJobId, makeHubName, readHubName } from './ids.ts';

const random = fc.uint8Array({ minLength: 16, maxLength: 56 });

describe('ids', () => {
  test('an id is its prefix and 32 hex digits of the first 16 bytes', () => {
    const bytes = Uint8Array.from({ length: 56 }, (_, i) => i);
    expect(makeId('job', bytes)).toBe('job_000102030405060708090a0b0c0d0e0f');
  });

  test('what makeId makes, isId takes, and only under its own prefix', () => {
    fc.assert(
      fc.property(random, (bytes) => {
        expect(isId('acct', makeId('acct', bytes)) && !isId('key', makeId('acct', bytes))).toBe(true);
      }),
    );
  });

  test.each([
    'job_',
    'job',
    '',
    'job_0',
    `job_${'0'.repeat(33)}`,
    `job_${'A'.repeat(32)}`,
    `xjob_${'0'.repeat(32)}`,
    `job_${'0'.repeat(32)}\n`,
  ])('%j is no job id', (text) => {
    expect(isId('job', text)).toBe(false);
  });

  test('a job id fits a word and comes back', () => {
    fc.assert(
      fc.property(random, (bytes) => {
        const id = makeId('job', bytes);
        const word = jobIdToWord(id);
        expect(word).toMatch(/^0x[0-9a-f]{32}0{32}$/);
        expect(wordToJobId(word)).toBe(id);
      }),
    );
  });

  test('a node id is the first 16 bytes of its address', () => {
    expect(nodeIdOf('0x00112233445566778899aabbccddeeff01234567')).toBe('node_00112233445566778899aabbccddeeff');
  });

  test('a receipt is named by its job and part', () => {
    expect(receiptIdOf(`job_${'a'.repeat(32)}`, 2)).toBe(`rcpt_${'a'.repeat(32)}_2`);
  });

  test('a hub is named by its area and its number; any other name says neither', () => {
    expect(makeHubName('apac-ne', 12)).toBe('hub:apac-ne:12');
    expect(readHubName('hub:apac-ne:12')).toEqual({ area: 'apac-ne', number: 12 });
    expect(readHubName('hub')).toEqual({ area: '', number: -1 });
  });
});
