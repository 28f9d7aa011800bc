// Every endpoint that callers have, in the order in which /docs tells them. A new one is one entry in the table of its room, in every language, with what it
// takes and an example that router/test/docs.test.ts sends to a real network.
import { ACCOUNT } from './account-endpoints.ts';
import { CALLS } from './call-endpoints.ts';
import { CHAIN_ENDPOINTS } from './chain-endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { MANAGED } from './managed-endpoints.ts';
import { NETWORK } from './network-endpoints.ts';
import { OWNED } from './owner-endpoints.ts';
import type { Told } from './told.ts';
import { USAGE } from './usage-endpoints.ts';

/** A table of endpoints, and what they are for. */
interface Room {
  readonly title: Told;
  readonly endpoints: readonly Endpoint[];
}

export const ROOMS: readonly Room[] = [
  { title: { en: 'Call models', ja: 'モデルの呼び出し' }, endpoints: CALLS },
  { title: { en: 'Usage, receipts and credit', ja: '利用状況・領収書・クレジット' }, endpoints: USAGE },
  { title: { en: 'Jobs, history and alerts', ja: 'ジョブ・履歴・通知' }, endpoints: ACCOUNT },
  { title: { en: 'Keys, members and homes', ja: 'キー・メンバー・家' }, endpoints: MANAGED },
  { title: { en: 'Lend machines, and pools', ja: 'マシンの貸し出しとプール' }, endpoints: OWNED },
  { title: { en: 'The test chain', ja: 'テストチェーン' }, endpoints: CHAIN_ENDPOINTS },
  { title: { en: 'The network and its books', ja: 'ネットワークと帳簿' }, endpoints: NETWORK },
];

export const ENDPOINTS: readonly Endpoint[] = ROOMS.flatMap(({ endpoints }) => endpoints);
