// /console/pools: an account's pools with their members and machines, and those that it is a member of.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import type { NodeRow } from '../../auth/nodes.ts';
import type { PoolDetails } from '../../auth/pools.ts';
import { newPoolBody } from '../../auth/pool-body.ts';
import { ActForm, SelectField, TextField } from '../../look/form.tsx';
import { Note, Sheet } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import { ALL_AREAS } from '../../routes/area-calls.ts';
import { changeHome, changeMember, listAccountPools, makeOwnPool } from '../../routes/own-pools.ts';
import type { PoolDesk } from '../../routes/pool-desk.ts';
import { orAsk } from '../or-ask.ts';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { JOIN_WORDS } from './join-words.ts';
import type { JoinWords } from './join-words.ts';

export const poolsPages = new Hono<ConsoleEnv>();

const MOST_MACHINES = 200;
const changeForm = z.object({ what: z.string().trim().min(1).max(100), act: z.enum(['add', 'drop']) });

interface Told {
  readonly csrf: string;
  readonly words: JoinWords;
}

const deskOf = (c: Context<ConsoleEnv>): PoolDesk => ({ services: c.get('services'), tellNode: ALL_AREAS.tellNode });

async function showPools(c: Context<ConsoleEnv>): Promise<Response> {
  const { caller, csrf } = await requireMember(c, 'nodes');
  const words = JOIN_WORDS[c.get('visit').locale];
  const services = c.get('services');
  const [rows, machines] = await Promise.all([
    listAccountPools(services, caller.accountId),
    services.nodes.list('', MOST_MACHINES, caller.accountId),
  ]);
  const own = rows.filter(({ ownerAccountId }) => ownerAccountId === caller.accountId);
  const found = await Promise.all(own.map(({ id }) => services.pools.find(id)));
  const joined = rows.filter(({ ownerAccountId }) => ownerAccountId !== caller.accountId);
  const body = (
    <>
      <header>
        <h1>{words.pools}</h1>
        <p class="soft">{words.poolsSub}</p>
      </header>
      {c.req.query('did') === 'saved' && <Note tone="good">{words.saved}</Note>}
      {rows.length === 0 && <p>{words.noPools}</p>}
      {found.map((pool) => pool && <Pool pool={pool} machines={machines} csrf={csrf} words={words} />)}
      {joined.map(({ id, name }) => (
        <Sheet title={name}>
          <p>{words.isMember}</p>
          <Act csrf={csrf} path={`${id}/members`} what={caller.accountId} act="drop" text={words.leave} />
        </Sheet>
      ))}
      <Sheet title={words.makePool}>
        <ActForm csrf={csrf} action="/console/pools">
          <TextField
            name="name"
            label={words.poolName}
            help={words.poolNameHelp}
            isRequired
            attributes={{ maxlength: '64' }}
          />
          <button>{words.makeIt}</button>
        </ActForm>
      </Sheet>
      <p class="small soft">
        {words.yourId} <code>{caller.accountId}</code>
      </p>
    </>
  );
  return showPage(c, { title: words.pools, body });
}

poolsPages.get('/console/pools', showPools);

const ASKING = { page: '/console/pools', show: showPools, fields: { account: 'what', node: 'what' } };

poolsPages.post(
  '/console/pools',
  orAsk(ASKING, async (c) => {
    const { caller } = await requireMember(c, 'nodes');
    const { name } = await readPageForm(c, newPoolBody);
    await makeOwnPool(deskOf(c), { name, accountId: caller.accountId });
    return c.redirect('/console/pools?did=saved', 303);
  }),
);

for (const [kind, change] of [
  ['members', changeMember],
  ['homes', changeHome],
] as const)
  poolsPages.post(
    `/console/pools/:id/${kind}`,
    orAsk(ASKING, async (c) => {
      const { caller } = await requireMember(c, 'nodes');
      const { what, act } = await readPageForm(c, changeForm);
      await change(deskOf(c), caller.accountId, { poolId: c.req.param('id') ?? '', what, isIn: act === 'add' });
      return c.redirect('/console/pools?did=saved', 303);
    }),
  );

/** One button that changes one thing. */
function Act(props: { csrf: string; path: string; what: string; act: 'add' | 'drop'; text: string }) {
  const { csrf, path, what, act, text } = props;
  return (
    <ActForm csrf={csrf} action={`/console/pools/${path}`} isInline>
      <input type="hidden" name="what" value={what} />
      <button class="quiet" name="act" value={act}>
        {text}
      </button>
    </ActForm>
  );
}

function Pool({ pool, machines, csrf, words }: Told & { pool: PoolDetails; machines: readonly NodeRow[] }) {
  const others = machines.filter(({ id }) => !pool.nodes.includes(id));
  return (
    <Sheet title={pool.name}>
      <h3>{words.homes}</h3>
      <Table
        caption={words.homes}
        rows={pool.homes}
        empty={words.noHomes}
        columns={[
          { head: words.machine, cell: ({ id, name }) => name ?? id.slice(0, 17) },
          {
            head: words.drop,
            cell: ({ id }) => <Act csrf={csrf} path={`${pool.id}/homes`} what={id} act="drop" text={words.drop} />,
          },
        ]}
      />
      {others.length === 0 ? (
        <p class="small soft">{words.noOther}</p>
      ) : (
        <ActForm csrf={csrf} action={`/console/pools/${pool.id}/homes`}>
          <SelectField
            name="what"
            id={`home-${pool.id}`}
            label={words.addHome}
            choices={others.map(({ id, name }) => ({ value: id, label: name ?? id.slice(0, 17) }))}
          />
          <button name="act" value="add">
            {words.add}
          </button>
        </ActForm>
      )}
      <Members pool={pool} csrf={csrf} words={words} />
    </Sheet>
  );
}

function Members({ pool, csrf, words }: Told & { pool: PoolDetails }) {
  return (
    <>
      <h3>{words.members}</h3>
      <Table
        caption={words.members}
        rows={pool.members}
        empty={words.noMembers}
        columns={[
          { head: words.members, cell: (id) => <code>{id}</code> },
          {
            head: words.drop,
            cell: (id) => <Act csrf={csrf} path={`${pool.id}/members`} what={id} act="drop" text={words.drop} />,
          },
        ]}
      />
      <ActForm csrf={csrf} action={`/console/pools/${pool.id}/members`}>
        <TextField
          name="what"
          id={`member-${pool.id}`}
          label={words.addMember}
          help={words.memberHelp}
          isRequired
          attributes={{ maxlength: '100' }}
        />
        <button name="act" value="add">
          {words.add}
        </button>
      </ActForm>
    </>
  );
}
