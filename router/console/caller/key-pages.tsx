// Keys: what there are and what they spent, making one, changing and revoking one. The desk that the API works with decides.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import type { KeyLimits } from '../../../schema/key-limits.ts';
import { SCOPES } from '../../../schema/key-rights.ts';
import type { ListedKey } from '../../auth/api-keys.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, CheckGroup, SelectField, TextField } from '../../look/form.tsx';
import { formatCredits } from '../../look/format-money.ts';
import { formatTime } from '../../look/format-time.ts';
import { Badge, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { changeKey, mintKey, revokeKey } from '../../routes/key-desk.ts';
import { orNull } from '../or-null.ts';
import { orAsk } from '../or-ask.ts';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { FormFault } from '../tell-refusal.ts';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv, SignedInMember } from '../visit.ts';
import { KeySpend } from './key-spend.tsx';
import { KEY_WORDS } from './key-words.ts';
import type { KeyWords } from './key-words.ts';
import { keyForm, readKeyForm } from './read-key-form.ts';
import type { KeyForm } from './read-key-form.ts';

export const keyPages = new Hono<ConsoleEnv>();

const PAGE = 50;
const LIVES = [1, 7, 30, 90, 365] as const;
const nothing = z.object({});

const KEYS = '/console/keys';
const LIMIT_FIELDS = {
  'limits.spend.day_micro': 'day',
  'limits.spend.month_micro': 'month',
  'limits.spend.total_micro': 'total',
  'limits.requests_per_minute': 'requests',
  expires_in_s: 'expires_days',
};

const listKeys = async (c: Context<ConsoleEnv>): Promise<Response> => showKeys(c, await requireMember(c, 'keys'), null);
const showKey = async (c: Context<ConsoleEnv>): Promise<Response> => {
  const member = await requireMember(c, 'keys');
  return showChange(c, member, await findOwn(c, member));
};
const keyPath = (c: Context<ConsoleEnv>): string => `${KEYS}/${c.req.param('id') ?? ''}`;

keyPages.get(KEYS, listKeys);

keyPages.post(
  KEYS,
  orAsk({ page: KEYS, show: listKeys, fields: LIMIT_FIELDS }, async (c) => {
    const member = await requireMember(c, 'keys');
    const form = await readPageForm(c, keyForm);
    const said = readKeyForm(form, undefined);
    if (!said.ok) throw new FormFault(said.error);
    const services = c.get('services');
    const { accountId, memberId, role } = member.caller;
    // An owner's keys are the account's; a member's are its own.
    const whose = role === 'owner' || memberId === null ? null : await services.members.find(memberId);
    const { secret } = await mintKey(services, { accountId, member: whose, by: member.caller }, said.value);
    return showKeys(c, member, { name: form.name, key: secret.key });
  }),
);

keyPages.get('/console/keys/:id', showKey);

keyPages.post(
  '/console/keys/:id',
  orAsk({ page: keyPath, show: showKey, fields: LIMIT_FIELDS }, async (c) => {
    const member = await requireMember(c, 'keys');
    const key = await findOwn(c, member);
    const form = await readPageForm(c, keyForm);
    const said = readKeyForm(form, key.limits);
    if (!said.ok) throw new FormFault(said.error);
    await changeKey(c.get('services'), { key, by: member.caller }, said.value);
    return c.redirect(`/console/keys?changed=${key.id}`, 303);
  }),
);

keyPages.get('/console/keys/:id/revoke', async (c) => {
  const member = await requireMember(c, 'keys');
  const key = await findOwn(c, member);
  const words = KEY_WORDS[c.get('visit').locale];
  const title = words.revokeTitle(key.name);
  const body = (
    <>
      <h1>{title}</h1>
      {key.revokedAt === null ? (
        <>
          <p>{words.revokeTold}</p>
          <ActForm csrf={member.csrf} isInline>
            <button class="bad">{words.revoke}</button>
            <a href={KEYS}>{words.back}</a>
          </ActForm>
        </>
      ) : (
        <p>
          {words.isRevoked} <Time at={key.revokedAt} locale={c.get('visit').locale} />. <a href={KEYS}>{words.back}</a>
        </p>
      )}
    </>
  );
  return showPage(c, { title, body });
});

keyPages.post('/console/keys/:id/revoke', async (c) => {
  const member = await requireMember(c, 'keys');
  await readPageForm(c, nothing);
  const key = await findOwn(c, member);
  await revokeKey(c.get('services'), key.id);
  return c.redirect(`/console/keys?revoked=${key.id}`, 303);
});

