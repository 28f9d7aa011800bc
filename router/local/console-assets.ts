// `npm run build:console`: makes what pages load, the style and each island, and writes it packed where the Worker has it (router/look/built-assets.ts).
// A test holds that against fresh ones.
import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeStyle } from './page-style.ts';
import { UNUSED_PARTS } from './unused-parts.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const ASSETS_FILE = resolve(ROOT, 'router/look/built-assets.ts');
const ISLANDS = resolve(ROOT, 'router/islands');

/** An island is small, or it is no island: bytes as a browser runs them. Receipts are checked by the same code that homes sign with, which is larger. */
export const ISLAND_CEILING = 16_384;
export const LARGE_ISLANDS: Readonly<Record<string, number>> = { 'verify.js': 147_456 };
export const STYLE_CEILING = 32_768;

export interface MadeAsset {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** All of them from their sources, by name. */
export async function makeAssets(): Promise<MadeAsset[]> {
  const names = (await readdir(ISLANDS)).filter((name) => /^[a-z-]+\.ts$/.test(name) && !name.endsWith('.d.ts'));
  const islands = names.sort().map(async (name) => ({
    name: `${basename(name, '.ts')}.js`,
    type: 'text/javascript; charset=utf-8',
    text: await bundleIsland(resolve(ISLANDS, name)),
  }));
  const style = { name: 'look.css', type: 'text/css; charset=utf-8', text: await makeStyle('router/look/look.css') };
  return [style, ...(await Promise.all(islands))];
}

async function bundleIsland(entry: string): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
    plugins: [UNUSED_PARTS],
  });
  return outputFiles[0]?.text ?? '';
}

/** The file that the Worker imports. */
export function formatAssets(made: readonly MadeAsset[]): string {
  const rows = made.map(({ name, type, text }) => {
    const tag = BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 16)}`)
      .toString(36)
      .padStart(12, '0')
      .slice(-12);
    const packed = gzipSync(text, { level: 9 }).toString('base64');
    return `  '${name}': {\n    type: '${type}',\n    tag: '${tag}',\n    packed:\n      '${packed}',\n  },\n`;
  });
  return `// Made by \`npm run build:console\` from router/islands and router/look/look.css: not written by hand. Each file, gzip in base64.
import type { Asset } from './asset.ts';

export const BUILT_ASSETS: Readonly<Record<string, Asset>> = {
${rows.join('')}};
`;
}

if (process.argv[1] === import.meta.filename) {
  const made = await makeAssets();
  await writeFile(ASSETS_FILE, formatAssets(made));
  for (const { name, text } of made) process.stdout.write(`${name}: ${Buffer.byteLength(text)} bytes\n`);
}
