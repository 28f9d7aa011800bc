// /console/pools: an account's pools with their members and machines, those that it is a member of, and invitations that wait for its answer.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { invitationBody, newPoolBody } from '../../auth/pool-body.ts';
import { ActForm, TextField } from '../../look/form.tsx';
import { Note, Sheet } from '../../look/pieces.tsx';
import { ALL_AREAS } from '../../routes/area-calls.ts';
import {
  acceptInvitation,
  declineInvitation,
  inviteToPool,
  listInvitations,
  withdrawInvitation,
} from '../../routes/invitation-desk.ts';
import type { InviteFault } from '../../routes/invitation-desk.ts';
import { changeHome, dropMember, listAccountPools, makeOwnPool } from '../../routes/own-pools.ts';
import type { PoolDesk } from '../../routes/pool-desk.ts';
import { orAsk } from '../or-ask.ts';
import type { Services } from '../../services/edge.ts';
import { readPageForm } from '../page-form.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { orNull } from '../or-null.ts';
import { Act, OwnPool, Waiting } from './pool-parts.tsx';
import type { RefusedInvite } from './pool-parts.tsx';
import { POOL_WORDS } from './pool-words.ts';
import type { PoolWords } from './pool-words.ts';

export const poolsPages = new Hono<ConsoleEnv>();

const MOST_MACHINES = 200;
const what = z.string().trim().min(1).max(100);
const homeForm = z.object({ what, act: z.enum(['add', 'drop']) });
const memberForm = z.object({ what, act: z.enum(['invite', 'withdraw', 'drop']) });
const answerForm = z.object({ act: z.enum(['accept', 'decline']) });

/** What a form did, or why it did not, as the page's address says it. */
const DID = {
  saved: 'saved',
  invite: 'didInvite',
  withdraw: 'didWithdraw',
  accept: 'didAccept',
  decline: 'didDecline',
  left: 'didLeave',
} as const satisfies Readonly<Record<string, keyof PoolWords>>;
const FAULTS = {
  'no-id': 'noId',
  'is-own': 'noOwn',
  'is-member': 'noMember',
  'pool-full': 'noPoolFull',
  'account-full': 'noAccountFull',
  gone: 'noGone',
} as const satisfies Readonly<Record<InviteFault | 'no-id' | 'gone', keyof PoolWords>>;

const deskOf = (c: Context<ConsoleEnv>): PoolDesk => ({ services: c.get('services'), tellNode: ALL_AREAS.tellNode });
const tellDone = (c: Context<ConsoleEnv>, did: keyof typeof DID) => c.redirect(`/console/pools?did=${did}`, 303);
const tellFault = (c: Context<ConsoleEnv>, fault: keyof typeof FAULTS, invite?: RefusedInvite) =>
  c.redirect(`/console/pools?${String(new URLSearchParams({ no: fault, ...invite }))}`, 303);

async function showPools(c: Context<ConsoleEnv>): Promise<Response> {
  const { caller, csrf } = await requireMember(c, 'nodes');
  const { locale } = c.get('visit');
  const words = POOL_WORDS[locale];
  const { own, joined, machines, waiting } = await readPools(c.get('services'), caller.accountId);
  const told = { csrf, words, locale };
  const refused =
    c.req.query('no') === undefined
      ? null
      : { pool: c.req.query('pool') ?? '', account: (c.req.query('account') ?? '').slice(0, 100) };
  const body = (
    <>
      <header>
        <h1>{words.pools}</h1>
        <p class="soft">{words.poolsSub}</p>
      </header>
      <Outcome did={c.req.query('did')} no={c.req.query('no')} words={words} />
      {waiting === null && <p class="soft">{words.away}</p>}
      {waiting !== null && waiting.length > 0 && <Waiting invitations={waiting} {...told} />}
      {own.length + joined.length === 0 && <p>{words.noPools}</p>}
      {own.map(
        ({ pool, invited }) =>
          pool && <OwnPool pool={pool} invited={invited} machines={machines} refused={refused} {...told} />,
      )}
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

async function readPools(services: Services, accountId: string) {
  const [rows, machines, waiting] = await Promise.all([
    listAccountPools(services, accountId),
    orNull(services.nodes.list('', MOST_MACHINES, accountId)),
    orNull(listInvitations(services, accountId)),
  ]);
  const isOwn = ({ ownerAccountId }: { readonly ownerAccountId: string }): boolean => ownerAccountId === accountId;
  const now = Date.now();
  const own = await Promise.all(
    rows.filter(isOwn).map(async ({ id }) => {
      const [pool, invited] = await Promise.all([
        services.pools.find(id),
        orNull(services.pools.invitations.listOfPool(id, now)),
      ]);
      return { pool, invited };
    }),
  );
  return { own, joined: rows.filter((row) => !isOwn(row)), machines: machines ?? [], waiting };
}

function Outcome({ did, no, words }: { did: string | undefined; no: string | undefined; words: PoolWords }) {
  if (no !== undefined && Object.hasOwn(FAULTS, no))
    return <Note tone="bad">{words[FAULTS[no as keyof typeof FAULTS]]}</Note>;
  if (did !== undefined && Object.hasOwn(DID, did))
    return <Note tone="good">{words[DID[did as keyof typeof DID]]}</Note>;
  return null;
}

poolsPages.get('/console/pools', showPools);

const ASKING = { page: '/console/pools', show: showPools, fields: { node: 'what' } };

poolsPages.post(
  '/console/pools',
  orAsk(ASKING, async (c) => {
    const { caller } = await requireMember(c, 'nodes');
    const { name } = await readPageForm(c, newPoolBody);
    await makeOwnPool(deskOf(c), { name, accountId: caller.accountId });
    return tellDone(c, 'saved');
  }),
);

poolsPages.post(
  '/console/pools/:id/homes',
  orAsk(ASKING, async (c) => {
    const { caller } = await requireMember(c, 'nodes');
    const { what: nodeId, act } = await readPageForm(c, homeForm);
    await changeHome(deskOf(c), caller.accountId, { poolId: c.req.param('id') ?? '', nodeId, isIn: act === 'add' });
    return tellDone(c, 'saved');
  }),
);

poolsPages.post('/console/pools/:id/members', async (c) => {
  const { caller } = await requireMember(c, 'nodes');
  const { what: account, act } = await readPageForm(c, memberForm);
  const of = { poolId: c.req.param('id'), account };
  if (act === 'drop') {
    await dropMember(deskOf(c), caller.accountId, of);
    return tellDone(c, account === caller.accountId ? 'left' : 'saved');
  }
  if (act === 'withdraw') {
    await withdrawInvitation(c.get('services'), caller.accountId, of);
    return tellDone(c, 'withdraw');
  }
  if (!invitationBody.safeParse({ account }).success) return tellFault(c, 'no-id', { pool: of.poolId, account });
  const made = await inviteToPool(c.get('services'), caller.accountId, of);
  return made.ok ? tellDone(c, 'invite') : tellFault(c, made.error, { pool: of.poolId, account });
});

poolsPages.post('/console/pools/invitations/:id', async (c) => {
  const { caller } = await requireMember(c, 'nodes');
  const { act } = await readPageForm(c, answerForm);
  const poolId = c.req.param('id');
  const isDone =
    act === 'accept'
      ? await acceptInvitation(deskOf(c), caller.accountId, poolId)
      : await declineInvitation(c.get('services'), caller.accountId, poolId);
  return isDone ? tellDone(c, act) : tellFault(c, 'gone');
});
