// /console/link, and /link where somebody is signed in: an owner sees the machine that shows a code, and says whether it is one of the account's.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import * as z from 'zod';
import { linkDecisionBody, shownText } from '../../auth/bodies.ts';
import type { DeviceLink } from '../../auth/device-links.ts';
import { showUserCode } from '../../auth/make-user-code.ts';
import { makeLinkPage } from '../../docs/link-page.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, TextField } from '../../look/form.tsx';
import { Note, Sheet } from '../../look/pieces.tsx';
import { PAGE_HEADERS } from '../../look/policy.ts';
import { Table } from '../../look/table.tsx';
import { decideLink, findLink, stateOfLink } from '../../routes/owner-links.ts';
import { orAsk } from '../or-ask.ts';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { readVisit, requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { JOIN_WORDS } from './join-words.ts';
import type { JoinWords } from './join-words.ts';

export const linkPages = new Hono<ConsoleEnv>();

const codeText = z.string().min(1).max(20);
const decisionForm = z.object({
  code: codeText,
  decision: z.enum(['approve', 'deny']),
  name: z.union([z.literal(''), shownText.max(80)]).default(''),
});

/** What agents print: with a session it needs no key. */
linkPages.get('/link', readVisit, (c) => {
  const { signedIn, locale } = c.get('visit');
  const code = (c.req.query('code') ?? '').slice(0, 20);
  const path = code === '' ? '/link' : `/link?code=${encodeURIComponent(code)}`;
  const here = `/console${path}`;
  if (signedIn?.membership) return c.redirect(here, 303);
  const url = new URL(c.req.url);
  // On one machine agents print its number, and who signed in did so under its name: cookies tell the two apart.
  if (c.env.LOCAL_PLACES === '1' && url.hostname === '127.0.0.1') {
    url.hostname = 'localhost';
    return c.redirect(url.href, 303);
  }
  const page = makeLinkPage(locale, path, `/sign-in?to=${encodeURIComponent(here)}`);
  return c.html(page, 200, { ...PAGE_HEADERS, 'cache-control': 'no-store', vary: 'accept-language, cookie' });
});

async function showLink(c: Context<ConsoleEnv>): Promise<Response> {
  const { caller, csrf, membership } = await requireMember(c, 'nodes');
  const { locale } = c.get('visit');
  const words = JOIN_WORDS[locale];
  // Where a decision was refused its form says the code.
  const typed = [c.get('typed')?.['code'] ?? c.req.query('code') ?? ''].flat()[0] ?? '';
  const text = typed.trim().slice(0, 20);
  const found = text === '' ? null : await findLink(c.get('services'), caller, text).catch(keepRefusal);
  const body = (
    <>
      <header>
        <p class="small">
          <a href="/console/machines">{words.machines}</a>
        </p>
        <h1>{words.link}</h1>
        <p class="soft">{words.linkSub}</p>
      </header>
      {found === null || found instanceof ApiError ? (
        <AskCode
          words={words}
          refused={found && { code: text, told: found.status === 404 ? words.noCode : found.message }}
        />
      ) : (
        <Found link={found} account={membership.accountName} csrf={csrf} words={words} />
      )}
    </>
  );
  const status = found instanceof ApiError ? (found.status as ContentfulStatusCode) : 200;
  return showPage(c, { title: words.link, body, status });
}

/** A code that nobody shows, or one too many, is said where another can be typed. */
function keepRefusal(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  throw error;
}

linkPages.get('/console/link', showLink);

linkPages.post(
  '/console/link',
  orAsk({ page: '/console/link', show: showLink }, async (c) => {
    const { caller } = await requireMember(c, 'nodes');
    const { code, decision, name } = await readPageForm(c, decisionForm);
    const said = linkDecisionBody.parse({ decision, ...(name !== '' && decision === 'approve' && { name }) });
    const link = await decideLink(c.get('services'), caller, { code, said });
    return c.redirect(`/console/link?code=${encodeURIComponent(showUserCode(link.userCode))}`, 303);
  }),
);

function AskCode({ words, refused }: { words: JoinWords; refused: { code: string; told: string } | null }) {
  return (
    <Sheet>
      {refused && <Note tone="bad">{refused.told}</Note>}
      <form method="get" class="fields">
        <TextField
          name="code"
          label={words.code}
          isRequired
          value={refused?.code}
          attributes={{
            ...(refused && { autofocus: '', 'aria-invalid': 'true' }),
            maxlength: '20',
            placeholder: 'WXZB-CDFG',
            autocapitalize: 'characters',
            spellcheck: 'false',
          }}
        />
        <button>{words.look}</button>
      </form>
    </Sheet>
  );
}

function Found(props: { link: DeviceLink; account: string; csrf: string; words: JoinWords }) {
  const { link, account, csrf, words } = props;
  const state = stateOfLink(link, Date.now());
  const { name, platform, card, models } = link.machine;
  if (state !== 'pending')
    return (
      <>
        <Note tone={state === 'approved' ? 'good' : 'calm'}>{words[state]}</Note>
        <ul class="inline">
          <li>
            <a href="/console/machines">{words.machines}</a>
          </li>
          <li>
            <a href="/console/link">{words.another}</a>
          </li>
        </ul>
      </>
    );
  return (
    <Sheet title={`${words.machine} ${showUserCode(link.userCode)}`}>
      <Table
        caption={words.machine}
        rows={[
          { what: words.machine, told: name },
          { what: words.system, told: platform ?? words.unknown },
          { what: words.card, told: card ?? words.unknown },
          { what: words.models, told: models.join(', ') || words.unknown },
          { what: words.account, told: account },
        ]}
        empty="–"
        columns={[
          { head: '', cell: ({ what }) => what },
          { head: '', cell: ({ told }) => told },
        ]}
      />
      <p>
        <strong>{words.isYours}</strong>
      </p>
      <ActForm csrf={csrf} action="/console/link">
        <input type="hidden" name="code" value={showUserCode(link.userCode)} />
        <TextField name="name" label={words.name} value={name} attributes={{ maxlength: '80' }} />
        <div class="inline">
          <button name="decision" value="approve">
            {words.yes}
          </button>{' '}
          <button class="quiet" name="decision" value="deny">
            {words.no}
          </button>
        </div>
      </ActForm>
    </Sheet>
  );
}
