import { describe, expect, test } from 'vitest';
import { START_HELP, parseStartFlags, readLeftOut } from './parse-start-flags.ts';

describe('parseStartFlags', () => {
  test('nothing said is one home with the built-in model on port 8787', () => {
    expect(parseStartFlags([])).toEqual({
      ok: true,
      value: {
        nodes: 1,
        once: false,
        redisUrl: null,
        port: 8787,
        stateDir: '.irori',
        origins: [],
        backendUrl: null,
        models: [],
        paceTokensPerS: null,
        slots: null,
        windowMs: null,
        x402: false,
        chain: false,
        chainUrl: null,
        watch: false,
        verbose: false,
        help: false,
      },
    });
  });

  test('everything said is passed on', () => {
    const words =
      '--nodes 5 --once --redis redis://127.0.0.1:6379 --port 9000 --state /tmp/x --pace 20 --slots 4 --window 0'.split(
        ' ',
      );
    const said = parseStartFlags([
      ...words,
      '--backend',
      'http://127.0.0.1:11434',
      '--models',
      "a, b,'mock-*'".replaceAll("'", ''),
    ]);
    expect(said).toMatchObject({
      ok: true,
      value: {
        nodes: 5,
        once: true,
        port: 9000,
        paceTokensPerS: 20,
        slots: 4,
        windowMs: 0,
        models: ['a', 'b', 'mock-*'],
      },
    });
  });

  test.each([
    [['--chain'], true, null],
    [['--chain', '--once'], true, null],
    [['--once', '--chain', 'http://127.0.0.1:8545'], true, 'http://127.0.0.1:8545'],
    [['--chain=https://rpc.example/key'], true, 'https://rpc.example/key'],
    [['--once'], false, null],
  ])('%j: a chain of this machine, or another by its address', (words, chain, chainUrl) => {
    expect(parseStartFlags(words)).toMatchObject({ ok: true, value: { chain, chainUrl } });
  });

  test('--chain takes nothing that is no address', () => {
    expect(parseStartFlags(['--chain', 'sepolia'])).toMatchObject({
      ok: false,
      error: expect.stringContaining('--chain takes nothing, or the address'),
    });
  });

  test('--origins are listed with commas', () => {
    expect(parseStartFlags(['--origins', 'https://a.example, http://b.example:81/'])).toMatchObject({
      ok: true,
      value: { origins: ['https://a.example', 'http://b.example:81/'] },
    });
  });

  test('--no-agent starts no home', () => {
    expect(parseStartFlags(['--no-agent'])).toMatchObject({ ok: true, value: { nodes: 0 } });
  });

  test.each([
    [['--port', 'http'], '--port takes a whole number from 1 to 65535, not "http".'],
    [['--port', '70000'], '--port takes'],
    [['--nodes', '-1'], '--nodes'],
    [['--nodes', '1.5'], '--nodes takes'],
    [['--pace', '0'], '--pace takes'],
    [['--redis', '127.0.0.1'], '--redis takes an address'],
    [['--origins', 'irori.example'], '--origins takes addresses'],
    [['--origins', 'https://a.example/path'], '--origins takes addresses'],
    [['--backend', 'ollama'], '--backend takes an address'],
    [['--models', 'a'], 'give --backend URL too'],
    [['--once', '--no-agent'], '--once needs a home'],
    [['--state', ''], '--state takes a folder'],
    [['--nope'], 'npm start -- --help'],
    [['positional'], 'npm start -- --help'],
  ])('%j is refused with what to do', (words, message) => {
    const parsed = parseStartFlags(words);
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining(message) });
  });

  test('the help names every flag that is read', () => {
    for (const flag of [
      'nodes',
      'no-agent',
      'once',
      'redis',
      'port',
      'state',
      'backend',
      'models',
      'pace',
      'slots',
      'origins',
      'window',
      'x402',
      'verbose',
      'help',
    ]) {
      expect(START_HELP).toContain(`--${flag} `);
    }
  });
});

test('the node that epochs are closed without is an address as its home tells it, and anything else is said', () => {
  const node = `0x${'aB'.repeat(20)}`;
  expect([readLeftOut(undefined), readLeftOut(''), readLeftOut(node)].map((read) => read.ok && read.value)).toEqual([
    null,
    null,
    node.toLowerCase(),
  ]);
  for (const other of ['node_5690a4d35fd6e72c673078ecb4217d9f', '0x12', node.slice(2)])
    expect(readLeftOut(other)).toEqual({
      ok: false,
      error: expect.stringContaining(`as irori-node status tells it, not "${other}"`),
    });
});
