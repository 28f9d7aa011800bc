// /console/operator/nodes: all homes, by id, name, address or account; one home with what is counted against it; its name, and its revocation.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { nodeChangeBody, shownText } from '../../auth/bodies.ts';
import { barOf } from '../../auth/nodes.ts';
import type { NodeRow } from '../../auth/nodes.ts';
import { ApiError } from '../../errors.ts';
import { ActForm, TextField } from '../../look/form.tsx';
import { Badge, Note, Sheet, Time } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { ALL_AREAS } from '../../routes/area-calls.ts';
import { changeNode, revokeNode } from '../../routes/node-desk.ts';
import { showPage } from '../page-answer.tsx';
import { orAsk } from '../or-ask.ts';
import { readPageForm } from '../page-form.ts';
import { FormFault } from '../tell-refusal.ts';
import { requireOperator } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { AgainstNode, EvidenceOf, NodeNow } from './node-parts.tsx';
import { orNull } from '../or-null.ts';
import { findSearch } from './find-search.ts';
import { leadOn } from './lead-on.ts';
import { AskOnce, Did, didPath, listLinks, Named, PAGE_ROWS, readList, Search, segment } from './pieces.tsx';
import { NODE_DONE, NODE_WORDS } from './words-nodes.ts';

const NODES = '/console/operator/nodes';

export const nodePages = new Hono<ConsoleEnv>();

nodePages.get(NODES, async (c) => {
  requireOperator(c);
  const { locale } = c.get('visit');
  const words = NODE_WORDS[locale];
  const { q, after } = readList(c);
  // An account's homes are a list of this page.
  const found = findSearch(q).of === 'account' ? null : await leadOn(c.get('services'), q);
  if (found !== null) return c.redirect(found, 303);
  const rows = await c.get('services').nodes.search(q, after, PAGE_ROWS);
  const body = (
    <>
      <h1>{words.title}</h1>
      <Sheet>
        <Search q={q} label={words.search} locale={locale} />
        <Table
          caption={words.title}
          columns={[
            {
              head: words.name,
              cell: (row) => (
                <a href={nodePath(row.id)}>
                  <Named>{row.name ?? row.id}</Named>
                </a>
              ),
            },
            { head: words.id, cell: (row) => <code>{row.id}</code> },
            { head: words.state, cell: (row) => <NodeState node={row} locale={locale} /> },
            { head: words.owner, cell: (row) => <AccountLink accountId={row.accountId} /> },
            { head: words.made, cell: (row) => <Time at={row.createdAt} locale={locale} /> },
          ]}
          rows={rows}
          empty={q === '' ? words.noneYet : words.noneFound(q)}
          links={listLinks(rows, { path: NODES, q, after, locale })}
        />
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body });
});

async function showNode(c: Context<ConsoleEnv>): Promise<Response> {
  const { csrf } = requireOperator(c);
  const { locale } = c.get('visit');
  const words = NODE_WORDS[locale];
  const node = await findNode(c);
  const { nodeAccount, findWhy } = c.get('services');
  const object = nodeAccount(node.id);
  const [totals, evidence, whys] = await Promise.all([
    orNull(object.totals()),
    orNull(object.evidence()),
    orNull(findWhy([node.id])),
  ]);
  const why = whys?.[0] ?? null;
  const bar = barOf(node);
  const body = (
    <>
      <h1>{node.name ?? node.id}</h1>
      <p>
        <code>{node.id}</code> <NodeState node={node} locale={locale} /> {words.owner}{' '}
        <AccountLink accountId={node.accountId} />
      </p>
      <Did c={c} words={NODE_DONE[locale]} />
      {bar !== null && (
        <Note>
          {words.revokedSaid} <bdi translate="no">{bar}</bdi>
          {node.revokedAt !== null && (
            <>
              {' '}
              (<Time at={node.revokedAt} locale={locale} />)
            </>
          )}
        </Note>
      )}
      <NodeNow node={node} why={why} locale={locale} />
      <AgainstNode totals={totals} why={why} locale={locale} />
      <EvidenceOf evidence={evidence} locale={locale} />
      <NodeForms node={node} csrf={csrf} locale={locale} />
    </>
  );
  return showPage(c, { title: node.name ?? node.id, body });
}

nodePages.get(`${NODES}/:id`, showNode);

