import { expect, test } from 'vitest';
import { explainRuntime } from './explain-runtime.ts';

test('a missing package says which command installs it', () => {
  const text = explainRuntime(new Error("Cannot find module 'onnxruntime-node'\nRequire stack: x"), 'linux', 'x64');
  expect(text).toContain('irori-node setup');
  expect(text).toContain('not installed');
});

test('a missing binary names the platform and another way', () => {
  const error = new Error("Cannot find module '../bin/napi-v6/darwin/x64/onnxruntime_binding.node'");
  const text = explainRuntime(error, 'darwin', 'x64');
  expect(text).toContain('no build for darwin-x64');
  expect(text).toContain('--backend');
});

test('any other failure shows its first line only', () => {
  const text = explainRuntime(new Error('libfoo.so: cannot open\nsecond line'), 'linux', 'x64');
  expect(text).toContain('libfoo.so: cannot open');
  expect(text).not.toContain('second line');
});
