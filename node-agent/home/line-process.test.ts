import { expect, test } from 'vitest';
import { askProgram, startLineProcess } from './line-process.ts';

function run(program: string, script: string): Promise<{ lines: string[]; isAbsent: boolean; output: string }> {
  const lines: string[] = [];
  return new Promise((resolve) => {
    startLineProcess(program, ['-e', script], {
      onLine: (line) => void lines.push(line),
      onEnd: (end) => resolve({ lines, ...end }),
    });
  });
}

test('lines of a program are heard as they end, and what it said last stands by its end', async () => {
  const script = 'process.stdout.write("one\\r\\ntw");process.stdout.write("o\\nrest");process.stderr.write("wrong")';
  const { lines, isAbsent, output } = await run(process.execPath, script);
  expect(lines).toEqual(['one', 'two']);
  expect(isAbsent).toBe(false);
  expect(output).toContain('wrong');
});

test('a program that is not there is absent, and says nothing when it is asked', async () => {
  expect(await run('no-such-program-here', '')).toMatchObject({ lines: [], isAbsent: true });
  expect(await askProgram('no-such-program-here', [], 1000)).toBe('');
});

test('a program that takes too long is not waited for', async () => {
  expect(await askProgram(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], 100)).toBe('');
});
