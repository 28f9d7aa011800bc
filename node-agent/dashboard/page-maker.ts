// `npm run build:page`: makes the owner's page and its gate, each one file of HTML with script and style in it (colours and sizes are those of
// the router's pages, too: schema/tokens.css), and writes both, packed, where the agent has
// them (dashboard/built-page.ts), so that neither a checkout nor a packed agent builds anything. A test holds that against fresh ones.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const HERE = import.meta.dirname;
const BUILT = join(HERE, 'built-page.ts');

interface MadeDocument {
  readonly html: string;
  readonly policy: string;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect x='3' y='3' width='26' height='26' rx='5' fill='%23211d19'/%3E%3Crect x='8' y='8' width='16' height='16' rx='3' fill='%23a83d0c'/%3E%3Ccircle cx='16' cy='16' r='4' fill='%23ffd9a8'/%3E%3C/svg%3E";

/** Makes both from their sources. */
export async function makePage(): Promise<{ readonly page: MadeDocument; readonly gate: MadeDocument }> {
  const [tokens, sheet, main, gate] = await Promise.all([
    minifyStyle('../../schema/tokens.css'),
    minifyStyle('page/page.css'),
    bundle('page/main.ts'),
    bundle('page/gate.ts'),
  ]);
  return { page: makeDocument(main, tokens + sheet), gate: makeDocument(gate, tokens + sheet) };
}

/** This script and this style run, and nothing is asked of anybody but the agent itself. */
function makeDocument(script: string, style: string): MadeDocument {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types',
  ].join('; ');
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>Irori</title><link rel="icon" href="${ICON}"><style>${style}</style>`;
  const html = `<!doctype html><html lang="en"><head>${head}</head><body><div id="page"></div><noscript>This page needs its script. irori-node status tells the same.</noscript><script>${script}</script></body></html>\n`;
  return { html, policy };
}

async function bundle(entry: string): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(HERE, entry)],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
  });
  return (outputFiles[0]?.text ?? '').trim().replaceAll('</script', String.raw`<\/script`);
}

async function minifyStyle(file: string): Promise<string> {
  const { transform } = await import('esbuild');
  const { code } = await transform(await readFile(join(HERE, file), 'utf8'), { loader: 'css', minify: true });
  return code.trim();
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function pack(html: string): string {
  return gzipSync(html, { level: 9 }).toString('base64');
}

if (process.argv[1] === import.meta.filename) {
  const { page, gate } = await makePage();
  const text = `// Made by \`npm run build:page\` from dashboard/page: not written by hand. Each document, gzip in base64, and its policy.
export const PAGE =
  '${pack(page.html)}';
export const PAGE_POLICY =
  ${JSON.stringify(page.policy)};
export const GATE =
  '${pack(gate.html)}';
export const GATE_POLICY =
  ${JSON.stringify(gate.policy)};
`;
  await writeFile(BUILT, text);
  process.stdout.write(
    `page: ${Buffer.byteLength(page.html)} bytes, gate: ${Buffer.byteLength(gate.html)}, ${text.length} packed\n`,
  );
}
