// Parts of the page of pools: an invitation that waits for this account, and a pool of its own with its machines, its members, and whom it has invited.
import type { Child } from 'hono/jsx';
import type { Invitation } from '../../auth/judge-invitation.ts';
import type { NodeRow } from '../../auth/nodes.ts';
import type { InvitedTo } from '../../auth/pool-invitations.ts';
import type { PoolDetails } from '../../auth/pools.ts';
import { ActForm } from '../../look/form.tsx';
import { Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import type { PoolWords } from './pool-words.ts';

export interface Told {
  readonly csrf: string;
  readonly words: PoolWords;
  readonly locale: Locale;
}

export type PoolAct = 'accept' | 'add' | 'decline' | 'drop' | 'invite' | 'withdraw';

/** One button that changes one thing. */
export function Act(props: {
  readonly csrf: string;
  readonly path: string;
  readonly what?: string;
  readonly act: PoolAct;
  readonly text: string;
  /** Said instead of its text to who hears the page. */
  readonly label?: string;
  readonly isMain?: boolean;
}) {
  const { csrf, path, what, act, text, label, isMain = false } = props;
  return (
    <ActForm csrf={csrf} action={`/console/pools/${path}`} isInline>
      {what !== undefined && <input type="hidden" name="what" value={what} />}
      <button class={isMain ? 'acts' : 'quiet acts'} name="act" value={act} aria-label={label}>
        {text}
      </button>
    </ActForm>
  );
}

export function Waiting({ invitations, ...told }: Told & { invitations: readonly InvitedTo[] }) {
  const { words } = told;
  return (
    <Sheet title={words.waiting}>
      <p>{words.waitingTold}</p>
      <Table
        caption={words.waiting}
        rows={invitations}
        empty=""
        columns={[
          { head: words.pool, cell: (one) => <AskedBy invitation={one} {...told} /> },
          { head: '', cell: (one) => <Answers invitation={one} {...told} /> },
        ]}
      />
    </Sheet>
  );
}

function AskedBy({ invitation, words, locale }: Told & { invitation: InvitedTo }) {
  const { name, ownerAccountId, expiresAt } = invitation;
  return (
    <>
      <strong>{name}</strong>
      <br />
      <span class="soft">
        {words.from} <AccountId id={ownerAccountId} />
        <br />
        {words.until} <Time at={expiresAt} locale={locale} />
      </span>
    </>
  );
}

function Answers({ invitation, csrf, words }: Told & { invitation: InvitedTo }) {
  const { poolId, name } = invitation;
  const path = `invitations/${poolId}`;
  return (
    <div class="inline">
      <Act csrf={csrf} path={path} act="accept" text={words.accept} label={words.acceptOf(name)} isMain />
      <Act csrf={csrf} path={path} act="decline" text={words.decline} label={words.declineOf(name)} />
    </div>
  );
}

/** An invitation that was refused, as it was typed. */
export interface RefusedInvite {
  readonly pool: string;
  readonly account: string;
}

export function OwnPool(
  props: Told & {
    readonly refused: RefusedInvite | null;
    readonly pool: PoolDetails;
    readonly invited: readonly Invitation[] | null;
    readonly machines: readonly NodeRow[];
  },
) {
  const { pool, invited, machines, refused, ...told } = props;
  const { words } = told;
  return (
    <Sheet title={pool.name}>
      <h3>{words.homes}</h3>
      <Homes pool={pool} machines={machines} {...told} />
      <h3>{words.members}</h3>
      <Members pool={pool} {...told} />
      {invited === null && <p class="soft">{words.away}</p>}
      {invited !== null && invited.length > 0 && <Invited pool={pool} invited={invited} {...told} />}
      <InviteForm pool={pool} refused={refused?.pool === pool.id ? refused : null} {...told} />
    </Sheet>
  );
}

function Homes({ pool, machines, csrf, words }: Told & { pool: PoolDetails; machines: readonly NodeRow[] }) {
  const others = machines.filter(({ id }) => !pool.nodes.includes(id));
  const id = `home-${pool.id}`;
  return (
    <>
      <Table
        caption={words.homesOf(pool.name)}
        rows={pool.homes}
        empty={words.noHomes}
        columns={[
          { head: words.machine, cell: (home) => nameOf(home) },
          {
            head: '',
            cell: (home) => (
              <Act
                csrf={csrf}
                path={`${pool.id}/homes`}
                what={home.id}
                act="drop"
                text={words.drop}
                label={`${words.drop}: ${nameOf(home)}`}
              />
            ),
          },
        ]}
      />
      {others.length === 0 ? (
        <p class="small soft">
          {machines.length > 0 ? (
            words.noOther
          ) : (
            <>
              {words.noMachine} <a href="/console/link">{words.addMachine}</a>
            </>
          )}
        </p>
      ) : (
        <ActForm csrf={csrf} action={`/console/pools/${pool.id}/homes`}>
          <Labelled id={id} label={words.addHome}>
            <select id={id} name="what">
              {others.map((home) => (
                <option value={home.id}>{nameOf(home)}</option>
              ))}
            </select>
          </Labelled>
          <button name="act" value="add">
            {words.add}
          </button>
        </ActForm>
      )}
    </>
  );
}

function Members({ pool, csrf, words }: Told & { pool: PoolDetails }) {
  return (
    <Table
      caption={words.membersOf(pool.name)}
      rows={pool.members}
      empty={words.noMembers}
      columns={[
        { head: words.account, cell: (id) => <AccountId id={id} /> },
        {
          head: '',
          cell: (id) => (
            <Act
              csrf={csrf}
              path={`${pool.id}/members`}
              what={id}
              act="drop"
              text={words.drop}
              label={`${words.drop}: ${id}`}
            />
          ),
        },
      ]}
    />
  );
}

function Invited(props: Told & { pool: PoolDetails; invited: readonly Invitation[] }) {
  const { pool, invited, csrf, words, locale } = props;
  return (
    <>
      <h3>{words.invited}</h3>
      <Table
        caption={words.invitedOf(pool.name)}
        rows={invited}
        empty=""
        columns={[
          {
            head: words.account,
            cell: ({ accountId, expiresAt }) => (
              <>
                <AccountId id={accountId} />
                <br />
                <span class="soft">
                  {words.until} <Time at={expiresAt} locale={locale} />
                </span>
              </>
            ),
          },
          {
            head: '',
            cell: ({ accountId }) => (
              <Act
                csrf={csrf}
                path={`${pool.id}/members`}
                what={accountId}
                act="withdraw"
                text={words.withdraw}
                label={`${words.withdraw}: ${accountId}`}
              />
            ),
          },
        ]}
      />
    </>
  );
}

function InviteForm({ pool, refused, csrf, words }: Told & { pool: PoolDetails; refused: RefusedInvite | null }) {
  const id = `member-${pool.id}`;
  const help = `help-${pool.id}`;
  return (
    <ActForm csrf={csrf} action={`/console/pools/${pool.id}/members`}>
      <Labelled id={id} label={words.invite}>
        <small class="help" id={help}>
          {words.inviteHelp}
        </small>
        <input
          id={id}
          name="what"
          type="text"
          value={refused?.account}
          required
          maxlength={100}
          autocomplete="off"
          aria-describedby={help}
          aria-invalid={refused ? 'true' : undefined}
          autofocus={refused ? true : undefined}
        />
      </Labelled>
      <button name="act" value="invite">
        {words.doInvite}
      </button>
    </ActForm>
  );
}

/** A field that stands on the page once for each pool, so its id is of the pool's. */
function Labelled({ id, label, children }: { id: string; label: string; children?: Child }) {
  return (
    <div>
      <label for={id}>{label}</label>
      {children}
    </div>
  );
}

/** May break in its middle, so that what stands beside it is seen on a narrow screen too. */
function AccountId({ id }: { id: string }) {
  return (
    <code>
      {id.slice(0, 21)}
      <wbr />
      {id.slice(21)}
    </code>
  );
}

const nameOf = ({ id, name }: { readonly id: string; readonly name: string | null }): string => name ?? id.slice(0, 17);
