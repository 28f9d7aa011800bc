// `npm run build:verify`: makes the page of `/verify`, one file of HTML with its script and style in it, and writes it packed where the Worker has it
// (router/docs/verify-page.ts). A test holds that against a fresh one.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { VERIFY_TEXT } from '../docs/verify-body.ts';
import { makeStyle } from './page-style.ts';
import { UNUSED_PARTS } from './unused-parts.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const PAGE_FILE = resolve(ROOT, 'router/docs/verify-page.ts');

export interface VerifyPage {
  readonly html: string;
  /** The policy that its header and its own head say: this script and this style run, and nothing is fetched from anywhere. */
  readonly policy: string;
}

/** Makes the page from the schemas that homes and router work with. */
export async function makeVerifyPage(): Promise<VerifyPage> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [resolve(ROOT, 'router/verify-page/page-script.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2023',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
    plugins: [UNUSED_PARTS],
  });
  const script = (outputFiles[0]?.text ?? '').trim().replaceAll('</script', String.raw`<\/script`);
  const { title, body } = VERIFY_TEXT.en;
  const style = await makeStyle('router/verify-page/verify.css');
  const policy = `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; base-uri 'none'; form-action 'none'`;
  const head = `<meta charset="utf-8"><meta http-equiv="content-security-policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title><style>${style}</style>`;
  const html = `<!doctype html><html lang="en"><head>${head}</head><body>${body}<script>${script}</script></body></html>\n`;
  return { html, policy };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** The file that the Worker imports. */
function formatModule({ html, policy }: VerifyPage): string {
  const packed = gzipSync(html, { level: 9 }).toString('base64');
  return `// Made by \`npm run build:verify\` from router/verify-page and schema/verify: not written by hand. The page, gzip in base64, and its policy.
export const VERIFY_PAGE =
  '${packed}';
export const VERIFY_POLICY =
  ${JSON.stringify(policy)};
`;
}

if (process.argv[1] === import.meta.filename) {
  const page = await makeVerifyPage();
  const text = formatModule(page);
  await writeFile(PAGE_FILE, text);
  process.stdout.write(`verify page: ${page.html.length} bytes, ${text.length} packed in ${PAGE_FILE}\n`);
}
