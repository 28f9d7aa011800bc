import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig, readStateFolder } from './config.ts';
import type { OptionValues } from './parse-flags.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'irori-config-'));
});
afterEach(() => rmSync(state, { recursive: true }));

function read(flags: OptionValues, env: Record<string, string> = {}): ReturnType<typeof readConfig> {
  return readConfig({ state, ...flags }, env);
}

function writeFile(value: unknown): void {
  writeFileSync(join(state, 'config.json'), typeof value === 'string' ? value : JSON.stringify(value));
}

describe('readConfig', () => {
  test('fills in the defaults', () => {
    expect(read({ router: 'https://irori.example/v1' })).toMatchObject({
      ok: true,
      value: {
        state,
        windowMs: 100,
        load: 'on-demand',
        unloadAfterMs: 600_000,
        frozenMs: 30_000,
        epochRetryMs: 1_800_000,
        gasKeyFile: null,
        benchmark: 'built-in',
        specials: 'share',
        exposure: 10_000,
        pace: 0,
        slots: null,
        backends: [],
        models: null,
        router: { origin: 'https://irori.example' },
      },
    });
  });

  test('flags win over variables, variables over the file', () => {
    writeFile({ router: 'https://file.example', slots: 1, name: 'file', allowLan: true, models: ['a'] });
    const config = read({ slots: 3 }, { IRORI_SLOTS: '2', IRORI_NAME: 'env' });
    expect(config).toMatchObject({
      ok: true,
      value: { slots: 3, name: 'env', allowLan: true, models: ['a'], router: { origin: 'https://file.example' } },
    });
  });

  test('how many answers an Ollama here gives at once is read where its variable is set, and nonsense is as good as none', () => {
    const slotsOf = (given?: string): unknown => {
      const config = read({ router: 'https://x.example' }, given === undefined ? {} : { OLLAMA_NUM_PARALLEL: given });
      return config.ok && config.value.ollamaSlots;
    };
    expect(['4', '1', '256', '0', '', 'many', '1.5', '9999', undefined].map(slotsOf)).toEqual([
      4,
      1,
      256,
      ...Array.from({ length: 6 }, () => null),
    ]);
  });

  test('a code is taken as it was typed: in lower case, with spaces; what can be none is left to the router', () => {
    const codeOf = (code: string): unknown => {
      const config = read({ router: 'https://x.example', code });
      return config.ok && config.value.code;
    };
    expect(codeOf(' enr_3ecb 48sv egmp fv3z cbaf ')).toBe('enr_3ECB-48SV-EGMP-FV3Z-CBAF');
    expect(codeOf(' other ')).toBe('other');
  });

  test('a server that is named twice is one', () => {
    const backends = ['http://127.0.0.1:1', 'http://localhost:1/v1', 'http://127.0.0.1:1/', 'http://127.0.0.1:2'];
    const config = read({ router: 'https://x.example', backends });
    expect(config.ok && config.value.backends).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:2']);
  });

  test('models chosen by their place on this machine are chosen by their name', () => {
    const config = read({ router: 'https://x.example', models: ['/home/mika/qwen*', 'llama3'] });
    expect(config).toMatchObject({ ok: true, value: { models: ['qwen*', 'llama3'] } });
  });

  test('the state folder comes from the flag, the variable, or the platform', () => {
    expect(readStateFolder({ state: '/x' }, { IRORI_STATE: '/y' })).toEqual({ ok: true, value: '/x' });
    expect(readStateFolder({}, { IRORI_STATE: '/y' })).toEqual({ ok: true, value: '/y' });
    expect(readStateFolder({}, {})).toMatchObject({
      ok: true,
      value: expect.stringContaining('irori-node') as unknown,
    });
  });

  test.each<[OptionValues, Record<string, string>, string]>([
    [{}, {}, 'Which network?'],
    [{ router: 'nonsense' }, {}, '--router must be'],
    [{ router: 'https://irori.example', frozenAfterS: 4 }, {}, '--frozen-after must be'],
    [{ router: 'https://irori.example', frozenAfterS: 601 }, {}, '--frozen-after must be'],
    [{ router: 'https://irori.example', epochRetryS: 0.5 }, {}, '--epoch-retry must be'],
    [{ router: 'https://irori.example', epochRetryS: 86_401 }, {}, '--epoch-retry must be'],
    [{ router: 'http://irori.example' }, {}, 'must use https'],
    [{ router: 'https://a.example', slots: 1.5 }, {}, '--slots'],
    [{ router: 'https://a.example', slots: 0 }, {}, '--slots'],
    [{ router: 'https://a.example', windowMs: 5000 }, {}, '--window'],
    [{ router: 'https://a.example', wallet: '0x12' }, {}, '--wallet'],
    [{ router: 'https://a.example', name: 'a\u001b[31m' }, {}, '--name'],
    [{ router: 'https://a.example', name: 'x'.repeat(81) }, {}, '--name'],
    [{ router: 'https://a.example', place: 'Paris' }, {}, '--place'],
    [{ router: 'https://a.example', load: 'sometimes' }, {}, '--load must be one of on-demand, keep, never'],
    [{ router: 'https://a.example', load: 'never' }, {}, '--load never needs a model server'],
    [{ router: 'https://a.example', benchmark: 'yes' }, {}, '--benchmark must be one of'],
    [{ router: 'https://a.example', specials: 'maybe' }, {}, '--specials must be one of share, refuse'],
    [{ router: 'https://a.example', can: ['m=fly'] }, {}, "--can m: 'fly' is none of tools, json"],
    [{ router: 'https://a.example', unloadAfterMin: 9999 }, {}, '--unload-after'],
    [{ router: 'https://a.example' }, { IRORI_SLOTS: 'x' }, 'IRORI_SLOTS'],
    [{ router: 'https://a.example', backends: ['not a url'] }, {}, 'Write it like http://127.0.0.1:11434'],
    [{ router: 'https://a.example', backends: ['localhost:11434'] }, {}, 'http://localhost:11434'],
    [
      { router: 'https://a.example', backends: ['http://8.8.8.8'] },
      {},
      '--backend http://8.8.8.8: 8.8.8.8 is on the internet',
    ],
    [
      { router: 'https://a.example', backends: ['http://me:pw@127.0.0.1'] },
      {},
      '--backend http://…@127.0.0.1: Leave name',
    ],
    [{ router: 'https://a.example', backends: ['http://192.168.0.2'] }, {}, 'Say --allow-lan'],
    [{ router: 'http://127.0.0.1:8787', backends: ['http://localhost:8787/v1'] }, {}, 'An Irori router'],
    [{ router: 'https://a.example', backends: ['https://A.example'], allowLan: true }, {}, 'An Irori router'],
    [{ router: 'https://a.example' }, { IRORI_BACKEND_KEY: 'two words' }, 'IRORI_BACKEND_KEY'],
  ])('%j with %j is refused by name', (flags, env, words) => {
    expect(read(flags, env)).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });

  test('a config.json that cannot be read is refused, not passed over', () => {
    mkdirSync(join(state, 'config.json'));
    expect(read({ router: 'https://a.example' })).toMatchObject({
      ok: false,
      error: expect.stringMatching(/config\.json cannot be read: EISDIR/),
    });
  });

  test.each([
    ['not json', 'is not a JSON object'],
    [{ rooter: 'x' }, "unknown setting 'rooter'"],
    [{ slots: 'two' }, "'slots' must be a number"],
    [{ allowLan: 1 }, "'allowLan' must be a true or false"],
  ])('a config.json of %j is refused with its remedy', (value, words) => {
    writeFile(value);
    expect(read({ router: 'https://a.example' })).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });
});
