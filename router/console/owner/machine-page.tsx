// /console/machines/{id}: one machine, what it earned, its name, whom it answers for, and its end.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { shownText } from '../../auth/bodies.ts';
import type { NodeRow } from '../../auth/nodes.ts';
import type { PoolRow } from '../../auth/pools.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, SelectField, TextField } from '../../look/form.tsx';
import { formatCredits } from '../../look/format-money.ts';
import { formatCount } from '../../look/format-number.ts';
import { Facts, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { ALL_AREAS } from '../../routes/area-calls.ts';
import { changeNode, revokeNode } from '../../routes/node-desk.ts';
import type { OwnerNode } from '../../routes/owner-nodes.ts';
import { findOwnerNode } from '../../routes/owner-nodes.ts';
import { orAsk } from '../or-ask.ts';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { MachineState } from './machine-state.tsx';
import { MACHINE_WORDS } from './machine-words.ts';
import type { MachineWords } from './machine-words.ts';
import { EarnedDays } from './machines-page.tsx';
import { orNull } from '../or-null.ts';

export const machinePages = new Hono<ConsoleEnv>();

const SERVED = {
  everyone: 'everyone',
  'pools and own account': 'openNo',
  'own account only': 'ownOnly',
} as const satisfies Readonly<Record<OwnerNode['models'][number]['served_to'], keyof MachineWords>>;

const changeForm = z.object({ name: z.union([z.literal(''), shownText]), public: z.enum(['yes', 'no']) });
const revokeForm = z.object({ sure: z.literal('yes') });

const machinePath = (c: Context<ConsoleEnv>): string => `/console/machines/${c.req.param('id') ?? ''}`;

interface Told {
  readonly words: MachineWords;
  readonly locale: Locale;
}

/** Of another account's machine not even its existence is told. */
async function findOwn(c: Context<ConsoleEnv>, accountId: string): Promise<NodeRow> {
  const node = await c.get('services').nodes.find(c.req.param('id') ?? '');
  if (node?.accountId !== accountId || node.revokedAt !== null)
    throw new ApiError('not_found', 'There is no such machine in this account.');
  return node;
}

async function showMachine(c: Context<ConsoleEnv>): Promise<Response> {
  const { caller, csrf } = await requireMember(c, 'usage');
  const { locale } = c.get('visit');
  const words = MACHINE_WORDS[locale];
  const row = await findOwn(c, caller.accountId);
  const services = c.get('services');
  const [node, pools] = await Promise.all([
    orNull(findOwnerNode(services, row)),
    // By their ids: it may answer for one that the account is no member of.
    orNull(services.pools.listNamed(row.pools)),
  ]);
  const title = row.name ?? words.machine;
  const body = (
    <>
      <header>
        <p class="small">
          <a href="/console/machines">{words.machines}</a>
        </p>
        <h1>{title}</h1>
        <p class="small soft">
          <code>{row.id}</code>
        </p>
      </header>
      {c.req.query('did') === 'saved' && <Note tone="good">{words.saved}</Note>}
      {node === null ? <Note tone="bad">{words.away}</Note> : <MachineNow node={node} words={words} locale={locale} />}
      {caller.scopes.includes('nodes') && <Settings row={row} pools={pools ?? []} csrf={csrf} words={words} />}
    </>
  );
  return showPage(c, { title, body });
}

machinePages.get('/console/machines/:id', showMachine);

function MachineNow({ node, words, locale }: Told & { node: OwnerNode }) {
  return (
    <>
      <Facts
        facts={[
          { name: words.state, value: <MachineState node={node} words={words} locale={locale} /> },
          { name: words.today, value: formatCredits(node.earned_today_micro, locale), note: words.credits },
          { name: words.month, value: formatCredits(node.earned_30d_micro, locale), note: words.credits },
          { name: words.jobs, value: formatCount(node.jobs_30d, locale) },
        ]}
      />
      <div class="two">
        <Sheet title={words.models}>
          <Table
            caption={words.models}
            rows={node.models}
            empty={words.noModels}
            columns={[
              { head: words.model, cell: (one) => <ModelNames model={one} words={words} /> },
              { head: words.served, cell: (one) => words[SERVED[one.served_to]] },
            ]}
          />
        </Sheet>
        <Sheet title={words.more}>
          <About node={node} words={words} locale={locale} />
        </Sheet>
      </div>
      <Sheet title={words.perDay}>
        <EarnedDays days={node.earned_days_micro ?? []} words={words} locale={locale} />
      </Sheet>
    </>
  );
}

/** Every name that callers have for it, and the machine's own where that is another. */
function ModelNames({ model, words }: { model: OwnerNode['models'][number]; words: MachineWords }) {
  const { name, catalogue_ids: ids } = model;
  if (ids.length === 0) return <code>{name}</code>;
  return (
    <>
      {ids.map((id, i) => (
        <>
          {i > 0 && ', '}
          <code>{id}</code>
        </>
      ))}
      {!ids.includes(name) && (
        <>
          <br />
          <small class="soft">
            {words.hereCalled} <code>{name}</code>
          </small>
        </>
      )}
    </>
  );
}

function About({ node, words, locale }: Told & { node: OwnerNode }) {
  const rows = [
    { name: words.since, value: <Time at={node.since} locale={locale} /> },
    {
      name: words.slots,
      value:
        node.slots === null ? '–' : `${formatCount(node.running ?? 0, locale)} / ${formatCount(node.slots, locale)}`,
    },
    { name: words.version, value: node.version?.replace(/^irori-node\//, '') ?? '–' },
    { name: words.system, value: node.platform ?? '–' },
    { name: words.hub, value: node.hub ?? '–' },
    { name: words.joined, value: <Time at={node.enrolled_at} locale={locale} /> },
  ];
  return (
    <Table
      caption={words.more}
      rows={rows}
      empty="–"
      columns={[
        { head: '', cell: ({ name }) => name },
        { head: '', cell: ({ value }) => value },
      ]}
      links={[
        { href: `/console/quiet?node=${node.id}`, text: words.whyQuiet },
        { href: `/console/earnings?node=${node.id}`, text: words.itsEarnings },
      ]}
    />
  );
}

function Settings(props: { row: NodeRow; pools: readonly PoolRow[]; csrf: string; words: MachineWords }) {
  const { row, pools, csrf, words } = props;
  return (
    <div class="two">
      <Sheet title={words.settings}>
        <ActForm csrf={csrf}>
          <TextField
            name="name"
            label={words.name}
            help={words.nameHelp}
            value={row.name ?? ''}
            attributes={{ maxlength: '200' }}
          />
          <SelectField
            name="public"
            label={words.open}
            help={words.openHelp}
            value={row.isPublic ? 'yes' : 'no'}
            choices={[
              { value: 'yes', label: words.openYes },
              { value: 'no', label: words.openNo },
            ]}
          />
          <button>{words.save}</button>
        </ActForm>
        <h3>{words.pools}</h3>
        <p>{row.pools.length === 0 ? words.noPools : words.inPools}</p>
        {row.pools.length > 0 && (
          <ul>
            {row.pools.map((id) => (
              <li>{pools.find((pool) => pool.id === id)?.name ?? <code>{id}</code>}</li>
            ))}
          </ul>
        )}
        <p>
          <a href="/console/pools">{words.managePools}</a>
        </p>
      </Sheet>
      <Sheet title={words.revoke}>
        <p>{words.revokeTold}</p>
        <ActForm csrf={csrf} action={`/console/machines/${row.id}/revoke`}>
          <label class="check">
            <input type="checkbox" name="sure" value="yes" required />
            {words.revokeSure}
          </label>
          <button class="bad">{words.revokeDo}</button>
        </ActForm>
      </Sheet>
    </div>
  );
}

machinePages.post(
  '/console/machines/:id',
  orAsk({ page: machinePath, show: showMachine }, async (c) => {
    const { caller } = await requireMember(c, 'nodes');
    const { name, public: open } = await readPageForm(c, changeForm);
    const { id, isPublic } = await findOwn(c, caller.accountId);
    const isOpen = open === 'yes';
    // Hubs are told of what changed only.
    const change = { name: name === '' ? null : name, ...(isOpen !== isPublic && { public: isOpen }) };
    await changeNode(c.get('services'), id, { change, tellNode: ALL_AREAS.tellNode });
    return c.redirect(`/console/machines/${id}?did=saved`, 303);
  }),
);

machinePages.post(
  '/console/machines/:id/revoke',
  orAsk({ page: machinePath, show: showMachine }, async (c) => {
    const { caller } = await requireMember(c, 'nodes');
    await readPageForm(c, revokeForm);
    const { id } = await findOwn(c, caller.accountId);
    await revokeNode(c.get('services'), id, { reason: 'revoked by its owner', ...ALL_AREAS });
    return c.redirect('/console/machines?did=revoked', 303);
  }),
);
