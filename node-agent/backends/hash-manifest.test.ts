import { expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { hashManifest, hashText } from './hash-manifest.ts';

test('the digest is the sha256 of the sorted JSON, whatever the order of the fields', () => {
  const expected = createHash('sha256').update('{"quantisation":"fp32","source":"onnx","weights":"ab"}').digest('hex');
  expect(hashManifest({ source: 'onnx', weights: 'ab', quantisation: 'fp32' })).toBe(expected);
  expect(hashManifest({ quantisation: 'fp32', weights: 'ab', source: 'onnx' })).toBe(expected);
});

test('any field makes another model', () => {
  const base = { source: 'ollama', weights: 'ab' };
  const digests = [
    base,
    { ...base, source: 'onnx' },
    { ...base, weights: 'ac' },
    { ...base, quantisation: 'Q4_0' },
    { ...base, sizeBytes: 3 },
  ].map(hashManifest);
  expect(new Set(digests).size).toBe(5);
});

test('text is hashed as UTF-8', () => {
  expect(hashText('囲炉裏')).toBe(createHash('sha256').update('囲炉裏').digest('hex'));
});
