// The endpoints by which an account reads its jobs and where its credit came from, and sees to its alerts.
import { newAlerts } from '../billing/alert-body.ts';
import type { Endpoint } from './endpoint.ts';

const having = (...required: string[]): object => ({ type: 'object', required });
const plain = { body: null, examples: {}, isStreamed: false } as const;
const managed = { ...plain, manages: true } as const;
const PAGE = { before: 'where the page begins: `next` of the page before' };

export const ACCOUNT: readonly Endpoint[] = [
  {
    ...plain,
    method: 'get',
    path: '/v1/jobs',
    title: 'Jobs',
    told: 'Your jobs, the newest first: key, model, country and home, outcome, tokens, charge, times, and why its last home was chosen (`decision`). Of a key without `usage` its own alone. What ended in the last seconds may be missing, and with object storage the list ends after a week: later a job is found by its number, `GET /v1/receipts/{job}`. A page may have fewer jobs than `limit` and a `next` one.',
    query: {
      ...PAGE,
      limit: 'jobs of one page, 1 to 100; 50 where it is not told',
      key: 'id of the key whose jobs are told; of all where it is left out',
    },
    answer: having('data', 'next'),
  },
  {
    ...plain,
    method: 'get',
    path: '/v1/credit/history',
    title: 'Where credit came from',
    told: 'What came to your account’s credit and what went without being spent, the newest first. `type` is grant, bought, chain, gift_in, gift_out, gift_back, earned, expired, correction or moved; `amount_micro` is below 0 for what went, and stands beside it by kind of credit. With the scope `usage`.',
    query: { ...PAGE, limit: 'events of one page, 1 to 200; 50 where it is not told' },
    answer: having('data', 'next'),
  },
  {
    ...managed,
    method: 'get',
    path: '/v1/alerts',
    title: 'Alerts',
    told: 'Where your account is told of a key near its spend limit and of a low balance, and how many are on their way; `url` is null where nowhere. `sent`: the last 100 of the last 30 days, tests too, each with what was answered to its last try (a status, `away` where nobody answered, `refused` where none may be sent) and when it is tried again. This and what follows of alerts is for owners, or a key of the account’s own with the scope `keys`.',
    answer: having('url', 'low_balance_micro', 'waiting', 'sent'),
  },
  ...(['post', 'put'] as const).map((method): Endpoint => ({
    ...managed,
    method,
    path: '/v1/alerts',
    title: 'Be told',
    told: 'By webhooks signed as Standard Webhooks has it. `secret` is told once, the first time or with `new_secret`, and null where the one before stands. `POST` and `PUT` do the same.',
    body: newAlerts,
    examples: method === 'post' ? { 'spend limits': { url: 'https://example.org/hook' } } : {},
    answer: having('url', 'low_balance_micro', 'secret'),
  })),
  {
    ...managed,
    method: 'delete',
    path: '/v1/alerts',
    title: 'Be told no more',
    told: 'What is on its way goes nowhere.',
    answer: having('deleted'),
  },
  {
    ...managed,
    method: 'post',
    path: '/v1/alerts/test',
    title: 'Test the alerts',
    told: 'Sends `alerts.test` where the alerts go, signed as these and tried again as these.',
    answer: having('sent', 'event_id'),
  },
];
