// What pages load: the packed files are what their sources make, each is as small as it says, and none names another place.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  ASSETS_FILE,
  formatAssets,
  ISLAND_CEILING,
  LARGE_ISLANDS,
  makeAssets,
  STYLE_CEILING,
} from './console-assets.ts';

const made = await makeAssets();

test('the files that the Worker has are the ones that their sources make; else run: npm run build:console', async () => {
  expect((await readFile(ASSETS_FILE, 'utf8')) === formatAssets(made)).toBe(true);
});

describe.each(made.map(({ name, text }) => [name, text] as const))('%s', (name, text) => {
  test('is within its ceiling', () => {
    const ceiling = name.endsWith('.css') ? STYLE_CEILING : (LARGE_ISLANDS[name] ?? ISLAND_CEILING);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(ceiling);
  });

  test('asks nothing of another place', () => {
    const asks = name.endsWith('.css')
      ? /@import|url\(/
      : /(?:fetch|import|WebSocket|EventSource)\(\s*["'`](?:https?:|wss?:)?\/\//;
    expect(asks.exec(text)?.[0]).toBeUndefined();
  });
});
