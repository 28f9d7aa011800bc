import { describe, expect, test } from 'vitest';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { classifyResume, findModels } from './find-entry.ts';
import type { ResumePoint } from '../../schema/offer.ts';

const DIGEST = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

function model(name: string, digest = DIGEST, resume: NodeModel['resume'] = 'exact'): NodeModel {
  const speeds = { promptTokensPerS: 100, decodeTokensPerS: 50 };
  return { name, digest, contextTokens: 4096, quantisation: 'q8', resume, ...speeds };
}

const namesOf = (models: readonly NodeModel[]): string[] => models.map(({ name }) => name);

describe('findModels', () => {
  const catalogue = { model: 'public-name', digests: [DIGEST], accountId: 'acct_c' };
  const own = { model: 'my-model', digests: null, accountId: 'acct_o' };
  const home = { ownerAccountId: 'acct_o', models: [model('my-model', OTHER), model('their-name'), model('again')] };

  test('a catalogue model is found by digest, whatever the home calls it, under all its names', () => {
    expect(namesOf(findModels(home, catalogue))).toEqual(['their-name', 'again']);
  });

  test('a catalogue model is not found by name', () => {
    expect(findModels(home, { ...catalogue, model: 'my-model', digests: ['c'.repeat(64)] })).toEqual([]);
    expect(findModels(home, { ...catalogue, digests: [] })).toEqual([]);
  });

  test('an own name is found for its owner only', () => {
    expect(namesOf(findModels(home, own))).toEqual(['my-model']);
    expect(findModels(home, { ...own, accountId: 'acct_c' })).toEqual([]);
  });

  test('a star serves every name with that prefix, for its owner only', () => {
    const starred = { ownerAccountId: 'acct_o', models: [model('mine-*')] };
    expect(namesOf(findModels(starred, { ...own, model: 'mine-7b' }))).toEqual(['mine-*']);
    expect(findModels(starred, { ...own, model: 'min' })).toEqual([]);
    expect(findModels(starred, { ...own, model: 'mine-7b', accountId: 'acct_c' })).toEqual([]);
  });

  test('with or without :latest it is one model, and the very name comes first', () => {
    const tagged = { ownerAccountId: 'acct_o', models: [model('mine*'), model('mine:latest', OTHER)] };
    const find = (asked: string): string[] => namesOf(findModels(tagged, { ...own, model: asked }));
    expect([find('mine'), find('mine:latest'), find('mine:8b'), find('Mine')]).toEqual([
      ['mine:latest'],
      ['mine:latest'],
      ['mine*'],
      [],
    ]);
  });
});

describe('classifyResume', () => {
  const point: ResumePoint = { text: 'ab', tokenIds: [1, 2], count: 2, digest: DIGEST, least: 'same-family' };

  test.each([
    ['the same weights that can, with every token known, go on exactly', model('m'), point, 'exact'],
    ['without the tokens it is the same model', model('m'), { ...point, tokenIds: null }, 'same-model'],
    ['with a hole in the tokens too', model('m'), { ...point, tokenIds: [1] }, 'same-model'],
    ['the same weights that go on from text are the same model', model('m', DIGEST, 'text'), point, 'same-model'],
    ['other weights are of the same family', model('m', OTHER), point, 'same-family'],
    ['a home that cannot go on does not', model('m', DIGEST, 'none'), point, null],
    [
      'less faithful than the caller wants is no way to go on',
      model('m', OTHER),
      { ...point, least: 'same-model' },
      null,
    ],
    ['nor is the same model where exact is wanted', model('m', DIGEST, 'text'), { ...point, least: 'exact' }, null],
  ] as const)('%s', (_, home, at, expected) => {
    expect(classifyResume(home, at)).toBe(expected);
  });
});
