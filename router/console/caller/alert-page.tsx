// Alerts: where the account's programs are told of limits and of low credit.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { allowsLocalWebhooks } from '../../services/pick-local.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, CheckGroup, TextField } from '../../look/form.tsx';
import { formatCount } from '../../look/format-number.ts';
import { formatCredits } from '../../look/format-money.ts';
import { Facts, Note, Sheet } from '../../look/pieces.tsx';
import { setAlerts, testAlerts } from '../../routes/alert-desk.ts';
import { orAsk } from '../or-ask.ts';
import { orNull } from '../or-null.ts';
import { parseCredits } from '../parse-credits.ts';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv, SignedInMember } from '../visit.ts';
import type { AlertSettings } from '../../billing/account-alerts.ts';
import type { Locale } from '../../look/words.ts';
import { AlertsSent, listAlertKeys } from './alert-history.tsx';
import { ALERT_WORDS } from './alert-words.ts';
import type { AlertWords } from './alert-words.ts';

export const alertPages = new Hono<ConsoleEnv>();

const MICRO = 1_000_000;
const alertForm = z.object({
  url: z.string().trim().min(1).max(2000),
  low: z.string().trim().max(30).default(''),
  fresh: z.string().optional(),
});
const nothing = z.object({});

const ALERTS = '/console/alerts';
const show = async (c: Context<ConsoleEnv>): Promise<Response> =>
  showAlerts(c, await requireMember(c, 'members'), null);

alertPages.get(ALERTS, show);

alertPages.post(
  ALERTS,
  orAsk({ page: ALERTS, show }, async (c) => {
    const member = await requireMember(c, 'members');
    const { url, low, fresh } = await readPageForm(c, alertForm);
    const lowBalance = low === '' ? null : parseCredits(low);
    if (low !== '' && lowBalance === null)
      throw new ApiError('invalid_value', 'Write credits above nothing.', { param: 'low' });
    const said = { url, low_balance_micro: lowBalance, new_secret: fresh !== undefined };
    const account = c.get('services').account(member.caller.accountId);
    const { secret } = await setAlerts(account, said, allowsLocalWebhooks(c.env));
    return showAlerts(c, member, { secret });
  }),
);

/** An event as any other, so that whoever receives them sees what comes. */
alertPages.post(
  '/console/alerts/test',
  orAsk({ page: ALERTS, show }, async (c) => {
    const member = await requireMember(c, 'members');
    await readPageForm(c, nothing);
    await testAlerts(c.get('services').account(member.caller.accountId));
    return c.redirect('/console/alerts?done=tested', 303);
  }),
);

alertPages.post('/console/alerts/end', async (c) => {
  const member = await requireMember(c, 'members');
  await readPageForm(c, nothing);
  await c.get('services').account(member.caller.accountId).changeAlerts(null, null);
  return c.redirect('/console/alerts?done=ended', 303);
});

async function showAlerts(
  c: Context<ConsoleEnv>,
  { caller, csrf }: SignedInMember,
  saved: { readonly secret: string | null } | null,
): Promise<Response> {
  const { locale } = c.get('visit');
  const words = ALERT_WORDS[locale];
  const { account, keys } = c.get('services');
  const { settings, waiting, sent } = await account(caller.accountId).alerts();
  const named = await Promise.all(listAlertKeys(sent).map((id) => orNull(keys.find(id))));
  const keyNames = new Map(named.flatMap((key) => (key === null ? [] : [[key.id, key.name] as const])));
  const shown = { settings, waiting, csrf, words, locale };
  const body = (
    <>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {saved?.secret != null && (
        <Note tone="good">
          <p>{words.secret}</p>
          <pre tabindex={0} id="secret">
            {saved.secret}
          </pre>
          <button class="quiet" type="button" data-copy="secret" hidden>
            {words.copy}
          </button>
        </Note>
      )}
      {saved?.secret === null && <Note tone="good">{words.saved}</Note>}
      {c.req.query('done') === 'ended' && <Note tone="good">{words.ended}</Note>}
      {c.req.query('done') === 'tested' && <Note tone="good">{words.tested}</Note>}
      <Now {...shown} />
      <Settings {...shown} />
      <AlertsSent sent={sent} keyNames={keyNames} words={words} locale={locale} />
    </>
  );
  return showPage(c, { title: words.title, body, islands: ['copy'] });
}

interface Told {
  readonly settings: AlertSettings | null;
  readonly waiting: number;
  readonly csrf: string;
  readonly words: AlertWords;
  readonly locale: Locale;
}

function Now({ settings, waiting, csrf, words, locale }: Told) {
  const low = settings?.lowBalance ?? null;
  return (
    <Sheet title={words.now}>
      {settings === null ? (
        <p class="soft">{words.none}</p>
      ) : (
        <>
          <p>
            <code>{settings.url}</code>
          </p>
          <Facts
            facts={[
              { name: words.low, value: low === null ? '–' : formatCredits(low, locale) },
              { name: words.waiting, value: formatCount(waiting, locale) },
            ]}
          />
          <ActForm csrf={csrf} action="/console/alerts/test" isInline>
            <button class="quiet">{words.test}</button>
          </ActForm>
          <ActForm csrf={csrf} action="/console/alerts/end" isInline>
            <button class="bad">{words.end}</button>
          </ActForm>
        </>
      )}
    </Sheet>
  );
}

function Settings({ settings, csrf, words }: Told) {
  const low = settings?.lowBalance ?? null;
  return (
    <Sheet>
      <ActForm csrf={csrf}>
        <TextField
          name="url"
          label={words.address}
          help={words.addressHelp}
          type="url"
          value={settings?.url}
          isRequired
        />
        <TextField
          name="low"
          label={words.low}
          help={words.lowHelp}
          value={low === null ? '' : String(low / MICRO)}
          attributes={{ inputmode: 'decimal' }}
        />
        {settings !== null && (
          <CheckGroup
            name="fresh"
            legend={words.fresh}
            ticked={[]}
            choices={[{ value: 'yes', label: words.freshHelp }]}
          />
        )}
        <button>{words.save}</button>
      </ActForm>
    </Sheet>
  );
}
