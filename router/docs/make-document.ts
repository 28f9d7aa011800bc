// A page of the docs as a whole document: the style of every page by its file, no script but an island's, nothing from elsewhere, and
// the foot of every page, where its language is chosen. Pure.
import { assetPath } from '../look/assets.ts';
import { FRAME } from '../look/frame-words.ts';
import type { FrameWords } from '../look/frame-words.ts';
import { Foot } from '../look/page.tsx';
import { renderElement } from '../look/render-element.ts';
import type { Locale } from '../look/words.ts';
import { toHtml } from './to-html.ts';

export interface DocumentParts {
  readonly lang?: Locale;
  readonly title: string;
  /** Of this page, with its query: where a choice of language comes back to. */
  readonly path: string;
  /** HTML: what stands above the text. */
  readonly head: string;
  /** HTML: the text. */
  readonly body: string;
  /** A file of router/islands, without `.ts`. */
  readonly island?: string;
}

export function makeDocument({ lang = 'en', title, path, head, body, island }: DocumentParts): string {
  const words = FRAME[lang];
  const foot = renderElement(Foot({ words, locale: lang, path }));
  const script = island === undefined ? '' : `<script type="module" src="${assetPath(`${island}.js`)}"></script>`;
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${toHtml(title)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="${assetPath('look.css')}">${script}</head><body><a class="skip" href="#main">${words.skip}</a><header class="top"><a class="brand" href="/">Irori</a>${tellLinks(words, path)}</header><main id="main" class="paper" tabindex="-1"><header>${head}</header>${body}</main>${foot}</body></html>`;
}

const LINKS = [
  ['/', 'home'],
  ['/playground', 'playground'],
  ['/docs', 'docs'],
  ['/verify', 'verify'],
  ['/audit', 'audit'],
] as const;

function tellLinks(words: FrameWords, path: string): string {
  const links = LINKS.map(
    ([href, word]) => `<li><a href="${href}"${href === path ? ' aria-current="page"' : ''}>${words[word]}</a></li>`,
  ).join('');
  return `<nav class="bar" aria-label="${words.nav}"><ul>${links}</ul></nav>`;
}
