// The endpoints by which keys, members and homes are managed with a key.
import {
  keyChangeBody,
  memberChangeBody,
  newCodeBody,
  newKeyBody,
  newMemberBody,
  nodeChangeBody,
} from '../auth/bodies.ts';
import type { Endpoint } from './endpoint.ts';

const having = (...required: string[]): object => ({ type: 'object', required });
const managed = (
  endpoint: Omit<Endpoint, 'isStreamed' | 'manages' | 'body' | 'examples'> & Partial<Endpoint>,
): Endpoint => ({
  isStreamed: false,
  manages: true,
  body: null,
  examples: {},
  ...endpoint,
});

export const MANAGED: readonly Endpoint[] = [
  managed({
    method: 'get',
    path: '/v1/keys',
    title: 'Keys',
    told: 'Your member’s keys, or, of an owner’s key or the account’s own, all of the account’s; the newest first. This and what follows of keys needs the scope `keys`.',
    query: {
      after: 'where the page begins: `next` of the page before',
      limit: 'keys of one page, 1 to 200',
      revoked: 'true: those that were revoked, instead of those that live',
    },
    answer: having('data', 'next'),
  }),
  managed({
    method: 'post',
    path: '/v1/keys',
    title: 'Make a key',
    told: 'Its text is told this once. It has what the key that makes it has, where nothing is said, and never more: not in `scopes` (`call`, `usage`, `keys`, `nodes`, `members`), `models`, `limits` or life. Left out, `scopes` are `call` and `usage`. `member` is for owners. A key that is limited in what it spends, begins or runs at once makes none. An account has 1,000 keys at most.',
    body: newKeyBody,
    examples: {
      'for an app': { name: 'my app', models: ['llama3.2'], expires_in_s: 2_592_000 },
      limited: {
        name: 'a student',
        scopes: ['call'],
        limits: { spend: { day_micro: 1_000_000 }, requests_per_minute: 20 },
      },
    },
    answer: having('id', 'key', 'scopes', 'models', 'limits', 'expires_at'),
  }),
  managed({
    method: 'patch',
    path: '/v1/keys/{id}',
    title: 'Change a key',
    told: 'What is said changes, the rest stays; null is as if nothing had been said. What it may do holds at once where credit is held, and within a minute everywhere.',
    body: keyChangeBody,
    examples: { 'fewer models': { models: ['llama3.2'] } },
    answer: having('id', 'scopes', 'models'),
  }),
  managed({
    method: 'delete',
    path: '/v1/keys/{id}',
    title: 'Revoke a key',
    told: 'At once where credit is held, within a minute everywhere. Keys that it made stay.',
    answer: having('id', 'revoked'),
  }),
  managed({
    method: 'get',
    path: '/v1/members',
    title: 'Members',
    told: 'The members of your account. This and what follows of members needs the scope `members`, which owners have.',
    answer: having('data'),
  }),
  managed({
    method: 'post',
    path: '/v1/members',
    title: 'Add a member',
    told: 'A role bounds what a member’s keys may do: `owner` all, `member` `call`, `usage` and `keys`, `viewer` `usage`. Keys are made with `member` at `POST /v1/keys`.',
    body: newMemberBody,
    examples: { 'a viewer': { name: 'Ada', email: 'ada@example.org', role: 'viewer' } },
    answer: having('id', 'name', 'role'),
  }),
  managed({
    method: 'patch',
    path: '/v1/members/{id}',
    title: 'Change a member',
    told: 'The last owner stays one.',
    body: memberChangeBody,
    examples: { role: { role: 'member' } },
    answer: having('id', 'role'),
  }),
  managed({
    method: 'post',
    path: '/v1/members/{id}/invitations',
    title: 'Invite a member',
    told: 'A link to the console for a member whom nobody is yet, good once and for 7 days: whoever opens it first is the member. So an account that was made by a call gets its first person, too. The key must hold every scope of the member’s role.',
    answer: having('member', 'url', 'expires_at'),
  }),
  managed({
    method: 'delete',
    path: '/v1/members/{id}',
    title: 'Remove a member',
    told: 'Revokes all keys of the member at once. The last owner cannot be removed.',
    answer: having('id', 'removed', 'revoked_keys'),
  }),
  managed({
    method: 'get',
    path: '/v1/nodes',
    title: 'Own homes',
    told: 'The homes of your account: with the scope `usage` or `nodes`. What follows of homes needs `nodes`.',
    query: { after: 'where the page begins: `next` of the page before', limit: 'homes of one page, 1 to 200' },
    answer: having('data', 'next'),
  }),
  managed({
    method: 'post',
    path: '/v1/nodes/enrolments',
    title: 'Enrol a home',
    told: 'A code for `irori-node up --code`, told this once, for as many homes as `uses` says (1 where nothing is said), within a day.',
    body: newCodeBody,
    examples: { 'one home': {}, 'for your own calls': { public: false } },
    answer: having('code', 'expires_at', 'uses'),
  }),
  managed({
    method: 'patch',
    path: '/v1/nodes/{id}',
    title: 'Change a home',
    told: 'Its name, and whether it answers for everyone.',
    body: nodeChangeBody,
    examples: { name: { name: 'attic' } },
    answer: having('id', 'name', 'public'),
  }),
  managed({
    method: 'delete',
    path: '/v1/nodes/{id}',
    title: 'Revoke a home',
    told: 'Its line is closed, and it comes back no more.',
    query: { reason: 'what the home and others are told of why' },
    answer: having('id', 'revoked_at'),
  }),
];
