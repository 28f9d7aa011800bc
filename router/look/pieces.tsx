// Small pieces of pages: badges, notes, facts, tabs, times.
import type { Child } from 'hono/jsx';
import { formatIso, formatTime } from './format-time.ts';
import { splitUnit } from './split-unit.ts';
import type { Locale } from './words.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'plain';

export function Badge({ tone, children }: { tone: Tone; children?: Child }) {
  return <span class={tone === 'plain' ? 'badge' : `badge ${tone}`}>{children}</span>;
}

/** What a form did, or what somebody should know. A fault is said at once to who hears the page. */
export function Note({ tone = 'calm', children }: { tone?: 'good' | 'bad' | 'calm'; children?: Child }) {
  return (
    <div class={tone === 'calm' ? 'told' : `told ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}

/** Figures in tiles. */
export function Facts({
  facts,
}: {
  facts: readonly { readonly name: string; readonly value: Child; readonly note?: Child }[];
}) {
  return (
    <dl class="facts">
      {facts.map(({ name, value, note }) => (
        <div>
          <dt>{name}</dt>
          <dd>{typeof value === 'string' ? tellFigure(value) : value}</dd>
          {note !== undefined && <dd class="fact-note">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}

function tellFigure(text: string): Child {
  const [figure, unit] = splitUnit(text);
  return unit === null ? (
    text
  ) : (
    <>
      {figure} <small>{unit}</small>
    </>
  );
}

/** A figure among others of its column; one that is nothing stands back. */
export function Amount({ micro, text }: { micro: number; text: string }) {
  return micro === 0 ? <span class="zero">{text}</span> : <>{text}</>;
}

/** A part of a page with its own head. */
export function Sheet({ title, children }: { title?: string; children?: Child }) {
  return (
    <section class="sheet">
      {title !== undefined && <h2>{title}</h2>}
      {children}
    </section>
  );
}

/** Links of which one is where the page stands. */
export function Tabs({
  label,
  tabs,
}: {
  label: string;
  tabs: readonly { readonly href: string; readonly text: string; readonly isHere: boolean }[];
}) {
  return (
    <nav class="tabs" aria-label={label}>
      <ul>
        {tabs.map(({ href, text, isHere }) => (
          <li>
            <a href={href} aria-current={isHere ? 'page' : undefined}>
              {text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** ms since epoch, in UTC; a dash for none. */
export function Time({ at, locale }: { at: number | null; locale: Locale }) {
  return at === null ? <>–</> : <time datetime={formatIso(at)}>{formatTime(at, locale)}</time>;
}
