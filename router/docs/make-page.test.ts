// The page of the docs in both languages: the same places, terms and codes, and no English left in the Japanese one.
import { describe, expect, test } from 'vitest';
import { ENERGY_WORDS } from './energy-words.ts';
import { ENDPOINTS, ROOMS } from './endpoints.ts';
import { ERROR_WORDS } from './error-words.ts';
import { ANSWER_HEADERS, REQUEST_HEADERS } from './header-words.ts';
import { LOOK_WORDS } from './look-words.ts';
import { makeLookPage } from './look-page.tsx';
import { makePage } from './make-page.ts';
import { PAGE_WORDS } from './page-words.ts';
import { RECIPES } from './recipes.ts';
import type { Told } from './told.ts';

const ORIGIN = 'https://irori.example';
const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
/** Of a Japanese page: as `FIND_ENGLISH` of test/console-browser.ts has it. */
const ENGLISH = /(?:[A-Za-z][A-Za-z’'-]*[,;:.]? ){3}[A-Za-z]{2,}/;

const allOf = (page: string, pattern: RegExp): string[] => [...page.matchAll(pattern)].map(([, found = '']) => found);
const codesOf = (text: string): string[] => [...new Set(allOf(text, /(?:`|<code>)(.+?)(?:`|<\/code>)/g))].toSorted();

const sentences: Record<string, Told> = { ...ERROR_WORDS, ...REQUEST_HEADERS, ...ANSWER_HEADERS };
for (const { method, path, told, query = {} } of ENDPOINTS) {
  sentences[`${method} ${path}`] = told;
  for (const [name, one] of Object.entries(query)) sentences[`${method} ${path}?${name}`] = one;
}
for (const { id, note } of RECIPES) if (note) sentences[`recipe ${id}`] = note;

test.each(Object.entries(sentences))('%s is told in Japanese with the codes of the English', (_, { en, ja }) => {
  expect(ja).toMatch(JAPANESE);
  expect(ja).not.toMatch(ENGLISH);
  expect(codesOf(ja)).toEqual(codesOf(en));
});

test('titles are Japanese but for the names of APIs and clients, and no two of endpoints are the same', () => {
  const titles = [...ROOMS, ...ENDPOINTS, ...RECIPES].map(({ title }) => title);
  for (const { en, ja } of titles) expect(JAPANESE.test(ja) || ja === en).toBe(true);
  const names = new Set(titles.filter(({ en, ja }) => en === ja).map(({ en }) => en));
  for (const { title, id } of RECIPES) if (id !== 'browser') names.delete(title.en);
  expect([...names]).toEqual(['Chat Completions', 'Responses', 'Messages', 'Completions', 'Embeddings']);
  for (const locale of ['en', 'ja'] as const) {
    const told = ENDPOINTS.map(({ title }) => title[locale]);
    expect(told.filter((one, at) => told.indexOf(one) !== at)).toEqual([]);
  }
});

test.each(Object.entries({ PAGE_WORDS, ENERGY_WORDS, LOOK_WORDS }))(
  '%s: its Japanese has the same codes',
  (_, both) => {
    const en = listTexts(both.en);
    const ja = listTexts(both.ja);
    expect(ja.map(codesOf)).toEqual(en.map(codesOf));
  },
);

/** Those that take a figure take any. */
function listTexts(words: object): string[] {
  return Object.values(words).flatMap((one: unknown) => {
    if (typeof one === 'string') return one;
    if (typeof one === 'function') return String(Reflect.apply(one, undefined, [7, 8]));
    return listTexts(one as object);
  });
}

/** What is called the same in both. */
const NAMES = new Set([
  ...[...ENDPOINTS, ...RECIPES].map(({ title }) => title.ja),
  'Irori',
  'Irori: API',
  'API',
  'English',
  'openapi.json',
  'ms',
]);

describe.each([
  ['/docs', makePage(ORIGIN, 'en'), makePage(ORIGIN, 'ja')],
  ['/docs/look', makeLookPage('en'), makeLookPage('ja')],
])('%s', (path, en, ja) => {
  test('has the same places in both languages, and leads to the same', () => {
    for (const pattern of [/ id="([^"]+)"/g, /href="([^"]+)"/g, /<pre[^>]*>(.+?)<\/pre>/gs])
      expect(allOf(ja, pattern)).toEqual(allOf(en, pattern));
    expect([en, ja].map((page) => allOf(page, /<html lang="(\w+)"/g)[0])).toEqual(['en', 'ja']);
  });

  test('speaks no English in Japanese, to eyes or ears, where it does not say so', () => {
    const apart = /<(code|pre|td)\b.*?<\/\1>|<(\w+)[^>]*translate="no".*?<\/\2>/gs;
    const texts = allOf(ja, /aria-label="([^"]+)/g).concat(ja.replaceAll(apart, ' ').split(/<[^>]*>/));
    expect(texts.filter((text) => ENGLISH.test(text))).toEqual([]);
    const left = texts.map((text) => text.trim()).filter((text) => /[A-Za-z]{2}/.test(text) && !JAPANESE.test(text));
    expect(left.filter((text) => !NAMES.has(text) && !text.startsWith('availability: '))).toEqual([]);
  });

  test('lets its language be chosen, and comes back', () => {
    for (const page of [en, ja]) {
      expect(page).toContain(
        `<form method="post" action="/language" class="inline"><input type="hidden" name="to" value="${path}"`,
      );
      for (const locale of ['en', 'ja']) expect(page).toContain(`name="locale" value="${locale}"`);
    }
  });
});

test('each endpoint is found from the index of its room', () => {
  const page = makePage(ORIGIN, 'ja');
  const [, index = ''] = /<nav aria-label="エンドポイント">(.*?)<\/nav>/s.exec(page) ?? [];
  expect(allOf(index, /href="#([^"]+)"/g)).toEqual(
    allOf(page, /<article id="([^"]+)"><h3>/g).slice(0, ENDPOINTS.length),
  );
});
