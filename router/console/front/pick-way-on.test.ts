import { expect, test } from 'vitest';
import { pickWayOn } from './pick-way-on.ts';

test('a way on is a path of this origin', () => {
  for (const path of ['/', '/console', '/console/keys?changed=1', '/console#x'])
    expect(pickWayOn(path, '/usual')).toBe(path);
});

test.each([
  undefined,
  '',
  'console',
  '//elsewhere.example',
  '/\\elsewhere.example',
  '/\t/elsewhere.example',
  'https://elsewhere.example',
  '/a\nb',
  'javascript:1',
])('%j leads where it usually goes', (to) => {
  expect(pickWayOn(to, '/usual')).toBe('/usual');
});
