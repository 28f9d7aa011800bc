// What the documentation says of paths that tell of the chain.
import type { Endpoint } from './endpoint.ts';

export const CHAIN_ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/audit/chain',
    title: { en: 'Chain', ja: 'チェーン' },
    told: {
      en: 'The test chain on which homes are paid what they earned, in test tokens without any value: its id, the contracts, and the newest root that is final. 404 where a network has none.',
      ja: '家の収益が、価値のないテストトークンで支払われるテストチェーンです。ID、コントラクト、最新の確定ルートを返します。チェーンのないネットワークでは404です。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: true,
    needsChain: true,
    answer: { type: 'object', required: ['chain_id', 'notice', 'payouts', 'last_final'] },
  },
  {
    method: 'get',
    path: '/v1/credit/chain',
    title: { en: 'Credit for tokens', ja: 'トークンによるクレジット' },
    told: {
      en: 'What this account is called on the chain: a random word that says nothing to anybody else. Who burns tokens for it, by `buy` of Credits or by `claimToCredit` of Payouts, adds to its credit, one credit a token, once the transaction lies deep. Test tokens, no value. 404 where a network has no chain.',
      ja: 'チェーン上でのこのアカウントの呼び名です。ほかの人には意味のない、ランダムな文字列です。これを指定してトークンを焼却すると（Creditsの `buy` か、Payoutsの `claimToCredit`）、取引が十分に深くなってから、1トークンにつき1クレジットが入ります。テストトークンに価値はありません。チェーンのないネットワークでは404です。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: false,
    needsChain: true,
    answer: { type: 'object', required: ['account_code', 'chain_id', 'notice', 'payouts', 'credits'] },
  },
];
