// What the operator's pages share: a search, what a form did, what cannot be told now, and how lists go on.
import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import { ActForm } from '../../look/form.tsx';
import { Note } from '../../look/pieces.tsx';
import type { Locale } from '../../look/words.ts';
import type { ConsoleEnv } from '../visit.ts';
import { OPERATOR_WORDS } from './words-operator.ts';

/** Rows of one page of a list. */
export const PAGE_ROWS = 50;

/** What somebody else called something: of any length, in any direction, beside what it must not turn round. */
export function Named({ children }: { children?: Child }) {
  return (
    <bdi class="named" translate="no">
      {children}
    </bdi>
  );
}

export function NotNow({ locale }: { locale: Locale }) {
  return <p class="soft">{OPERATOR_WORDS[locale].notNow}</p>;
}

/** What is searched for, and behind which row the list goes on. */
export function readList(c: Context<ConsoleEnv>): { readonly q: string; readonly after: string } {
  const read = (name: string): string => (c.req.query(name) ?? '').trim().slice(0, 100);
  return { q: read('q'), after: read('after') };
}

/** The pages of a list: the next one where this one is full. */
export function listLinks(
  rows: readonly { readonly id: string }[],
  at: { readonly path: string; readonly q: string; readonly after: string; readonly locale: Locale },
): { href: string; text: string }[] {
  const words = OPERATOR_WORDS[at.locale];
  const to = (after: string): string => {
    const query = new URLSearchParams({ ...(at.q !== '' && { q: at.q }), ...(after !== '' && { after }) }).toString();
    return query === '' ? at.path : `${at.path}?${query}`;
  };
  const last = rows.length === PAGE_ROWS ? rows.at(-1) : undefined;
  return [
    ...(at.after === '' ? [] : [{ href: to(''), text: words.first }]),
    ...(last ? [{ href: to(last.id), text: words.next }] : []),
  ];
}

export function Search({ q, label, locale, children }: { q: string; label: string; locale: Locale; children?: Child }) {
  return (
    <form method="get" class="inline" role="search">
      <label for="f-q">{label}</label>
      <input id="f-q" name="q" type="search" value={q} maxlength={100} size={36} autocomplete="off" />
      {children}
      <button class="quiet">{OPERATOR_WORDS[locale].find}</button>
    </form>
  );
}

/** A page that is loaded again, or gone back to, does not say once more that something was done. */
const DID_MS = 60_000;

/** Where a form leads back to, with the word for what it did, and when. */
export function didPath(path: string, did: string): string {
  return `${path}?did=${did}&at=${Date.now()}`;
}

/** What the form before did just now, of the words that the page has for that; nothing else that a query says is shown. */
export function Did({ c, words }: { c: Context<ConsoleEnv>; words: Readonly<Record<string, string>> }) {
  const did = c.req.query('did') ?? '';
  const isNow = Math.abs(Date.now() - Number(c.req.query('at'))) < DID_MS;
  const told = isNow && Object.hasOwn(words, did) ? words[did] : undefined;
  return told === undefined ? null : <Note tone="good">{told}</Note>;
}

/** The part of a page's path that stands at its end, with slashes in it or not. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}

/** A dangerous act, asked once more on a page of its own. */
export function AskOnce(props: {
  readonly title: string;
  readonly what: Child;
  readonly csrf: string;
  readonly act: string;
  readonly back: string;
  readonly locale: Locale;
  readonly children?: Child;
}) {
  const { title, what, csrf, act, back, locale, children } = props;
  return (
    <>
      <h1>{title}</h1>
      <section class="sheet">
        {what}
        <ActForm csrf={csrf}>
          {children}
          <div class="inline">
            <button class="bad">{act}</button>
            <a class="button quiet" href={back}>
              {OPERATOR_WORDS[locale].leave}
            </a>
          </div>
        </ActForm>
      </section>
    </>
  );
}
