// GET /link: the small page on which an owner says whether a machine is one of the account's. Nothing of it comes from elsewhere; its script is
// router/islands/link.ts, which asks this router alone.
import { LINK_WORDS } from './link-words.ts';
import type { LinkLanguage, LinkWords } from './link-words.ts';
import { makeDocument } from './make-document.ts';
import { toHtml } from './to-html.ts';

/** `path`: of the page with its code. `signIn`: where somebody signs in and comes back, needing no key. */
export function makeLinkPage(language: LinkLanguage, path: string, signIn: string): string {
  const words = LINK_WORDS[language];
  const row = (id: string, name: keyof LinkWords): string => `<div><dt>${words[name]}</dt><dd id="${id}"></dd></div>`;
  const head = `<h1>${words.title}</h1><p>${words.intro}</p><p><a href="${toHtml(signIn)}">${words.signIn}</a></p><p id="said" role="status" tabindex="-1"></p>`;
  const first = `<form id="first" class="fields"><div><label for="code">${words.code}</label><input id="code" class="code" name="code" required maxlength="20" autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="WXZB-CDFG"></div><div><label for="key">${words.key}</label><small id="hint" class="help">${words.keyHint}</small><input id="key" type="password" required maxlength="200" autocomplete="off" spellcheck="false" aria-describedby="hint"></div><button>${words.look}</button></form>`;
  const second = `<form id="second" class="fields" hidden><dl class="facts">${row('m', 'machine')}${row('p', 'platform')}${row('c', 'card')}${row('o', 'models')}${row('a', 'account')}</dl><p id="ask" tabindex="-1"><strong>${words.ask}</strong></p><div><label for="name">${words.name}</label><input id="name" maxlength="80" autocomplete="off" spellcheck="false"></div><div class="inline"><button value="approve">${words.approve}</button><button class="quiet" value="deny">${words.deny}</button></div></form>`;
  const told = `<script type="application/json" id="words">${JSON.stringify(words)}</script>`;
  return makeDocument({
    lang: language,
    title: `Irori: ${words.title}`,
    path,
    head,
    body: first + second + told,
    island: 'link',
  });
}