const pathOf = (c: Context<ConsoleEnv>): string => nodePath(c.req.param('id') ?? '');
const nameForm = z.object({ name: z.string().trim().max(200) });

nodePages.post(
  `${NODES}/:id`,
  orAsk({ page: pathOf, show: showNode }, async (c) => {
    requireOperator(c);
    const { name } = await readPageForm(c, nameForm);
    const node = await findNode(c);
    const change = parseName(name);
    await changeNode(c.get('services'), node.id, { change, tellNode: ALL_AREAS.tellNode });
    return c.redirect(didPath(nodePath(node.id), 'renamed'), 303);
  }),
);

/** Throws ApiError 400. */
function parseName(name: string): z.output<typeof nodeChangeBody> {
  const parsed = nodeChangeBody.safeParse({ name: name === '' ? null : name });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw issue ? new FormFault(issue) : new ApiError('invalid_value', 'This is no name.', { param: 'name' });
}

async function askRevoke(c: Context<ConsoleEnv>): Promise<Response> {
  const { csrf } = requireOperator(c);
  const { locale } = c.get('visit');
  const words = NODE_WORDS[locale];
  const node = await findNode(c);
  const what = (
    <>
      <p>
        <strong>
          <Named>{node.name ?? words.noName}</Named>
        </strong>{' '}
        <code>{node.id}</code>
      </p>
      {node.revokedAt === null ? (
        <p>{words.revokeTold}</p>
      ) : (
        <p>
          {words.isRevoked} <bdi translate="no">{node.revokedReason}</bdi>
        </p>
      )}
    </>
  );
  const body = (
    <AskOnce title={words.revoke} act={words.revokeGo} back={nodePath(node.id)} {...{ what, csrf, locale }}>
      <TextField
        name="reason"
        label={words.reason}
        help={words.reasonHelp}
        isRequired
        attributes={{ maxlength: '200' }}
      />
    </AskOnce>
  );
  return showPage(c, { title: words.revoke, body });
}

nodePages.get(`${NODES}/:id/revoke`, askRevoke);

const revokeForm = z.object({ reason: shownText });

nodePages.post(
  `${NODES}/:id/revoke`,
  orAsk({ page: (c) => `${pathOf(c)}/revoke`, show: askRevoke }, async (c) => {
    requireOperator(c);
    const { reason } = await readPageForm(c, revokeForm);
    const node = await findNode(c);
    const { tellNode, kickNode } = ALL_AREAS;
    await revokeNode(c.get('services'), node.id, { reason, tellNode, kickNode });
    return c.redirect(didPath(nodePath(node.id), 'revoked'), 303);
  }),
);

/** The home that the page's path names. Throws ApiError 404. */
async function findNode(c: Context<ConsoleEnv>): Promise<NodeRow> {
  const node = await c.get('services').nodes.find(c.req.param('id') ?? '');
  if (!node) throw new ApiError('not_found', 'There is no such home.');
  return node;
}

function nodePath(nodeId: string): string {
  return `${NODES}/${segment(nodeId)}`;
}

function AccountLink({ accountId }: { accountId: string }) {
  return (
    <a href={`/console/operator/accounts/${segment(accountId)}`}>
      <code>{accountId}</code>
    </a>
  );
}

function NodeState({ node, locale }: { node: NodeRow; locale: Locale }) {
  const words = NODE_WORDS[locale];
  if (node.revokedAt !== null) return <Badge tone="bad">{words.revoked}</Badge>;
  if (node.isOwnerDisabled) return <Badge tone="bad">{words.barred}</Badge>;
  return (
    <>
      <Badge tone="good">{words.enrolled}</Badge>{' '}
      <Badge tone="plain">{node.isPublic ? words.isPublic : words.isPrivate}</Badge>
    </>
  );
}

function NodeForms({ node, csrf, locale }: { node: NodeRow; csrf: string; locale: Locale }) {
  const words = NODE_WORDS[locale];
  return (
    <Sheet title={words.renameGo}>
      <ActForm csrf={csrf}>
        <TextField
          name="name"
          label={words.rename}
          help={words.renameHelp}
          value={node.name ?? ''}
          attributes={{ maxlength: '200' }}
        />
        <button class="quiet">{words.renameGo}</button>
      </ActForm>
      {node.revokedAt === null && (
        <p>
          <a href={`${nodePath(node.id)}/revoke`}>{words.revoke}</a>
        </p>
      )}
    </Sheet>
  );
}
