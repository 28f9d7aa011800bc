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
    [{ router: 'https://a.example', place: 'Paris' }, {}, '--place'],
    [{ router: 'https://a.example', load: 'sometimes' }, {}, '--load must be one of on-demand, keep, never'],
    [{ router: 'https://a.example', load: 'never' }, {}, '--load never needs a model server'],
    [{ router: 'https://a.example', benchmark: 'yes' }, {}, '--benchmark must be one of'],
    [{ router: 'https://a.example', specials: 'maybe' }, {}, '--specials must be one of share, refuse'],
    [{ router: 'https://a.example', can: ['m=fly'] }, {}, "--can m: 'fly' is none of tools, json"],
    [{ router: 'https://a.example', unloadAfterMin: 9999 }, {}, '--unload-after'],
    [{ router: 'https://a.example' }, { IRORI_SLOTS: 'x' }, 'IRORI_SLOTS'],
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
