import { describe, expect, test } from 'vitest';
import { measureWidth } from '../fit-text.ts';
import { formatHelp } from './help.ts';
import { COMMANDS, OPTIONS } from './options.ts';
import { parseFlags } from './parse-flags.ts';

describe('parseFlags', () => {
  test('behind two dashes stand words, whatever they look like', () => {
    const line = parseFlags(['name', '--json', '--', '--help', '-x']);
    expect(line).toMatchObject({
      ok: true,
      value: { command: 'name', values: { json: true }, files: ['--help', '-x'] },
    });
  });

  test('reads values, attached values, switches and lists given several times', () => {
    const line = parseFlags([
      'up',
      '--router',
      'https://a.example',
      '--slots=3',
      '--allow-lan',
      '--backend',
      'http://a',
      '--backend',
      'http://b',
      '--models',
      'x, y*,',
    ]);
    expect(line).toEqual({
      ok: true,
      value: {
        command: 'up',
        files: [],
        values: {
          router: 'https://a.example',
          slots: 3,
          allowLan: true,
          backends: ['http://a', 'http://b'],
          models: ['x', 'y*'],
        },
      },
    });
  });

  test('without a command it joins, with its own options and those of up', () => {
    expect(parseFlags([])).toEqual({ ok: true, value: { command: 'join', values: {}, files: [] } });
    expect(parseFlags(['--yes', '--code', 'c', '--slots', '2'])).toEqual({
      ok: true,
      value: { command: 'join', values: { yes: true, code: 'c', slots: 2 }, files: [] },
    });
    expect(parseFlags(['up', '--yes'])).toMatchObject({ ok: false });
    expect(parseFlags(['--wings'])).toMatchObject({ ok: false, error: expect.stringContaining('no option --wings') });
  });

  test('--help asks for help; version is told', () => {
    expect(parseFlags(['up', '--help'])).toEqual({ ok: true, value: { command: 'help', about: 'up' } });
    expect(parseFlags(['help', 'pause'])).toEqual({ ok: true, value: { command: 'help', about: 'pause' } });
    for (const words of [['--help'], ['help'], ['wings', '--help']])
      expect(parseFlags(words)).toEqual({ ok: true, value: { command: 'help', about: null } });
    expect(parseFlags(['--version'])).toEqual({ ok: true, value: { command: 'version' } });
  });

  test('verify takes a file or more, and nothing else takes one', () => {
    expect(parseFlags(['verify', 'r.json', '--json'])).toEqual({
      ok: true,
      value: { command: 'verify', files: ['r.json'], values: { json: true } },
    });
    expect(parseFlags(['verify'])).toMatchObject({ ok: false, error: expect.stringContaining('wants a file') });
    expect(parseFlags(['verify', 'a', 'b'])).toMatchObject({ ok: true, value: { files: ['a', 'b'] } });
    expect(parseFlags(['status', 'b'])).toMatchObject({ ok: false, error: expect.stringContaining("'b'") });
  });

  test.each([
    [['fly'], "no command 'fly'"],
    [['up', '--wings'], 'no option --wings'],
    [['status', '--router', 'x'], 'no option --router'],
    [['up', '--router'], '--router wants a value'],
    [['up', '--router', ''], '--router is empty'],
    [['up', '--slots', 'many'], '--slots wants a number'],
    [['up', '--slots', '-1'], '--slots wants a number'],
    [['up', '--allow-lan=maybe'], '--allow-lan takes no value'],
    [['up', '--router='], '--router is empty'],
    [['up', '-r', 'x'], "'up' has no option -r"],
    [['up', '--__proto__=x'], 'no option --__proto__'],
    [['up', '--', '--slots'], "'--slots' is one word too many"],
    [['up', 'extra'], "'extra' is one word too many"],
  ])('%j is refused with its remedy', (args, words) => {
    expect(parseFlags(args)).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });
});

test('no line of any help is wider than a terminal, and each command has one', () => {
  for (const about of [null, ...COMMANDS]) {
    const lines = formatHelp(about).split('\n');
    expect(lines.filter((line) => measureWidth(line) > 80)).toEqual([]);
    expect(lines.some((line) => about === null || line.startsWith(`irori-node ${about}`))).toBe(true);
  }
});

test('the help names every flag and every variable but those of tests', () => {
  const help = formatHelp();
  const hidden = OPTIONS.filter((option) => 'isHidden' in option);
  expect(hidden.map(({ flag }) => flag)).toEqual(['--signals']);
  for (const { flag, env } of OPTIONS.filter((option) => !('isHidden' in option))) {
    expect(help).toContain(flag);
    expect(help).toContain(env ?? flag);
  }
});

test('each command is there once', () => {
  expect(new Set(COMMANDS).size).toBe(COMMANDS.length);
});
