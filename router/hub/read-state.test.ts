import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_STATE_BYTES } from '../../schema/frames.ts';
import { packState, readState, unpackState } from './read-state.ts';

const model = (name: string, facts: object = {}) => ({
  name,
  digest: 'a'.repeat(64),
  contextTokens: 4096,
  quantisation: 'q8',
  resume: 'none',
  promptTokensPerS: 100,
  decodeTokensPerS: 10,
  ...facts,
});
const read = (models: readonly unknown[], facts: object = {}) => {
  const result = readState({ models, slots: 1, paused: null, ...facts });
  if (!result.ok) throw new Error(result.error);
  return result.value;
};
const names = (models: readonly unknown[]) => read(models).state.models.map(({ name }) => name);
const list = (count: number, name: (i: number) => string) => Array.from({ length: count }, (_, i) => model(name(i)));

test('what an honest home says is kept as it is, and nothing is complained of', () => {
  const models = [model('llama3.2'), model('囲炉裏:7b', { loadMs: 900 })];
  expect(read(models)).toEqual({ state: { models, slots: 1, paused: null }, complaint: null });
});

test('what it says of its power is kept with what it draws at work; what cannot be read of it is left out, and the models are served', () => {
  const power = { card: 'NVIDIA GeForce RTX 4090', idleW: 60, mostW: 450, method: 'counter', isAwakeForWork: false };
  expect(read([model('a')], { power })).toMatchObject({ state: { power, workW: 370 }, complaint: null });
  expect(read([], { power: null }).state).toEqual({ models: [], slots: 1, paused: null });
  const wrong = read([model('a')], { power: { ...power, mostW: -1 } });
  expect(Object.keys(wrong.state)).toEqual(['models', 'slots', 'paused']);
  expect([wrong.state.models.length, wrong.complaint]).toEqual([
    1,
    expect.stringMatching(/^power: mostW: .*left out$/),
  ]);
});

test('a model that cannot be used is left out by its place and field, and the others are served', () => {
  const { state, complaint } = read([model('a'), model('b', { digest: 'no' }), model('c\u0007'), 7, model('d')]);
  expect(state.models.map(({ name }) => name)).toEqual(['a', 'd']);
  expect(complaint).toMatch(/^models\.1: digest: .*; models\.2: name: .*; models\.3: .*: it is left out$/);
});

test('many complaints are counted, not all told', () => {
  expect(read(list(9, () => '')).complaint).toMatch(/; and 6 more$/);
});

test('a name that is told twice is served once', () => {
  expect(names([model('a', { contextTokens: 1 }), model('a')])).toEqual(['a']);
});

test('of more than 64 models no more than the first 64 are served', () => {
  const kept = names(list(70, (i) => `m${i}`));
  expect(kept.length).toBeGreaterThan(60);
  expect(kept.length).toBeLessThanOrEqual(64);
  expect(read(list(70, (i) => `m${i}`)).complaint).toContain('models: 70 told, 64 at most are served: share fewer');
});

test('of more than a state may hold the first are served, counted as they are stored', () => {
  const power = { card: 'RTX 4090 '.repeat(8), idleW: 60.5, mostW: 450.5, method: 'estimated', isAwakeForWork: false };
  const { state, complaint } = read(
    list(64, (i) => '囲'.repeat(190) + i),
    { power },
  );
  expect(state.models.length).toBeGreaterThan(14);
  expect(packState(state).length).toBeLessThanOrEqual(MAX_STATE_BYTES);
  expect(complaint).toContain('share fewer models');
});

test('more than 64 slots are 64', () => {
  expect(read([], { slots: 200 })).toMatchObject({
    state: { slots: 64 },
    complaint: 'slots: 200 told, 64 used: a home takes no more jobs at once',
  });
});

test.each([
  ['models', { models: 'many', slots: 1, paused: null }],
  ['slots', { models: [], slots: 1.5, paused: null }],
  ['slots', { models: [], slots: -1, paused: null }],
  ['paused', { models: [], slots: 1, paused: 'because' }],
])('a wrong %s is refused by its name', (field, json) => {
  expect(readState(json)).toEqual({ ok: false, error: expect.stringContaining(`${field}: `) });
});

test('whatever a home says, what is kept of it fits where it is kept and is read again as it was', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
  const one = fc.record({ name: text, quantisation: text, contextTokens: fc.integer({ min: 1, max: 1e7 }) });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 80 }), (told) => {
      const { state } = read(told.map((facts) => model('x', facts)));
      const bytes = packState(state);
      expect(bytes.length).toBeLessThanOrEqual(MAX_STATE_BYTES);
      expect(unpackState(bytes)).toEqual(state);
    }),
  );
});

test('31 names with one CJK letter each, which overflowed as texts of two bytes a letter, are all kept', () => {
  const { state, complaint } = read(list(31, (i) => `囲${'x'.repeat(180)}${i}`));
  expect([state.models.length, complaint]).toEqual([31, null]);
});
