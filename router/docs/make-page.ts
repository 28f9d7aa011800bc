// /docs: one page of plain HTML and CSS, made of the same tables as /openapi.json. Nothing of it comes from elsewhere, and no script runs. Pure.
import { CONSTRAINTS, statusOf } from '../errors.ts';
import { ENDPOINTS } from './endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { ERROR_WORDS } from './error-words.ts';
import { ANSWER_HEADERS, REQUEST_HEADERS } from './header-words.ts';
import { makeDocument } from './make-document.ts';
import { CALLER_CODES } from './make-openapi.ts';
import { RECIPES } from './recipes.ts';
import { tellEnergyMethod } from './tell-energy-method.ts';
import { toHtml } from './to-html.ts';

/** Text with `code` in it. */
function toProse(text: string): string {
  return toHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** A wide block scrolls by itself, with the keyboard too. */
function toCode(text: string, label: string): string {
  return `<pre tabindex="0" role="region" aria-label="${toHtml(label)}"><code>${toHtml(text)}</code></pre>`;
}

/** The whole page. `origin`: of the router that serves it. */
export function makePage(origin: string): string {
  const sections: readonly (readonly [id: string, title: string, body: string])[] = [
    ['start', 'Start', tellStart(origin)],
    ['endpoints', 'Endpoints', ENDPOINTS.map((one) => tellEndpoint(one, origin)).join('')],
    ['recipes', 'Recipes', tellRecipes(origin)],
    [
      'headers',
      'Headers',
      `<h3>You send</h3>${tellTerms(REQUEST_HEADERS)}<h3>You read</h3>${tellTerms(ANSWER_HEADERS)}`,
    ],
    ['errors', 'Errors', tellErrors()],
    ['energy', 'Energy', tellEnergyMethod()],
  ];
  const links = sections.map(([id, title]) => `<li><a href="#${id}">${title}</a></li>`).join('');
  const body = sections.map(([id, title, html]) => `<section id="${id}"><h2>${title}</h2>${html}</section>`).join('');
  const head = `<h1>The API</h1><p>Inference on GPUs in people’s homes, behind the APIs that your clients speak.</p><nav aria-label="Sections"><ul>${links}<li><a href="/openapi.json">openapi.json</a></li><li><a href="/docs/look">How pages look</a></li></ul></nav>`;
  return makeDocument({ title: 'Irori: the API', head, body });
}

function tellStart(origin: string): string {
  return `<p>Change the base URL and the key, and nothing else:</p><dl><dt>OpenAI’s clients</dt><dd><code>${toHtml(origin)}/v1</code></dd><dt>Anthropic’s clients</dt><dd><code>${toHtml(origin)}</code></dd></dl><p>In what follows <code>MODEL</code> is a name of <code>GET /v1/models</code>, and <code>KEY</code> your key.</p>`;
}

function tellEndpoint({ method, path, title, told, query, examples, isOpen }: Endpoint, origin: string): string {
  const name = `${method.toUpperCase()} ${path}`;
  const id = `${method}${path.replaceAll(/[^A-Za-z0-9]+/g, '-').replace(/-$/, '')}`;
  const shown = Object.entries(examples)
    .map(([what, body]) => `<h4>${toHtml(what)}</h4>${toCode(JSON.stringify(body, null, 2), `${title}, ${what}`)}`)
    .join('');
  const call = method === 'get' && !path.includes('{') ? toCode(toCurl(origin, path, isOpen), `${title}, curl`) : '';
  const asked = query ? tellTerms(query) : '';
  const folded = shown && `<details><summary>Examples of ${toHtml(title)}</summary>${shown}</details>`;
  return `<article id="${id}"><h3>${toHtml(title)} <code>${toHtml(name)}</code></h3><p>${toProse(told)}</p>${asked}${call}${folded}</article>`;
}

function toCurl(origin: string, path: string, isOpen = false): string {
  return `curl ${origin}${path}${isOpen ? '' : ' -H "Authorization: Bearer $IRORI_API_KEY"'}`;
}

function tellRecipes(origin: string): string {
  return RECIPES.map(({ id, title, note, text }) => {
    const noted = note === undefined ? '' : `<p>${toHtml(note)}</p>`;
    return `<article id="${id}"><h3>${toHtml(title)}</h3>${noted}${toCode(text(origin), title)}</article>`;
  }).join('');
}

function tellTerms(terms: Readonly<Record<string, string>>): string {
  const rows = Object.entries(terms).map(
    ([term, told]) => `<dt><code>${toHtml(term)}</code></dt><dd>${toProse(told)}</dd>`,
  );
  return `<dl>${rows.join('')}</dl>`;
}

function tellErrors(): string {
  const rows = CALLER_CODES.map((code) => {
    const constraint = CONSTRAINTS[code];
    const told = constraint === undefined ? '' : ` <small>availability: ${toHtml(constraint)}</small>`;
    return `<dt id="${code}"><code>${code}</code> ${statusOf(code)}${told}</dt><dd>${toProse(ERROR_WORDS[code])}</dd>`;
  });
  return `<p>A refusal is <code>{"error": {message, type, param, code}}</code>, in Messages Anthropic’s form. Where nobody could answer now, <code>error.availability</code> says in words for programs whether asking again helps (<code>retryable</code>, <code>retry_after</code>), which field left nobody (<code>excluded_by</code>), what stood in the way (<code>constraint</code>), and where on this page more is told (<code>docs_url</code>). In a stream the same stands in its error event.</p><dl>${rows.join('')}</dl>`;
}
