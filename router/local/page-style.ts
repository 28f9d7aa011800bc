// Style sheets of pages as browsers get them: the tokens first, which all of them share, and small.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const TOKENS = 'schema/tokens.css';

/** `file`: from the repository's root. */
export async function makeStyle(file: string): Promise<string> {
  const { transform } = await import('esbuild');
  const parts = await Promise.all([TOKENS, file].map((one) => readFile(resolve(ROOT, one), 'utf8')));
  const { code } = await transform(parts.join('\n'), { loader: 'css', minify: true });
  return code.trim();
}
