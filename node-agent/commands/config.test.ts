import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runConfig } from './config.ts';

let folder = '';
let told = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-config-'));
  told = '';
  const hear = (text: string | Uint8Array): boolean => {
    told += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(hear);
  vi.spyOn(process.stderr, 'write').mockImplementation(hear);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...words: string[]): Promise<number> => runConfig(words, { state: folder }, { IRORI_PRICE: '0.5' });
const file = (): unknown => JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));

describe('irori-node config', () => {
  test('sets, by key or flag, tells and takes away', async () => {
    expect(await run('set', 'slots', '3')).toBe(0);
    expect(await run('set', '--unload-after', '20')).toBe(0);
    expect(await run('set', 'models', 'llama3.2', 'qwen*')).toBe(0);
    expect(file()).toEqual({ slots: 3, unloadAfterMin: 20, models: ['llama3.2', 'qwen*'] });
    expect(told).toContain('slots is 3, in effect at the next start.');
    told = '';
    expect(await run('list')).toBe(0);
    expect(told).toMatch(/slots +3 +\(config\.json\)/);
    expect(told).toMatch(/priceShare|price +0\.5 +\(IRORI_PRICE\)/);
    expect(await run('unset', 'models')).toBe(0);
    expect(file()).toEqual({ slots: 3, unloadAfterMin: 20 });
    expect([await run('get', 'slots'), await run('get', 'models')]).toEqual([0, 1]);
  });

  test.each([
    [['set', 'slots', '999'], 'from 1 to 256'],
    [['set', 'slots', 'many'], 'wants a number'],
    [['set', 'router', 'ftp://x'], '--router must be'],
    [['set', 'wings', '2'], "There is no setting 'wings'"],
    [['set', 'state', '/x'], "There is no setting 'state'"],
    [['set', 'slots'], 'set KEY VALUE'],
    [['get'], 'Settings:'],
    [['burn', 'slots'], "'burn' is none"],
  ])('%j is refused, and nothing is written', async (words, sentence) => {
    expect(await run(...words)).toBe(2);
    expect(told).toContain(sentence);
    expect(file).toThrow('ENOENT');
  });

  test('a file that cannot be read is the owner’s to mend, and stays', async () => {
    writeFileSync(join(folder, 'config.json'), '{"slots": ');
    expect(await run('set', 'slots', '2')).toBe(2);
    expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe('{"slots": ');
  });

  test('a variable that wins is said', async () => {
    await run('set', 'price', '0.8');
    expect(told).toContain('IRORI_PRICE is set in this environment, and wins over it.');
  });
});
