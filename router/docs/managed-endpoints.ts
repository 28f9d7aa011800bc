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
    title: { en: 'Keys', ja: 'キーの一覧' },
    told: {
      en: 'Your member’s keys, or, of an owner’s key or the account’s own, all of the account’s; the newest first. This and what follows of keys needs the scope `keys`.',
      ja: '自分のメンバーのキーを新しい順に返します。オーナーのキーやアカウント自身のキーには、アカウントのすべてのキーが返ります。キーに関するエンドポイントはすべて、スコープ `keys` が必要です。',
    },
    query: {
      after: { en: 'where the page begins: `next` of the page before', ja: 'ページの先頭。前のページの `next` の値' },
      limit: { en: 'keys of one page, 1 to 200', ja: '1ページのキーの数、1〜200' },
      revoked: {
        en: 'true: those that were revoked, instead of those that live',
        ja: 'true：有効なキーではなく、失効したキーを返します',
      },
    },
    answer: having('data', 'next'),
  }),
  managed({
    method: 'post',
    path: '/v1/keys',
    title: { en: 'Make a key', ja: 'キーの作成' },
    told: {
      en: 'Its text is told this once. It has what the key that makes it has, where nothing is said, and never more: not in `scopes` (`call`, `usage`, `keys`, `nodes`, `members`), `models`, `limits` or life. Left out, `scopes` are `call` and `usage`. `member` is for owners. A key that is limited in what it spends, begins or runs at once makes none. An account has 1,000 keys at most.',
      ja: 'キーの文字列が返るのはこの一度だけです。指定しない項目は作成に使ったキーと同じになり、`scopes`（`call`、`usage`、`keys`、`nodes`、`members`）、`models`、`limits`、有効期間のどれも、そのキーを超えることはできません。`scopes` を省略すると `call` と `usage` です。`member` を指定できるのはオーナーだけです。利用額、開始数、同時実行数のいずれかに上限のあるキーでは作れません。1つのアカウントのキーは1,000本までです。',
    },
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
    title: { en: 'Change a key', ja: 'キーの変更' },
    told: {
      en: 'What is said changes, the rest stays; null is as if nothing had been said. What it may do holds at once where credit is held, and within a minute everywhere.',
      ja: '指定した項目だけが変わり、残りはそのままです。nullは、指定がなかったのと同じ状態に戻します。許可の変更は、クレジットを管理している所ではただちに、それ以外でも1分以内に有効になります。',
    },
    body: keyChangeBody,
    examples: { 'fewer models': { models: ['llama3.2'] } },
    answer: having('id', 'scopes', 'models'),
  }),
  managed({
    method: 'delete',
    path: '/v1/keys/{id}',
    title: { en: 'Revoke a key', ja: 'キーの失効' },
    told: {
      en: 'At once where credit is held, within a minute everywhere. Keys that it made stay.',
      ja: 'クレジットを管理している所ではただちに、それ以外でも1分以内に使えなくなります。そのキーで作ったキーは残ります。',
    },
    answer: having('id', 'revoked'),
  }),
  managed({
    method: 'get',
    path: '/v1/members',
    title: { en: 'Members', ja: 'メンバーの一覧' },
    told: {
      en: 'The members of your account. This and what follows of members needs the scope `members`, which owners have.',
      ja: 'アカウントのメンバーです。メンバーに関するエンドポイントはすべて、オーナーの持つスコープ `members` が必要です。',
    },
    answer: having('data'),
  }),
  managed({
    method: 'post',
    path: '/v1/members',
    title: { en: 'Add a member', ja: 'メンバーの追加' },
    told: {
      en: 'A role bounds what a member’s keys may do: `owner` all, `member` `call`, `usage` and `keys`, `viewer` `usage`. Keys are made with `member` at `POST /v1/keys`.',
      ja: 'メンバーのキーでできることは役割で決まります。`owner` はすべて、`member` は `call`、`usage`、`keys`、`viewer` は `usage` です。メンバーのキーは `POST /v1/keys` に `member` を指定して作ります。',
    },
    body: newMemberBody,
    examples: { 'a viewer': { name: 'Ada', email: 'ada@example.org', role: 'viewer' } },
    answer: having('id', 'name', 'role'),
  }),
  managed({
    method: 'patch',
    path: '/v1/members/{id}',
    title: { en: 'Change a member', ja: 'メンバーの変更' },
    told: { en: 'The last owner stays one.', ja: '最後のオーナーの役割は変えられません。' },
    body: memberChangeBody,
    examples: { role: { role: 'member' } },
    answer: having('id', 'role'),
  }),
  managed({
    method: 'post',
    path: '/v1/members/{id}/invitations',
    title: { en: 'Invite a member', ja: 'メンバーの招待' },
    told: {
      en: 'A link to the console for a member whom nobody is yet, good once and for 7 days: whoever opens it first is the member. So an account that was made by a call gets its first person, too. The key must hold every scope of the member’s role.',
      ja: 'まだ誰も使っていないメンバーのための、コンソールへのリンクです。7日間、1回だけ有効で、最初に開いた人がそのメンバーになります。APIで作ったアカウントの最初の人も、この方法で入れます。キーには、そのメンバーの役割が持つスコープがすべて必要です。',
    },
    answer: having('member', 'url', 'expires_at'),
  }),
  managed({
    method: 'delete',
    path: '/v1/members/{id}',
    title: { en: 'Remove a member', ja: 'メンバーの削除' },
    told: {
      en: 'Revokes all keys of the member at once. The last owner cannot be removed.',
      ja: 'そのメンバーのキーはすべてただちに失効します。最後のオーナーは削除できません。',
    },
    answer: having('id', 'removed', 'revoked_keys'),
  }),
  managed({
    method: 'get',
    path: '/v1/nodes',
    title: { en: 'Own homes', ja: '自分の家' },
    told: {
      en: 'The homes of your account: with the scope `usage` or `nodes`. What follows of homes needs `nodes`.',
      ja: 'アカウントの家です。スコープ `usage` か `nodes` が必要です。以下の、家に関するエンドポイントには `nodes` が必要です。',
    },
    query: {
      after: { en: 'where the page begins: `next` of the page before', ja: 'ページの先頭。前のページの `next` の値' },
      limit: { en: 'homes of one page, 1 to 200', ja: '1ページの家の数、1〜200' },
    },
    answer: having('data', 'next'),
  }),
  managed({
    method: 'post',
    path: '/v1/nodes/enrolments',
    title: { en: 'Enrol a home', ja: '家の登録' },
    told: {
      en: 'A code for `irori-node up --code`, told this once, for as many homes as `uses` says (1 where nothing is said), within a day.',
      ja: '`irori-node up --code` に渡すコードです。返るのはこの一度だけで、1日以内に、`uses` で指定した数（省略すると1）の家に使えます。',
    },
    body: newCodeBody,
    examples: { 'one home': {}, 'for your own calls': { public: false } },
    answer: having('code', 'expires_at', 'uses'),
  }),
  managed({
    method: 'patch',
    path: '/v1/nodes/{id}',
    title: { en: 'Change a home', ja: '家の変更' },
    told: { en: 'Its name, and whether it answers for everyone.', ja: '名前と、全員に応答するかどうかを変えます。' },
    body: nodeChangeBody,
    examples: { name: { name: 'attic' } },
    answer: having('id', 'name', 'public'),
  }),
  managed({
    method: 'delete',
    path: '/v1/nodes/{id}',
    title: { en: 'Revoke a home', ja: '家の失効' },
    told: { en: 'Its line is closed, and it comes back no more.', ja: '接続は切られ、その家は二度と参加できません。' },
    query: { reason: { en: 'what the home and others are told of why', ja: '理由。家やほかの人にも伝えられます' } },
    answer: having('id', 'revoked_at'),
  }),
];
