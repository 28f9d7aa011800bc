// What an export waits for before everything is closed, with a network that is the test's.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { BooksClient } from './books-client.ts';
import { exportBooks } from './books-copy.ts';

test('nothing is closed while entries are on their way: what one object sends to another could not arrive', async () => {
  const left = [2, 1, 0];
  const levels: string[] = [];
  vi.spyOn(BooksClient.prototype, 'pause').mockImplementation((level) => {
    levels.push(level);
    return Promise.resolve({ jobs: 0, entries: level === 'draining' ? (left.shift() ?? 0) : 0 });
  });
  vi.spyOn(BooksClient.prototype, 'countOwing').mockResolvedValue(0);
  vi.spyOn(BooksClient.prototype, 'readPage').mockRejectedValue(new Error('far enough'));
  const path = join(tmpdir(), `books-still-${process.pid}.ndjson`);
  const door = { url: 'http://localhost', secret: '' };
  const copying = exportBooks({ door, path, waitMs: 60_000, staysClosed: false, tell: () => undefined });
  await expect(copying).rejects.toThrow('far enough');
  expect(levels).toEqual(['draining', 'draining', 'draining', 'closed', 'open']);
});
