import { describe, expect, test, vi } from 'vitest';
import { err, ok } from '../../schema/result.ts';
import { stateSchema } from '../../schema/frames-to-hub.ts';
import { makeLog } from '../log.ts';
import { FakeBackend } from '../test/fake-backend.ts';
import { ModelShelf } from './model-shelf.ts';

function backendOf(...names: string[]): FakeBackend {
  const backend = new FakeBackend(async () => undefined);
  backend.names = names;
  return backend;
}

function shelfOf(
  backends: FakeBackend[],
  options: { choice?: string[]; slots?: number; mayLoad?: boolean } = {},
): { shelf: ModelShelf; lines: string[]; onChange: () => void } {
  const lines: string[] = [];
  const log = makeLog({ json: false, write: (line) => void lines.push(line), now: () => 0 });
  const onChange = vi.fn();
  const shelf = new ModelShelf({
    backends,
    choice: { names: options.choice ?? null },
    slots: options.slots ?? null,
    paceTokensPerS: 0,
    mayLoad: options.mayLoad ?? true,
    log,
    onChange,
  });
  return { shelf, lines, onChange };
}

describe('ModelShelf', () => {
  test('offers what the backends list, each name once, in a state that a hub takes', async () => {
    const { shelf } = shelfOf([backendOf('a', 'b'), backendOf('b', 'c')]);
    await shelf.look();
    expect(shelf.offered.map((model) => model.name)).toEqual(['a', 'b', 'c']);
    expect(stateSchema.safeParse({ models: shelf.offered, slots: shelf.slots, paused: null }).success).toBe(true);
    expect(shelf.slots).toBe(4);
  });

  test('finds the backend of a name: exact names before patterns', async () => {
    const [first, second] = [backendOf('mock-*'), backendOf('mock-1')];
    const { shelf } = shelfOf([first, second]);
    await shelf.look();
    expect(shelf.find('mock-1')).toEqual(ok({ backend: second, resume: 'exact', loadMs: 0, promptTokensPerS: 2000 }));
    expect(shelf.find('mock-2')).toEqual(ok({ backend: first, resume: 'exact', loadMs: 0, promptTokensPerS: 2000 }));
    expect(shelf.find('other')).toEqual(err('unfit'));
  });

  test('a name that is kept back is not offered, and no pattern covers it', async () => {
    const choice = { names: null, isWithheld: (name: string) => name === 'mock-1' };
    const log = makeLog({ json: false, write: () => undefined, now: () => 0 });
    const backends = [backendOf('mock-*', 'mock-1')];
    const shelf = new ModelShelf({ backends, choice, slots: null, paceTokensPerS: 0, log, onChange: () => undefined });
    await shelf.look();
    expect(shelf.offered.map((model) => model.name)).toEqual(['mock-*']);
    expect(shelf.find('mock-1')).toEqual(err('unfit'));
    expect(shelf.find('mock-2').ok).toBe(true);
    expect(shelf.known).toEqual(['mock-*', 'mock-1']);
  });

  test("keeps to the owner's choice of models and slots", async () => {
    const { shelf } = shelfOf([backendOf('llama3:latest', 'qwen-7b', 'phi')], {
      choice: ['llama3', 'qwen-*'],
      slots: 7,
    });
    await shelf.look();
    expect(shelf.offered.map((model) => model.name)).toEqual(['llama3:latest', 'qwen-7b']);
    expect(shelf.slots).toBe(7);
  });

  test('a backend that is away offers nothing, is said once, and comes back', async () => {
    const backend = backendOf('a');
    const { detected } = backend;
    backend.detected = err('No server answers. Start it.');
    const { shelf, lines, onChange } = shelfOf([backend]);
    await shelf.look();
    await shelf.look();
    expect(shelf.slots).toBe(0);
    expect(lines.filter((line) => line.includes('No server answers'))).toHaveLength(1);
    expect(onChange).not.toHaveBeenCalled();
    backend.detected = detected;
    await shelf.look();
    expect(shelf.offered).toHaveLength(1);
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  test('a backend that throws, against its contract, is away', async () => {
    const backend = backendOf('a');
    backend.models = () => Promise.reject(new Error('boom'));
    const { shelf, lines } = shelfOf([backend]);
    await shelf.look();
    expect(shelf.offered).toEqual([]);
    expect(lines.join('')).toContain('boom');
  });

  test('more models than a state holds are left out, and the owner is told', async () => {
    const { shelf, lines } = shelfOf([backendOf(...Array.from({ length: 100 }, (_, i) => `model-${i}`))]);
    await shelf.look();
    expect(JSON.stringify(shelf.offered).length).toBeLessThan(12_000);
    expect(shelf.offered.length).toBeGreaterThan(30);
    expect(lines.join('')).toContain('--models');
  });

  test('a model that is not in memory is offered with its load time, or not at all where its owner loads models himself', async () => {
    const cold = backendOf('cold');
    cold.facts = { loadMs: 1234 };
    const { shelf } = shelfOf([backendOf('warm'), cold]);
    await shelf.look();
    expect(shelf.offered.map(({ name, loadMs }) => [name, loadMs])).toEqual([
      ['warm', undefined],
      ['cold', 1234],
    ]);
    expect(shelf.find('cold')).toEqual(ok({ backend: cold, resume: 'exact', loadMs: 1234, promptTokensPerS: 2000 }));
    const strict = shelfOf([backendOf('warm'), cold], { mayLoad: false }).shelf;
    await strict.look();
    expect(strict.offered.map((model) => model.name)).toEqual(['warm']);
    expect([strict.find('cold'), strict.find('none')]).toEqual([err('cold'), err('unfit')]);
    expect(strict.find('warm')).toMatchObject({ ok: true, value: { loadMs: 0 } });
  });

  test('loads the models that the agent brought itself and no others, and tells what does not load or go', async () => {
    const [ours, theirs] = [backendOf('ours'), Object.assign(backendOf('theirs'), { isBuiltIn: false })];
    const { shelf, lines } = shelfOf([ours, theirs]);
    await shelf.look();
    await shelf.loadBuiltIns();
    expect([ours.loaded, theirs.loaded]).toEqual([['ours'], []]);
    ours.load = async () => err('The runtime is missing.');
    await shelf.loadBuiltIns();
    theirs.unload = () => Promise.reject(new Error('stuck'));
    await shelf.unloadAll();
    expect(lines.slice(-2)).toEqual([
      expect.stringMatching(/could not be loaded model=ours reason=The runtime is missing\./),
      expect.stringMatching(/did not free its memory/),
    ]);
  });

  test('a model that came into memory is told', async () => {
    const backend = backendOf('m');
    backend.facts = { loadMs: 500 };
    const { shelf, onChange } = shelfOf([backend]);
    await shelf.look();
    backend.facts = { loadMs: 0 };
    await shelf.refresh();
    expect(shelf.offered[0]).not.toHaveProperty('loadMs');
    expect(onChange).toHaveBeenCalledTimes(2);
  });

  test('a measured speed wins over the guess, and a model may promise less than its engine', async () => {
    const backend = backendOf('m');
    backend.facts = { resume: 'none' };
    const { shelf } = shelfOf([backend]);
    await shelf.look();
    expect(shelf.offered[0]).toMatchObject({ resume: 'none', decodeTokensPerS: 200 });
    shelf.noteSpeed('ab'.repeat(32), { promptTokensPerS: 11, decodeTokensPerS: 7 });
    await shelf.look();
    expect(shelf.offered[0]).toMatchObject({ promptTokensPerS: 11, decodeTokensPerS: 7 });
  });

  test('a refresh asks again even while a look is under way', async () => {
    const backend = backendOf('a');
    const { shelf } = shelfOf([backend]);
    const first = shelf.look();
    const refreshed = shelf.refresh();
    await first;
    backend.names = ['b'];
    await refreshed;
    expect(shelf.offered.map((model) => model.name)).toEqual(['b']);
  });

  test('what the owner chose and no server lists is told once, with what is close to it', async () => {
    const listing = (listed: string[]) => ok({ product: 'ollama', version: null, notes: [], listed });
    const [first, second] = [backendOf('llama3:latest'), backendOf('qwen3:8b')];
    first.detected = listing(['llama3:latest']);
    second.detected = listing(['qwen3:8b']);
    const { shelf, lines } = shelfOf([first, second], { choice: ['lama3', 'qwen3:8b', 'llama*'] });
    await shelf.look();
    await shelf.look();
    expect(shelf.offered.map((model) => model.name)).toEqual(['llama3:latest', 'qwen3:8b']);
    const told = lines.filter((line) => line.includes('lama3. It lists'));
    expect(told).toEqual([expect.stringContaining('This server has no lama3. It lists: llama3:latest, qwen3:8b.')]);
  });

  test('a model that is removed from its server is gone at the next look, and told', async () => {
    const backend = backendOf('a', 'b');
    const detected = (listed: string[]) => ok({ product: 'ollama', version: null, notes: [], listed });
    backend.detected = detected(['a', 'b']);
    const { shelf, lines, onChange } = shelfOf([backend], { choice: ['a', 'b'] });
    await shelf.look();
    backend.names = ['b'];
    backend.detected = detected(['b']);
    await shelf.look();
    expect(shelf.offered.map((model) => model.name)).toEqual(['b']);
    expect(shelf.find('a')).toEqual(err('unfit'));
    expect(onChange).toHaveBeenCalledTimes(2);
    backend.names = ['b:latest'];
    backend.detected = detected(['b:latest']);
    await shelf.look();
    // Another spelling of a name is the same model.
    expect(lines.join('')).not.toMatch(/no longer on its server.*model=b/);
    expect(lines.join('')).toMatch(/no longer on its server.*model=a/);
    expect(lines.join('')).toContain('This server has no a. It lists: b.');
  });

  test('finds a model with and without :latest, the very name first', async () => {
    const [tagged, plain] = [backendOf('m:latest'), backendOf('m', 'n:latest')];
    const { shelf } = shelfOf([tagged, plain]);
    await shelf.look();
    const finder = (name: string): unknown => {
      const found = shelf.find(name);
      return found.ok ? found.value.backend : found.error;
    };
    expect(finder('m')).toBe(plain);
    expect(finder('m:latest')).toBe(tagged);
    expect(finder('n')).toBe(plain);
    expect([finder('M'), finder(' m'), finder('n:8b')]).toEqual(['unfit', 'unfit', 'unfit']);
  });
});
