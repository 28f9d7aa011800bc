import { expect, test } from 'vitest';
import { takeBytes } from './incoming-body.ts';

const LIMITS = { maxBytes: 20_000, deadlineMs: 10_000 };

/** A body that the platform reads as workerd does: as much as is asked for, less where it ends, and only then that it is over. */
function openBody(bytes: Uint8Array): { readonly body: ReadableStream<Uint8Array>; readonly reads: () => number } {
  let [at, reads] = [0, 0];
  const readAtLeast = async (least: number): Promise<{ done: boolean; value?: Uint8Array }> => {
    reads++;
    if (at >= bytes.length) return { done: true };
    const value = bytes.slice(at, (at += least));
    return { done: false, value };
  };
  const reader = { readAtLeast, cancel: async () => undefined };
  return { body: { getReader: () => reader } as never, reads: () => reads };
}

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

test('a body that is there is read at once, and its end is not asked for', async () => {
  const { body, reads } = openBody(bytesOf(1000));
  expect(await takeBytes(body, LIMITS)).toEqual({ ok: true, value: bytesOf(1000) });
  expect(reads()).toBe(1);
});

test('one that is as long as what was asked for, or longer, is read on', async () => {
  for (const length of [0, 8 * 1024, 8 * 1024 + 1, LIMITS.maxBytes]) {
    const { body } = openBody(bytesOf(length));
    expect(await takeBytes(body, LIMITS)).toEqual({ ok: true, value: bytesOf(length) });
  }
});

test('a byte too many is too long', async () => {
  const { body } = openBody(bytesOf(LIMITS.maxBytes + 1));
  expect(await takeBytes(body, LIMITS)).toEqual({ ok: false, error: 'too-long' });
});
