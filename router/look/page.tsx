// The frame of every page: head, pages beside it, who looks, and what stands in the middle. Complete without a script; islands are added by name.
import type { Child } from 'hono/jsx';
import { assetPath } from './assets.ts';
import { FRAME } from './frame-words.ts';
import type { FrameWords } from './frame-words.ts';
import type { Locale } from './words.ts';

export interface NavLink {
  readonly href: string;
  readonly word: keyof FrameWords;
}

export interface NavGroup {
  readonly word: keyof FrameWords;
  readonly links: readonly NavLink[];
}

/** As whom the pages are shown. */
export interface ShownAs {
  readonly name: string;
  readonly memberId: string | null;
  /** Accounts to choose from, the shown one among them. */
  readonly accounts: readonly { readonly memberId: string; readonly name: string }[];
  readonly csrf: string;
}

export interface PageProps {
  readonly locale: Locale;
  readonly title: string;
  /** Of this page, with its query. */
  readonly path: string;
  readonly nav: readonly NavGroup[];
  /** Null for a visitor. */
  readonly shownAs: ShownAs | null;
  /** Files of router/islands that this page runs, without `.ts`. */
  readonly islands?: readonly string[];
  readonly children?: Child;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect x='3' y='3' width='26' height='26' rx='5' fill='%23211d19'/%3E%3Crect x='8' y='8' width='16' height='16' rx='3' fill='%23a83d0c'/%3E%3Ccircle cx='16' cy='16' r='4' fill='%23ffd9a8'/%3E%3C/svg%3E";

const OPEN_LINKS: readonly NavLink[] = [{ href: '/docs', word: 'docs' }];

/** A whole document, but for its doctype. */
export function Page({ locale, title, path, nav, shownAs, islands = [], children }: PageProps) {
  const words = FRAME[locale];
  return (
    <html lang={locale}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title === words.brand ? title : `${title} · ${words.brand}`}</title>
        <link rel="icon" href={ICON} />
        <link rel="stylesheet" href={assetPath('look.css')} />
        {islands.map((name) => (
          <script type="module" src={assetPath(`${name}.js`)}></script>
        ))}
      </head>
      <body>
        <a class="skip" href="#main">
          {words.skip}
        </a>
        <header class="top">
          <a class="brand" href="/">
            {words.brand}
          </a>
          {!shownAs && <Bar words={words} nav={nav} path={path} />}
          <Who words={words} shownAs={shownAs} path={path} />
        </header>
        <div class={shownAs ? 'frame' : 'frame open'}>
          {shownAs && <Side words={words} nav={nav} path={path} />}
          <main id="main" tabindex={-1}>
            {children}
          </main>
        </div>
        <Foot words={words} locale={locale} path={path} />
      </body>
    </html>
  );
}

interface NavProps {
  readonly words: FrameWords;
  readonly nav: readonly NavGroup[];
  readonly path: string;
}

/** All pages beside the one that is open. Where it is narrow: the groups, and the pages of the open one. */
function Side({ words, nav, path }: NavProps) {
  return (
    <nav class="side" aria-label={words.nav}>
      {nav.map(({ word, links }) => (
        <section class={links.some(({ href }) => isAt(path, href)) ? 'here' : undefined}>
          <h2>{words[word]}</h2>
          <a class="group" href={links[0]?.href}>
            {words[word]}
          </a>
          <Links words={words} links={links} path={path} />
        </section>
      ))}
    </nav>
  );
}

/** A visitor's few pages, above the one that is open. */
function Bar({ words, nav, path }: NavProps) {
  const links = [...nav.flatMap((group) => group.links), ...OPEN_LINKS];
  return (
    <nav class="bar" aria-label={words.nav}>
      <Links words={words} links={links} path={path} />
    </nav>
  );
}

function Links({ words, links, path }: Omit<NavProps, 'nav'> & { readonly links: readonly NavLink[] }) {
  return (
    <ul>
      {links.map(({ href, word }) => (
        <li>
          <a href={href} aria-current={isAt(path, href) ? 'page' : undefined}>
            {words[word]}
          </a>
        </li>
      ))}
    </ul>
  );
}

export function Foot({ words, locale, path }: { words: FrameWords; locale: Locale; path: string }) {
  return (
    <footer class="foot">
      <ul>
        <li>
          <a href="/docs">{words.docs}</a>
        </li>
        <li>
          <a href="/verify">{words.verify}</a>
        </li>
        <li>
          <a href="/audit">{words.audit}</a>
        </li>
      </ul>
      <form method="post" action="/language" class="inline">
        <input type="hidden" name="to" value={path} />
        <span>{words.language}</span>
        <button class="link" name="locale" value="en" lang="en" aria-pressed={locale === 'en' ? 'true' : 'false'}>
          English
        </button>
        <button class="link" name="locale" value="ja" lang="ja" aria-pressed={locale === 'ja' ? 'true' : 'false'}>
          日本語
        </button>
      </form>
      <small>{words.utc}</small>
    </footer>
  );
}

function Who({ words, shownAs, path }: { words: FrameWords; shownAs: ShownAs | null; path: string }) {
  if (!shownAs) {
    const [here] = path.split('?');
    // The page that signs in leads on to where it was to lead, and never to itself; who comes by the front begins where they begin.
    const href = here === '/sign-in' ? path : here === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(path)}`;
    return (
      <a href={href} aria-current={here === '/sign-in' ? 'page' : undefined}>
        {words.signIn}
      </a>
    );
  }
  const { name, memberId, accounts, csrf } = shownAs;
  return (
    <div class="who">
      {accounts.length > 1 && (
        <form method="post" action="/console/choose" class="inline">
          <input type="hidden" name="csrf" value={csrf} />
          <label>
            <span class="unseen">{words.account}</span>
            <select name="member">
              {accounts.map((one) => (
                <option value={one.memberId} selected={one.memberId === memberId}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
          <button class="quiet">{words.change}</button>
        </form>
      )}
      <a href="/console/you">{name}</a>
      <form method="post" action="/sign-out" class="inline">
        <input type="hidden" name="csrf" value={csrf} />
        <button class="link">{words.signOut}</button>
      </form>
    </div>
  );
}

function isAt(path: string, href: string): boolean {
  const [here = ''] = path.split('?');
  return here === href || (href !== '/' && href !== '/console' && here.startsWith(`${href}/`));
}
