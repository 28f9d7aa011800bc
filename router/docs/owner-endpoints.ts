// The endpoints by which owners have an account, link machines and see their homes, without an operator.
import { linkDecisionBody, nodeChangeBody, signUpBody } from '../auth/bodies.ts';
import { invitationBody, newPoolBody } from '../auth/pool-body.ts';
import type { Endpoint } from './endpoint.ts';

const having = (...required: string[]): object => ({ type: 'object', required });
const owned = (endpoint: Omit<Endpoint, 'isStreamed' | 'body' | 'examples'> & Partial<Endpoint>): Endpoint => ({
  isStreamed: false,
  body: null,
  examples: {},
  ...endpoint,
});

export const OWNED: readonly Endpoint[] = [
  owned({
    method: 'post',
    path: '/v1/accounts',
    title: 'Make an account',
    told: 'An account of your own with a key of all scopes, told this once, where the network lets anybody have one (403 where it does not). No credit comes with it. Five a day from one address family.',
    body: signUpBody,
    manages: true,
    isOpen: true,
    answer: having('account', 'key', 'scopes'),
  }),
  owned({
    method: 'get',
    path: '/v1/owner/links/{code}',
    title: 'A machine that waits',
    told: 'The machine that shows this code of eight letters, in any case, with or without a dash: what it says of itself, and the account that it would join. `/link` is a page for it. This and the decision need the scope `nodes`; of codes that do not exist an account may try 20 an hour.',
    answer: having('user_code', 'state', 'machine', 'account', 'expires_at'),
  }),
  owned({
    method: 'post',
    path: '/v1/owner/links/{code}',
    title: 'Link a machine',
    told: 'Says yes or no, once: the same decision again is the same, another one is a conflict. `name` is what the machine is called, `pool` the id of a pool of yours that it joins (then it answers for everyone only where `public` is true).',
    body: linkDecisionBody,
    answer: having('user_code', 'state'),
  }),
  owned({
    method: 'get',
    path: '/v1/owner/nodes',
    title: 'Own homes, as they stand',
    told: 'The homes of your account with their state (`idle`, `busy`, `paused`, `cooling`, `offline`), the reason, models with whom they serve, slots, and jobs and earnings of today and of 30 days (UTC). With the scope `usage` or `nodes`, or asked by a home of the account.',
    query: {
      after: 'where the page begins: `next` of the page before',
      limit: 'homes of one page, 1 to 50',
      by: '`day` adds `earned_days_micro` to each: 30 days, the oldest first',
    },
    answer: having('data', 'next'),
  }),
  owned({
    method: 'patch',
    path: '/v1/owner/nodes/{id}',
    title: 'Name a home',
    told: 'As `PATCH /v1/nodes/{id}`.',
    body: nodeChangeBody,
    answer: having('id', 'name', 'public'),
  }),
  owned({
    method: 'delete',
    path: '/v1/owner/nodes/{id}',
    title: 'Revoke a home of yours',
    told: 'As `DELETE /v1/nodes/{id}`. What it has earned stays with the account.',
    query: { reason: 'what the home and others are told of why' },
    answer: having('id', 'revoked_at'),
  }),
  owned({
    method: 'get',
    path: '/v1/nodes/enrolments',
    title: 'Codes of an account',
    told: 'Codes that let homes join, of the last week: how many have used each, the pool, until when it is good, and whether it is `open`, `used` up or `over`; never its text.',
    answer: having('data'),
  }),
  owned({
    method: 'delete',
    path: '/v1/nodes/enrolments/{id}',
    title: 'End a code',
    told: 'Nothing joins by it from now on; what has joined stays. The same again is the same.',
    answer: having('id', 'revoked'),
  }),
  owned({
    method: 'get',
    path: '/v1/pools',
    title: 'Pools of an account',
    told: 'Pools that the account has, and those that it is a member of.',
    answer: having('data'),
  }),
  owned({
    method: 'post',
    path: '/v1/pools',
    title: 'Make a pool',
    told: 'Homes that answer for some. The name is what callers say in `provider.pool`; no two look alike. An account has at most 20.',
    body: newPoolBody,
    manages: true,
    answer: having('id', 'name', 'owner_account_id'),
  }),
  owned({
    method: 'get',
    path: '/v1/pools/{id}',
    title: 'A pool',
    told: 'A pool of the account’s own, with its members, those who were invited and have not answered (`invitations`), and homes.',
    answer: having('id', 'members', 'invitations', 'homes'),
  }),
  owned({
    method: 'post',
    path: '/v1/pools/{id}/members',
    title: 'Invite an account',
    told: 'By the pool’s owner. The account becomes a member when it says yes; until then it counts as nothing. What nobody answers ends after 30 days; 100 of a pool, and 100 for one account, wait at most (409). Of an account that does not exist the answer is the same. Again is the same (200). Jobs between members and homes of a pool pay only what bought credit paid.',
    body: invitationBody,
    manages: true,
    answer: having('pool', 'account', 'state', 'created_at', 'expires_at'),
  }),
  owned({
    method: 'delete',
    path: '/v1/pools/{id}/members/{account}',
    title: 'Remove a member',
    told: 'By the pool’s owner, or by a member that leaves (then `left` is true).',
    answer: having('id'),
  }),
  owned({
    method: 'delete',
    path: '/v1/pools/{id}/invitations/{account}',
    title: 'Withdraw an invitation',
    told: 'By the pool’s owner. Again is the same.',
    answer: having('id', 'members', 'invitations'),
  }),
  owned({
    method: 'get',
    path: '/v1/pools/invitations',
    title: 'Invitations that wait for the account',
    told: 'Pools whose owners ask the account to become a member, the newest first.',
    answer: having('data'),
  }),
  owned({
    method: 'post',
    path: '/v1/pools/invitations/{pool}/accept',
    title: 'Accept an invitation',
    told: 'From now on the account’s keys may call the pool. Without a body; again is the same. 404 where none waits: it was withdrawn, or has ended.',
    answer: having('id', 'name', 'owner_account_id'),
  }),
  owned({
    method: 'delete',
    path: '/v1/pools/invitations/{pool}',
    title: 'Decline an invitation',
    told: 'Nothing has changed by it. 404 where none waits.',
    answer: having('pool', 'declined'),
  }),
  ...(['put', 'delete'] as const).map((method) =>
    owned({
      method,
      path: '/v1/pools/{id}/nodes/{node}',
      title: method === 'put' ? 'Put a home in' : 'Take a home out',
      told: 'A home of the account’s own.',
      answer: having('id'),
    }),
  ),
];
