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
    title: { en: 'Make an account', ja: 'アカウントの作成' },
    told: {
      en: 'An account of your own with a key of all scopes, told this once, where the network lets anybody have one (403 where it does not). No credit comes with it. Five a day from one address family.',
      ja: '自分のアカウントと、すべてのスコープを持つキーを作ります。キーが返るのはこの一度だけです。誰でもアカウントを作れるネットワークだけで使え、そうでなければ403です。クレジットは付きません。1つのアドレス範囲から1日5件までです。',
    },
    body: signUpBody,
    manages: true,
    isOpen: true,
    answer: having('account', 'key', 'scopes'),
  }),
  owned({
    method: 'get',
    path: '/v1/owner/links/{code}',
    title: { en: 'A machine that waits', ja: '承認を待つマシン' },
    told: {
      en: 'The machine that shows this code of eight letters, in any case, with or without a dash: what it says of itself, and the account that it would join. `/link` is a page for it. This and the decision need the scope `nodes`; of codes that do not exist an account may try 20 an hour.',
      ja: 'このコード（8文字、大文字と小文字の区別なし、ハイフンは任意）を表示しているマシンについて、マシンが自ら示した情報と、参加先のアカウントを返します。これを行うページが `/link` です。この確認と次の決定にはスコープ `nodes` が必要です。存在しないコードを試せるのは、アカウントごとに1時間に20回までです。',
    },
    answer: having('user_code', 'state', 'machine', 'account', 'expires_at'),
  }),
  owned({
    method: 'post',
    path: '/v1/owner/links/{code}',
    title: { en: 'Link a machine', ja: 'マシンの承認・拒否' },
    told: {
      en: 'Says yes or no, once: the same decision again is the same, another one is a conflict. `name` is what the machine is called, `pool` the id of a pool of yours that it joins (then it answers for everyone only where `public` is true).',
      ja: '承認か拒否を一度だけ決めます。同じ決定を繰り返しても結果は変わらず、別の決定は競合になります。`name` はマシンの名前、`pool` は参加させる自分のプールのIDです（その場合、全員に応答するのは `public` がtrueのときだけです）。',
    },
    body: linkDecisionBody,
    answer: having('user_code', 'state'),
  }),
  owned({
    method: 'get',
    path: '/v1/owner/nodes',
    title: { en: 'Own homes, as they stand', ja: '自分の家の現状' },
    told: {
      en: 'The homes of your account with their state (`idle`, `busy`, `paused`, `cooling`, `offline`), the reason, models with whom they serve, slots, and jobs and earnings of today and of 30 days (UTC). With the scope `usage` or `nodes`, or asked by a home of the account.',
      ja: 'アカウントの家を、状態（`idle`、`busy`、`paused`、`cooling`、`offline`）、その理由、モデルと提供先、同時に処理できる数、今日と30日間（UTC）のジョブと収益と合わせて返します。スコープ `usage` か `nodes` が必要です。アカウントの家からも呼び出せます。',
    },
    query: {
      after: { en: 'where the page begins: `next` of the page before', ja: 'ページの先頭。前のページの `next` の値' },
      limit: { en: 'homes of one page, 1 to 50', ja: '1ページの家の数、1〜50' },
      by: {
        en: '`day` adds `earned_days_micro` to each: 30 days, the oldest first',
        ja: '`day` を指定すると、各家に `earned_days_micro`（30日間、古い順）が付きます',
      },
    },
    answer: having('data', 'next'),
  }),
  owned({
    method: 'patch',
    path: '/v1/owner/nodes/{id}',
    title: { en: 'Name a home', ja: '家の名前' },
    told: { en: 'As `PATCH /v1/nodes/{id}`.', ja: '`PATCH /v1/nodes/{id}` と同じです。' },
    body: nodeChangeBody,
    answer: having('id', 'name', 'public'),
  }),
  owned({
    method: 'delete',
    path: '/v1/owner/nodes/{id}',
    title: { en: 'Revoke a home of yours', ja: '自分の家の失効' },
    told: {
      en: 'As `DELETE /v1/nodes/{id}`. What it has earned stays with the account.',
      ja: '`DELETE /v1/nodes/{id}` と同じです。それまでの収益はアカウントに残ります。',
    },
    query: { reason: { en: 'what the home and others are told of why', ja: '理由。家やほかの人にも伝えられます' } },
    answer: having('id', 'revoked_at'),
  }),
  owned({
    method: 'get',
    path: '/v1/nodes/enrolments',
    title: { en: 'Codes of an account', ja: '参加コードの一覧' },
    told: {
      en: 'Codes that let homes join, of the last week: how many have used each, the pool, until when it is good, and whether it is `open`, `used` up or `over`; never its text.',
      ja: '家が参加するためのコードのうち、直近1週間のものです。使った家の数、プール、有効期限と、`open`（有効）、`used`（使用済み）、`over`（終了）の別が分かります。コードの文字列は返りません。',
    },
    answer: having('data'),
  }),
  owned({
    method: 'delete',
    path: '/v1/nodes/enrolments/{id}',
    title: { en: 'End a code', ja: '参加コードの終了' },
    told: {
      en: 'Nothing joins by it from now on; what has joined stays. The same again is the same.',
      ja: '以後そのコードでは参加できません。すでに参加した家はそのままです。繰り返しても結果は変わりません。',
    },
    answer: having('id', 'revoked'),
  }),
  owned({
    method: 'get',
    path: '/v1/pools',
    title: { en: 'Pools of an account', ja: 'プールの一覧' },
    told: {
      en: 'Pools that the account has, and those that it is a member of.',
      ja: 'アカウントのプールと、メンバーになっているプールです。',
    },
    answer: having('data'),
  }),
  owned({
    method: 'post',
    path: '/v1/pools',
    title: { en: 'Make a pool', ja: 'プールの作成' },
    told: {
      en: 'Homes that answer for some. The name is what callers say in `provider.pool`; no two look alike. An account has at most 20.',
      ja: '決まった相手に応答する家の集まりです。名前は、呼び出し元が `provider.pool` に指定するもので、ほかと紛らわしい名前は使えません。1つのアカウントに20個までです。',
    },
    body: newPoolBody,
    manages: true,
    answer: having('id', 'name', 'owner_account_id'),
  }),
  owned({
    method: 'get',
    path: '/v1/pools/{id}',
    title: { en: 'A pool', ja: 'プール1件' },
    told: {
      en: 'A pool of the account’s own, with its members, those who were invited and have not answered (`invitations`), and homes.',
      ja: 'アカウント自身のプールと、そのメンバー、回答待ちの招待（`invitations`）、家です。',
    },
    answer: having('id', 'members', 'invitations', 'homes'),
  }),
  owned({
    method: 'post',
    path: '/v1/pools/{id}/members',
    title: { en: 'Invite an account', ja: 'アカウントの招待' },
    told: {
      en: 'By the pool’s owner. The account becomes a member when it says yes; until then it counts as nothing. What nobody answers ends after 30 days; 100 of a pool, and 100 for one account, wait at most (409). Of an account that does not exist the answer is the same. Again is the same (200). Jobs between members and homes of a pool pay only what bought credit paid.',
      ja: 'プールのオーナーが行います。相手が承諾するとメンバーになり、それまでは何の効果もありません。回答のない招待は30日で終わり、回答待ちは1つのプールで100件、1つのアカウントで100件までです（超えると409）。存在しないアカウントへの招待でも、答えは同じです。繰り返しても同じです（200）。プールのメンバーと家の間のジョブで収益になるのは、購入したクレジットで支払われた分だけです。',
    },
    body: invitationBody,
    manages: true,
    answer: having('pool', 'account', 'state', 'created_at', 'expires_at'),
  }),
  owned({
    method: 'delete',
    path: '/v1/pools/{id}/members/{account}',
    title: { en: 'Remove a member of a pool', ja: 'プールのメンバーの削除' },
    told: {
      en: 'By the pool’s owner, or by a member that leaves (then `left` is true).',
      ja: 'プールのオーナーが行います。メンバー自身が脱退することもできます（そのとき `left` はtrue）。',
    },
    answer: having('id'),
  }),
  owned({
    method: 'delete',
    path: '/v1/pools/{id}/invitations/{account}',
    title: { en: 'Withdraw an invitation', ja: '招待の取り消し' },
    told: {
      en: 'By the pool’s owner. Again is the same.',
      ja: 'プールのオーナーが行います。繰り返しても結果は変わりません。',
    },
    answer: having('id', 'members', 'invitations'),
  }),
  owned({
    method: 'get',
    path: '/v1/pools/invitations',
    title: { en: 'Invitations that wait for the account', ja: '届いている招待' },
    told: {
      en: 'Pools whose owners ask the account to become a member, the newest first.',
      ja: 'アカウントをメンバーに招待しているプールを、新しい順に返します。',
    },
    answer: having('data'),
  }),
  owned({
    method: 'post',
    path: '/v1/pools/invitations/{pool}/accept',
    title: { en: 'Accept an invitation', ja: '招待の承諾' },
    told: {
      en: 'From now on the account’s keys may call the pool. Without a body; again is the same. 404 where none waits: it was withdrawn, or has ended.',
      ja: '以後、アカウントのキーでプールを呼び出せます。本文は不要で、繰り返しても結果は変わりません。回答待ちの招待がなければ404です（取り消されたか、期限が過ぎています）。',
    },
    answer: having('id', 'name', 'owner_account_id'),
  }),
  owned({
    method: 'delete',
    path: '/v1/pools/invitations/{pool}',
    title: { en: 'Decline an invitation', ja: '招待の辞退' },
    told: {
      en: 'Nothing has changed by it. 404 where none waits.',
      ja: '何も変わりません。回答待ちの招待がなければ404です。',
    },
    answer: having('pool', 'declined'),
  }),
  ...(['put', 'delete'] as const).map((method) =>
    owned({
      method,
      path: '/v1/pools/{id}/nodes/{node}',
      title:
        method === 'put'
          ? { en: 'Put a home in', ja: '家をプールに入れる' }
          : { en: 'Take a home out', ja: '家をプールから外す' },
      told: { en: 'A home of the account’s own.', ja: 'アカウント自身の家を指定します。' },
      answer: having('id'),
    }),
  ),
];