/** One that the member may manage. Throws ApiError 404. */
async function findOwn(c: Context<ConsoleEnv>, { caller }: SignedInMember): Promise<ListedKey> {
  const key = await c.get('services').keys.find(c.req.param('id') ?? '');
  const isOwn = key?.accountId === caller.accountId && (caller.role === 'owner' || key.memberId === caller.memberId);
  if (!key || !isOwn) throw new ApiError('not_found', 'There is no such key.', { param: 'id' });
  return key;
}

interface NewKey {
  readonly name: string;
  readonly key: string;
}

/** `made`: just now, and shown this once. */
async function showKeys(c: Context<ConsoleEnv>, member: SignedInMember, made: NewKey | null): Promise<Response> {
  const { locale } = c.get('visit');
  const words = KEY_WORDS[locale];
  const { caller } = member;
  const services = c.get('services');
  const memberId = caller.role === 'owner' ? null : caller.memberId;
  const [keys, did] = await Promise.all([
    services.keys.list(caller.accountId, { after: c.req.query('after') ?? '', limit: PAGE, memberId }),
    findDone(c, member),
  ]);
  const object = services.account(caller.accountId);
  const spent = await Promise.all(keys.map(({ id }) => object.keyUsage(id).catch(() => null)));
  const rows = keys.map((key, at) => ({ key, spent: spent[at]?.spent.month ?? null }));
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {made && <Made words={words} made={made} />}
      {!made && <Outcome did={did} words={words} />}
      <Sheet title={words.table}>
        <KeyTable
          words={words}
          locale={locale}
          rows={rows}
          last={keys.length === PAGE ? (keys.at(-1)?.id ?? null) : null}
        />
        {memberId !== null && <p class="small soft">{words.own}</p>}
      </Sheet>
      <Sheet title={words.make}>
        <ActForm csrf={member.csrf}>
          <KeyFields words={words} form={EMPTY} kept={null} />
          <button>{words.make}</button>
        </ActForm>
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body, islands: ['copy'] });
}

function Made({ words, made }: { words: KeyWords; made: NewKey }) {
  return (
    <Note tone="good">
      <p>{words.made(made.name)}</p>
      <pre tabindex={0} id="made">
        {made.key}
      </pre>
      <button class="quiet" type="button" data-copy="made" hidden>
        {words.copy}
      </button>
    </Note>
  );
}

/** What the form before did to which key, as its address says it. */
interface Done {
  readonly act: 'changed' | 'revoked';
  readonly name: string;
}

async function findDone(c: Context<ConsoleEnv>, { caller }: SignedInMember): Promise<Done | null> {
  const act = (['changed', 'revoked'] as const).find((one) => c.req.query(one) !== undefined);
  const key = act === undefined ? null : await orNull(c.get('services').keys.find(c.req.query(act) ?? ''));
  return act !== undefined && key?.accountId === caller.accountId ? { act, name: key.name } : null;
}

function Outcome({ did, words }: { did: Done | null; words: KeyWords }) {
  return did && <Note tone="good">{words[did.act](did.name)}</Note>;
}

function KeyTable(props: {
  readonly words: KeyWords;
  readonly locale: Locale;
  readonly rows: readonly { readonly key: ListedKey; readonly spent: number | null }[];
  readonly last: string | null;
}) {
  const { words, locale, rows, last } = props;
  const amount = (micro: number | null, none: string): string => (micro === null ? none : formatCredits(micro, locale));
  return (
    <Table
      caption={words.table}
      rows={rows}
      empty={words.none}
      columns={[
        { head: words.name, cell: ({ key }) => <a href={`${KEYS}/${key.id}`}>{key.name}</a> },
        { head: words.created, cell: ({ key }) => <Time at={key.createdAt} locale={locale} /> },
        {
          head: words.ends,
          cell: ({ key }) =>
            key.expiresAt === null ? words.never : <Ends at={key.expiresAt} {...{ words, locale }} />,
        },
        { head: words.spent, isNumber: true, cell: ({ spent }) => amount(spent, '–') },
        { head: words.limit, isNumber: true, cell: ({ key }) => amount(key.limits?.month ?? null, words.unlimited) },
        {
          head: '',
          cell: ({ key }) => (
            <span class="acts">
              <a href={`/console/keys/${key.id}`} aria-label={`${words.change}: ${key.name}`}>
                {words.change}
              </a>{' '}
              <a href={`/console/keys/${key.id}/revoke`} aria-label={`${words.revoke}: ${key.name}`}>
                {words.revoke}
              </a>
            </span>
          ),
        },
      ]}
      links={last === null ? [] : [{ href: `/console/keys?after=${last}`, text: words.older }]}
    />
  );
}

