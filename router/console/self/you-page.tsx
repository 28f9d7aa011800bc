// Oneself: name and language, ways to sign in, and the browsers that are signed in.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import { findPasskeyPlace } from '../../auth/make-passkey-options.ts';
import type { ListedPasskey } from '../../auth/passkeys.ts';
import { isFresh } from '../../auth/sessions.ts';
import type { ListedSession } from '../../auth/sessions.ts';
import { ActForm, SelectField, TextField } from '../../look/form.tsx';
import { Badge, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { showPage } from '../page-answer.tsx';
import { requirePerson } from '../visit.ts';
import type { ConsoleEnv, SignedIn } from '../visit.ts';
import { tellBrowser } from './tell-browser.ts';
import { YOU_WORDS } from './you-words.ts';
import type { YouWords } from './you-words.ts';

export const youPages = new Hono<ConsoleEnv>();

interface Shown {
  readonly words: YouWords;
  readonly locale: Locale;
  readonly signedIn: SignedIn;
  /** Signed in just now, or with no way to do so: what decides who can sign in is left to such. */
  readonly isNew: boolean;
}

export const YOU = '/console/you';

export async function showYou(c: Context<ConsoleEnv>): Promise<Response> {
  const signedIn = requirePerson(c);
  const { locale } = c.get('visit');
  const words = YOU_WORDS[locale];
  const { passkeys, sessions, sendSignInLink } = c.get('services');
  const { person } = signedIn;
  const [keys, browsers] = await Promise.all([
    passkeys === null ? null : passkeys.list(person.id),
    sessions.list(person.id, Date.now()),
  ]);
  const done = words.done[c.req.query('done') ?? ''];
  const isFault = /^passkey-(?!added|removed)/.test(c.req.query('done') ?? '');
  const canAdd = findPasskeyPlace(c.req.url) !== null;
  const hasWayBack = (keys ?? []).length > 0 || (sendSignInLink !== null && person.email !== null);
  const shown = { words, locale, signedIn, isNew: !hasWayBack || isFresh(signedIn.session, Date.now()) };
  const body = (
    <>
      <h1>{person.name}</h1>
      <p class="lead">{words.lead}</p>
      {done !== undefined && <Note tone={isFault ? 'bad' : 'good'}>{done}</Note>}
      {!hasWayBack && <Note>{words.noWayBack}</Note>}
      {!shown.isNew && <Note>{words.again}</Note>}
      <About {...shown} />
      {keys && <Keys {...shown} keys={keys} canAdd={canAdd} />}
      {sendSignInLink && <Mail {...shown} />}
      <Browsers {...shown} browsers={browsers} />
    </>
  );
  return showPage(c, { title: words.title, body, islands: keys && canAdd && shown.isNew ? ['passkey'] : [] });
}

youPages.get(YOU, showYou);

function About({ words, locale, signedIn: { person, csrf } }: Shown) {
  return (
    <Sheet title={words.about}>
      <ActForm csrf={csrf} action="/console/you">
        <TextField
          name="name"
          label={words.name}
          value={person.name}
          isRequired
          attributes={{ autocomplete: 'name', maxlength: '100' }}
        />
        <SelectField
          name="locale"
          label={words.language}
          value={person.locale ?? locale}
          choices={[
            { value: 'en', label: 'English' },
            { value: 'ja', label: '日本語' },
          ]}
        />
        <button>{words.save}</button>
      </ActForm>
    </Sheet>
  );
}

function Keys(props: Shown & { keys: readonly ListedPasskey[]; canAdd: boolean }) {
  const { words, locale, signedIn, isNew, keys, canAdd } = props;
  return (
    <Sheet title={words.passkeys}>
      <p>{words.passkeysTold}</p>
      <Table
        caption={words.passkeys}
        rows={keys}
        empty={words.noPasskeys}
        columns={[
          { head: words.passkeyName, cell: ({ name }) => name },
          {
            head: '',
            cell: ({ id, name }) => (
              <Act
                action="/console/you/passkeys/remove"
                csrf={signedIn.csrf}
                id={id}
                label={`${words.remove}: ${name}`}
              >
                {words.remove}
              </Act>
            ),
          },
          { head: words.added, cell: ({ createdAt }) => <Time at={createdAt} locale={locale} /> },
          {
            head: words.used,
            cell: ({ usedAt }) => (usedAt === null ? words.never : <Time at={usedAt} locale={locale} />),
          },
        ]}
      />
      {!canAdd && <p class="soft">{words.needsName}</p>}
      {canAdd && (isNew ? <AddKey words={words} csrf={signedIn.csrf} /> : <Again words={words} />)}
    </Sheet>
  );
}

function AddKey({ words, csrf }: { words: YouWords; csrf: string }) {
  return (
    <form
      method="post"
      action="/console/you/passkeys"
      class="fields"
      data-passkey="create"
      data-ask="/console/you/passkeys/ask"
    >
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="response" value="" />
      <div data-with hidden>
        <TextField
          name="key"
          label={words.passkeyName}
          help={words.passkeyNameTold}
          isRequired
          attributes={{ maxlength: '60' }}
        />
      </div>
      <button hidden>{words.add}</button>
      <p class="soft" data-without>
        {words.needsScript}
      </p>
      <p role="alert" data-fault={words.done['passkey-refused']} data-not-now={words.notNow} hidden></p>
    </form>
  );
}

function Mail({ words, signedIn: { person, csrf }, isNew }: Shown) {
  return (
    <Sheet title={words.mail}>
      <p>{person.email === null ? words.mailNone : words.mailIs(person.email)}</p>
      {isNew ? (
        <ActForm csrf={csrf} action="/console/you/mail">
          <TextField
            name="email"
            type="email"
            label={words.mailNew}
            help={words.mailTold}
            isRequired
            attributes={{ autocomplete: 'email', maxlength: '254' }}
          />
          <button>{words.mailGo}</button>
        </ActForm>
      ) : (
        <Again words={words} />
      )}
    </Sheet>
  );
}

function Browsers({ words, locale, signedIn, isNew, browsers }: Shown & { browsers: readonly ListedSession[] }) {
  const { session, csrf } = signedIn;
  const isHere = ({ id }: ListedSession): boolean => id === session.id;
  return (
    <Sheet title={words.browsers}>
      <p>{words.browsersTold}</p>
      <Table
        caption={words.browsers}
        rows={browsers}
        empty={words.noBrowsers}
        columns={[
          {
            head: words.browser,
            cell: (one) => (
              <>
                {tellBrowser(one.about, words.unknown)} {isHere(one) && <Badge tone="good">{words.here}</Badge>}
              </>
            ),
          },
          {
            head: '',
            cell: (one) => (
              <Act
                action="/console/you/sessions/end"
                csrf={csrf}
                id={one.id}
                label={`${words.end}: ${tellBrowser(one.about, words.unknown)}`}
              >
                {words.end}
              </Act>
            ),
          },
          { head: words.since, cell: ({ createdAt }) => <Time at={createdAt} locale={locale} /> },
          { head: words.seen, cell: ({ seenAt }) => <Time at={seenAt} locale={locale} /> },
        ]}
      />
      {isNew ? (
        <ActForm csrf={csrf} action="/console/you/sessions/end-all" isInline>
          <button class="bad">{words.endAll}</button>
        </ActForm>
      ) : (
        <>
          <h3>{words.endAll}</h3>
          <Again words={words} />
        </>
      )}
    </Sheet>
  );
}

/** In the place of what a browser that was left open must not do. */
function Again({ words }: { words: YouWords }) {
  return (
    <p>
      <a href="/sign-in?why=again&to=%2Fconsole%2Fyou">{words.againGo}</a>
    </p>
  );
}

function Act(props: { action: string; csrf: string; id: string; label: string; children?: Child }) {
  const { action, csrf, id, label, children } = props;
  return (
    <ActForm csrf={csrf} action={action} isInline>
      <input type="hidden" name="id" value={id} />
      <button class="quiet" aria-label={label}>
        {children}
      </button>
    </ActForm>
  );
}
