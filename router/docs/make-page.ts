// /docs: one page of plain HTML and CSS, made of the same tables as /openapi.json, in English or Japanese. Nothing of it comes from elsewhere, and no script runs.
// What addresses point at (`docs_url` of a refusal, `method_url` of energy) has the same id in both. Pure.
import { CONSTRAINTS, statusOf } from '../errors.ts';
import type { Locale } from '../look/words.ts';
import { ROOMS } from './endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { ERROR_WORDS } from './error-words.ts';
import { listExamples } from './example-words.ts';
import { ANSWER_HEADERS, REQUEST_HEADERS } from './header-words.ts';
import { makeDocument } from './make-document.ts';
import { CALLER_CODES } from './make-openapi.ts';
import { PAGE_WORDS } from './page-words.ts';
import { RECIPES } from './recipes.ts';
import { tellEnergyMethod } from './tell-energy-method.ts';
import type { Told } from './told.ts';
import { toHtml } from './to-html.ts';

/** For whom, and by which router, the page is told. */
interface Reader {
  readonly locale: Locale;
  readonly origin: string;
}

/** Text with `code` in it. */
function toProse(text: string): string {
  return toHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** A wide block scrolls by itself, with the keyboard too. */
function toCode(text: string, label: string): string {
  return `<pre tabindex="0" role="region" aria-label="${toHtml(label)}"><code>${toHtml(text)}</code></pre>`;
}

/** The whole page. `origin`: of the router that serves it. */
export function makePage(origin: string, locale: Locale = 'en'): string {
  const words = PAGE_WORDS[locale];
  const reader = { origin, locale };
  const bodies = {
    start: tellStart(reader),
    endpoints: tellEndpoints(reader),
    recipes: tellRecipes(reader),
    headers: `<h3>${words.youSend}</h3>${tellTerms(REQUEST_HEADERS, locale)}<h3>${words.youRead}</h3>${tellTerms(ANSWER_HEADERS, locale)}`,
    errors: tellErrors(locale),
    energy: tellEnergyMethod(locale),
  };
  const sections = Object.keys(bodies) as (keyof typeof bodies)[];
  const links = sections.map((id) => `<li><a href="#${id}">${words[id]}</a></li>`).join('');
  const body = sections.map((id) => `<section id="${id}"><h2>${words[id]}</h2>${bodies[id]}</section>`).join('');
  const head = `<h1>${words.title}</h1><p>${words.lead}</p><nav aria-label="${words.sections}"><ul>${links}<li><a href="/openapi.json">openapi.json</a></li><li><a href="/docs/look">${words.look}</a></li></ul></nav>`;
  return makeDocument({ lang: locale, title: words.documentTitle, path: '/docs', head, body });
}

function tellStart({ origin, locale }: Reader): string {
  const words = PAGE_WORDS[locale];
  return `<p>${words.change}</p><dl><dt>${words.openai}</dt><dd><code>${toHtml(origin)}/v1</code></dd><dt>${words.anthropic}</dt><dd><code>${toHtml(origin)}</code></dd></dl><p>${words.namesHtml}</p>`;
}

/** What there is comes first: nobody reads through them to find one. */
function tellEndpoints(reader: Reader): string {
  const index = ROOMS.map(({ title, endpoints }) => {
    const links = endpoints.map((one) => `<li><a href="#${idOf(one)}">${toHtml(one.title[reader.locale])}</a></li>`);
    return `<dt>${title[reader.locale]}</dt><dd><ul class="inline">${links.join('')}</ul></dd>`;
  });
  const all = ROOMS.flatMap(({ endpoints }) => endpoints).map((one) => tellEndpoint(one, reader));
  return `<nav aria-label="${PAGE_WORDS[reader.locale].endpoints}"><dl>${index.join('')}</dl></nav>${all.join('')}`;
}

function tellEndpoint(endpoint: Endpoint, { origin, locale }: Reader): string {
  const words = PAGE_WORDS[locale];
  const { method, path, told, query, examples, isOpen } = endpoint;
  const name = `${method.toUpperCase()} ${path}`;
  const title = endpoint.title[locale];
  const shown = listExamples(examples, locale)
    .map(
      ([what, body]) =>
        `<h4>${toHtml(what)}</h4>${toCode(JSON.stringify(body, null, 2), words.exampleOf(title, what))}`,
    )
    .join('');
  const isCurl = method === 'get' && !path.includes('{');
  const call = isCurl ? toCode(toCurl(origin, path, isOpen), words.exampleOf(title, 'curl')) : '';
  const asked = query ? tellTerms(query, locale) : '';
  const folded = shown && `<details><summary>${toHtml(words.examplesOf(title))}</summary>${shown}</details>`;
  return `<article id="${idOf(endpoint)}"><h3>${toHtml(title)} <code>${toHtml(name)}</code></h3><p>${toProse(told[locale])}</p>${asked}${call}${folded}</article>`;
}

function idOf({ method, path }: Endpoint): string {
  return `${method}${path.replaceAll(/[^A-Za-z0-9]+/g, '-').replace(/-$/, '')}`;
}

function toCurl(origin: string, path: string, isOpen = false): string {
  return `curl ${origin}${path}${isOpen ? '' : ' -H "Authorization: Bearer $IRORI_API_KEY"'}`;
}

function tellRecipes({ origin, locale }: Reader): string {
  return RECIPES.map(({ id, title, note, text }) => {
    const noted = note === undefined ? '' : `<p>${toHtml(note[locale])}</p>`;
    return `<article id="${id}"><h3>${toHtml(title[locale])}</h3>${noted}${toCode(text(origin), title[locale])}</article>`;
  }).join('');
}

function tellTerms(terms: Readonly<Record<string, Told>>, locale: Locale): string {
  const rows = Object.entries(terms).map(
    ([term, told]) => `<dt><code>${toHtml(term)}</code></dt><dd>${toProse(told[locale])}</dd>`,
  );
  return `<dl>${rows.join('')}</dl>`;
}

function tellErrors(locale: Locale): string {
  const rows = CALLER_CODES.map((code) => {
    const constraint = CONSTRAINTS[code];
    const told = constraint === undefined ? '' : ` <small>availability: ${toHtml(constraint)}</small>`;
    return `<dt id="${code}"><code>${code}</code> ${statusOf(code)}${told}</dt><dd>${toProse(ERROR_WORDS[code][locale])}</dd>`;
  });
  return `<p>${PAGE_WORDS[locale].refusalHtml}</p><dl>${rows.join('')}</dl>`;
}