/** One that is over stands in the list until it is revoked. */
function Ends({ at, words, locale }: { at: number; words: KeyWords; locale: Locale }) {
  return (
    <>
      <Time at={at} locale={locale} /> {at <= Date.now() && <Badge tone="warn">{words.over}</Badge>}
    </>
  );
}

async function showChange(c: Context<ConsoleEnv>, member: SignedInMember, key: ListedKey): Promise<Response> {
  const { locale } = c.get('visit');
  const words = KEY_WORDS[locale];
  const usage = await orNull(c.get('services').account(key.accountId).keyUsage(key.id));
  const body = (
    <>
      <h1>{key.name}</h1>
      <p>
        <a href="/console/keys">{words.back}</a>
      </p>
      <Sheet title={words.spend}>
        <KeySpend usage={usage} words={words} locale={locale} />
        <ul class="inline">
          <li>
            <a href={`/console/jobs?key=${key.id}`}>{words.itsJobs}</a>
          </li>
          <li>
            <a href={`/console?by=day&key=${key.id}`}>{words.itsUsage}</a>
          </li>
        </ul>
        <p class="small soft">
          {words.id} <code>{key.id}</code>
        </p>
      </Sheet>
      {key.revokedAt === null ? (
        <Sheet title={words.change}>
          <ActForm csrf={member.csrf}>
            <KeyFields words={words} form={toForm(key)} kept={tellEnd(key, words, locale)} />
            <button>{words.save}</button>
          </ActForm>
          <p>
            <a href={`${KEYS}/${key.id}/revoke`}>{words.revoke}</a>
          </p>
        </Sheet>
      ) : (
        <Note>
          {words.isRevoked} <Time at={key.revokedAt} locale={locale} />
        </Note>
      )}
    </>
  );
  return showPage(c, { title: key.name, body });
}

function tellEnd({ expiresAt }: ListedKey, words: KeyWords, locale: Locale): string {
  return words.keep(expiresAt === null ? words.never : formatTime(expiresAt, locale));
}

/** `kept`: what a key that is there has of an end; null for a new one. */
function KeyFields({ words, form, kept }: { words: KeyWords; form: KeyForm; kept: string | null }) {
  const lives = LIVES.map((days) => ({ value: String(days), label: words.lives(days) }));
  const never = { value: '', label: words.never };
  const limit = { type: 'text', help: words.limitHelp, attributes: { inputmode: 'decimal' } };
  return (
    <>
      <TextField name="name" label={words.name} help={words.nameHelp} value={form.name} isRequired />
      <CheckGroup
        name="scopes"
        legend={words.scopes}
        help={words.scopesHelp}
        ticked={[form.scopes].flat()}
        choices={SCOPES.map((scope) => ({ value: scope, label: words.scope[scope] ?? scope }))}
      />
      <TextField name="models" label={words.models} help={words.modelsHelp} value={form.models} />
      <SelectField
        name="expires_days"
        label={words.expires}
        value={form.expires_days}
        choices={kept === null ? [never, ...lives] : [{ value: 'keep', label: kept }, never, ...lives]}
      />
      <div class="two">
        <TextField name="day" label={words.dayLimit} value={form.day} {...limit} />
        <TextField name="month" label={words.monthLimit} value={form.month} {...limit} />
        <TextField name="total" label={words.totalLimit} value={form.total} {...limit} />
        <TextField name="requests" label={words.requests} value={form.requests} {...limit} />
      </div>
      <TextField name="defaults" label={words.defaults} help={words.defaultsHelp} value={form.defaults} />
    </>
  );
}

const EMPTY: KeyForm = {
  name: '',
  scopes: ['call', 'usage'],
  models: '',
  expires_days: '',
  day: '',
  month: '',
  total: '',
  requests: '',
  defaults: '',
};

/** A key as its form begins. */
function toForm({ name, scopes, models, limits, defaults }: ListedKey): KeyForm {
  return {
    name,
    scopes: [...(scopes ?? ['call', 'usage'])],
    models: (models ?? []).join(', '),
    expires_days: 'keep',
    ...toLimitFields(limits),
    defaults: defaults === null ? '' : JSON.stringify(defaults),
  };
}

function toLimitFields(limits: KeyLimits | null): Pick<KeyForm, 'day' | 'month' | 'total' | 'requests'> {
  const credits = (micro: number | null | undefined): string => (micro == null ? '' : String(micro / 1e6));
  return {
    day: credits(limits?.day),
    month: credits(limits?.month),
    total: credits(limits?.total),
    requests: limits?.requests == null ? '' : String(limits.requests),
  };
}
