// A page of the docs as a whole document: the style of every page by its file, no script but an island's, and nothing from elsewhere. Pure.
import { assetPath } from '../look/assets.ts';
import { toHtml } from './to-html.ts';

export interface DocumentParts {
  readonly lang?: string;
  readonly title: string;
  /** Of the skip link. */
  readonly skip?: string;
  /** HTML: what stands above the text. */
  readonly head: string;
  /** HTML: the text. */
  readonly body: string;
  /** A file of router/islands, without `.ts`. */
  readonly island?: string;
}

export function makeDocument({
  lang = 'en',
  title,
  skip = 'Skip to the text',
  head,
  body,
  island,
}: DocumentParts): string {
  const script = island === undefined ? '' : `<script type="module" src="${assetPath(`${island}.js`)}"></script>`;
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${toHtml(title)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="${assetPath('look.css')}">${script}</head><body><a class="skip" href="#main">${skip}</a><header class="top"><a class="brand" href="/">Irori</a>${LINKS}</header><main id="main" class="paper" tabindex="-1"><header>${head}</header>${body}</main></body></html>`;
}

const LINKS =
  '<nav aria-label="Irori"><ul class="inline"><li><a href="/docs">API</a></li><li><a href="/verify">Check a receipt</a></li><li><a href="/audit">Audit</a></li></ul></nav>';
