// /console/codes: codes by which machines join: made, listed, ended. The text of one is shown this once, in the answer to its form.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import type { CodeRow } from '../../auth/enrolment-codes.ts';
import type { PoolRow } from '../../auth/pools.ts';
import { ActForm, SelectField, TextField } from '../../look/form.tsx';
import { formatCount } from '../../look/format-number.ts';
import { Badge, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { endAccountCode, listAccountCodes, makeCode, requireOwnPool, stateOfCode } from '../../routes/node-desk.ts';
import { listAccountPools } from '../../routes/own-pools.ts';
import { orAsk } from '../or-ask.ts';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { orNull } from '../or-null.ts';
import { JOIN_WORDS } from './join-words.ts';
import type { JoinWords } from './join-words.ts';

export const codesPages = new Hono<ConsoleEnv>();

const MAX_USES = 1000;
const codeForm = z.object({
  uses: z.coerce.number().int().min(1).max(MAX_USES),
  pool: z.string().max(100).default(''),
  public: z.enum(['yes', 'no']),
});
const nothing = z.object({});

const STATES = {
  open: { tone: 'good', word: 'stateOpen' },
  used: { tone: 'calm', word: 'stateUsed' },
  over: { tone: 'plain', word: 'stateOver' },
} as const;

const CODES = '/console/codes';
const show = (c: Context<ConsoleEnv>): Promise<Response> => showCodes(c, null);

codesPages.get(CODES, show);

codesPages.post(
  CODES,
  orAsk({ page: CODES, show }, async (c) => {
    const { caller } = await requireMember(c, 'nodes');
    const { uses, pool, public: open } = await readPageForm(c, codeForm);
    const services = c.get('services');
    const { accountId } = caller;
    const poolId = pool === '' ? null : pool;
    await requireOwnPool(services, accountId, poolId);
    const { secret } = await makeCode(services, { accountId, wallet: null, uses, poolId, isPublic: open === 'yes' });
    return showCodes(c, secret.code);
  }),
);

codesPages.post(
  '/console/codes/:id/end',
  orAsk({ page: CODES, show }, async (c) => {
    const { caller } = await requireMember(c, 'nodes');
    await readPageForm(c, nothing);
    await endAccountCode(c.get('services'), caller.accountId, c.req.param('id') ?? '');
    return c.redirect('/console/codes?did=ended', 303);
  }),
);

/** `made`: the text of a code that was made just now. */
async function showCodes(c: Context<ConsoleEnv>, made: string | null): Promise<Response> {
  const { caller, csrf } = await requireMember(c, 'nodes');
  const { locale } = c.get('visit');
  const words = JOIN_WORDS[locale];
  const services = c.get('services');
  const now = Date.now();
  const [codes, pools] = await Promise.all([
    listAccountCodes(services, caller.accountId, now),
    listAccountPools(services, caller.accountId),
  ]);
  const own = pools.filter(({ ownerAccountId }) => ownerAccountId === caller.accountId);
  // An operator's code may be for a pool of somebody else.
  const named = await orNull(services.pools.listNamed(codes.flatMap(({ poolId }) => poolId ?? [])));
  const body = (
    <>
      <header>
        <h1>{words.codes}</h1>
        <p class="soft">{words.codesSub}</p>
      </header>
      {c.req.query('did') === 'ended' && <Note tone="good">{words.ended}</Note>}
      {made !== null && (
        <Note tone="good">
          <div class="code">
            <p>{words.made}</p>
            <pre tabindex={0}>{made}</pre>
            <p>{words.useIt}</p>
            <pre tabindex={0}>{`irori-node up --router ${new URL(c.req.url).origin} --code ${made}`}</pre>
          </div>
        </Note>
      )}
      <MakeCode csrf={csrf} pools={own} words={words} />
      <Sheet title={words.list}>
        <Codes codes={codes} pools={named ?? own} csrf={csrf} words={words} locale={locale} />
      </Sheet>
    </>
  );
  return showPage(c, { title: words.codes, body });
}

function MakeCode({ csrf, pools, words }: { csrf: string; pools: readonly PoolRow[]; words: JoinWords }) {
  return (
    <Sheet title={words.make}>
      <ActForm csrf={csrf} action="/console/codes">
        <TextField
          name="uses"
          label={words.uses}
          help={words.usesHelp}
          value="1"
          type="number"
          isRequired
          attributes={{ min: '1', max: String(MAX_USES), step: '1' }}
        />
        {pools.length > 0 && (
          <SelectField
            name="pool"
            label={words.pool}
            help={words.poolHelp}
            choices={[{ value: '', label: words.noPool }, ...pools.map(({ id, name }) => ({ value: id, label: name }))]}
          />
        )}
        <SelectField
          name="public"
          label={words.open}
          choices={[
            { value: 'yes', label: words.openYes },
            { value: 'no', label: words.openNo },
          ]}
        />
        <button>{words.make}</button>
      </ActForm>
    </Sheet>
  );
}

function Codes(props: {
  codes: readonly CodeRow[];
  pools: readonly PoolRow[];
  csrf: string;
  words: JoinWords;
  locale: Locale;
}) {
  const { codes, pools, csrf, words, locale } = props;
  const now = Date.now();
  return (
    <Table
      caption={words.list}
      rows={codes}
      empty={words.noCodes}
      columns={[
        { head: words.id, cell: ({ id }) => <code>{id.slice(0, 12)}</code> },
        {
          head: words.state,
          cell: (code) => {
            const { tone, word } = STATES[stateOfCode(code, now)];
            return <Badge tone={tone}>{words[word]}</Badge>;
          },
        },
        // Near the front, so that a narrow window shows it.
        {
          head: words.end,
          cell: (code) =>
            stateOfCode(code, now) !== 'open' ? (
              '–'
            ) : (
              <ActForm csrf={csrf} action={`/console/codes/${code.id}/end`} isInline>
                <button class="quiet">{words.end}</button>
              </ActForm>
            ),
        },
        {
          head: words.used,
          isNumber: true,
          cell: ({ used, uses }) => `${formatCount(used, locale)} / ${formatCount(uses, locale)}`,
        },
        { head: words.pool, cell: ({ poolId }) => pools.find(({ id }) => id === poolId)?.name ?? poolId ?? '–' },
        { head: words.open, cell: ({ isPublic }) => (isPublic ? words.openYes : words.openNo) },
        { head: words.created, cell: ({ createdAt }) => <Time at={createdAt} locale={locale} /> },
        { head: words.expires, cell: ({ expiresAt }) => <Time at={expiresAt} locale={locale} /> },
      ]}
    />
  );
}
