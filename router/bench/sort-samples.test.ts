import { describe, expect, test } from 'vitest';
import { sortSample } from './sort-samples.ts';
import type { Frame } from './sort-samples.ts';

const js = (name: string, file: string): Frame => ({ name, file });
const native = (name: string): Frame => ({ name, file: null });
const ENTRY = [native('workerd::IoContext::runImpl'), native('kj::_::waitImpl')];

describe('a sampled stack', () => {
  test.each([
    ['GC', [native('v8::internal::Scavenger::Process'), js('push', 'router/hub/part.ts')]],
    ['compile', [native('v8::internal::compiler::PipelineImpl::Run')]],
    [
      'secp256k1: sign',
      [
        native('Builtins_BigIntMultiply'),
        js('mul', 'node_modules/@noble/curves/a.js'),
        js('sign', 'node_modules/@noble/curves/b.js'),
      ],
    ],
    [
      'secp256k1: verify',
      [js('mul', 'node_modules/@noble/curves/a.js'), js('recover', 'node_modules/@noble/curves/b.js')],
    ],
    [
      'secp256k1: verify',
      [native('JS:wasm-function[10]'), js('recoverSigner', 'schema/typed-data.ts'), js('sign', 'a.ts')],
    ],
    [
      'secp256k1: sign',
      [js('', 'node_modules/secp256k1/node.napi.node'), js('sign', 'node-agent/receipts/native-curve.ts')],
    ],
    [
      'keccak, EIP-712, Merkle',
      [native('JS:wasm-function[9]'), js('hash', 'schema/wasm-curve.ts'), js('recoverSigner', 'schema/typed-data.ts')],
    ],
    ['keccak, EIP-712, Merkle', [js('hashStruct', 'schema/typed-data.ts'), js('settle', 'router/hub/settlement.ts')]],
    ['SQLite in objects', [native('fsync'), native('sqlite3VdbeExec'), js('open', 'router/hub/part-rows.ts')]],
    ['D1', [native('sqlite3VdbeExec'), js('#query', 'database.worker.js')]],
    [
      'HTTP and streams, native',
      [native('malloc'), native('workerd::api::WritableStream::write'), js('#write', 'router/relay/answer-stream.ts')],
    ],
    ['JS: edge (routes, relay)', [native('Builtins_StoreIC'), js('#write', 'router/relay/answer-stream.ts')]],
    ['JS: agent, receipts', [js('append', 'node-agent/receipts/log.ts')]],
    ['files in the kernel', [native('ext4_create'), native('path_openat'), js('openSync', 'node:fs')]],
    ['IoContext, isolate entry, microtasks', [native('Builtins_Await')]],
  ] as const)('is %s', (work, frames) => {
    expect(sortSample([...frames, ...ENTRY])).toBe(work);
  });

  test('that says nothing at all is the rest', () => {
    expect(sortSample([native('memmove')])).toBe('rest');
  });
});
