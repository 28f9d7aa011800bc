import { expect, test } from 'vitest';
import { ownOrigins, parseOrigins } from './own-origins.ts';

test('origins are listed with commas, in any spelling', () => {
  expect(parseOrigins('https://Irori.example/, http://127.0.0.1:8787')).toEqual([
    'https://irori.example',
    'http://127.0.0.1:8787',
  ]);
  for (const text of [undefined, '', ' , ']) expect(parseOrigins(text)).toBeNull();
  expect(() => parseOrigins('irori.example')).toThrow(RangeError);
});

test('what is configured goes before the name that a request came under', () => {
  expect(ownOrigins(null, 'https://irori.example/node/link')).toEqual(['https://irori.example']);
  expect(ownOrigins(['https://irori.example'], 'http://evil.example/node/link')).toEqual(['https://irori.example']);
});
