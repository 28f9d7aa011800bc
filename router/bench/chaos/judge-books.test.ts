import { describe, expect, test } from 'vitest';
import type { SettlementJson } from '../../../schema/settlement.ts';
import type { CalledJob } from './chaos-call.ts';
import { judgeBooks } from './judge-books.ts';
import type { Asked, BooksNow } from './judge-books.ts';

const NODE = 'node_1';

function part(jobId: string, charge: number, more: Partial<SettlementJson> = {}): SettlementJson {
  const acceptance = { amount: '9', count: '1', cumulativeAmount: '9' };
  return { jobId, part: 0, accountId: 'acct_c', nodeId: NODE, charge, earn: 9, acceptance, ...more } as SettlementJson;
}

function call(more: Partial<CalledJob> = {}): CalledJob {
  const planned = { kind: 'stream', caller: 0, prompt: 'say-4x0', tokens: 4, after: 1 } as const;
  return {
    planned,
    end: 'done',
    told: [{ job: 'job_1', charge: 10, outputTokens: 4 }],
    earlier: [],
    unseen: 0,
    error: null,
    ...more,
  };
}

/** One answer of 10 units, of which its home earned 9. */
const BOOKS: BooksNow = {
  books: { grants: -100, acct_c: 90, 'owner:acct_o': 9, fees: 1 },
  check: { ok: true, total_micro: 0, unbalanced_events: [], drifted_books: [], overdrawn_accounts: 0 },
  objects: {
    accounts: [{ id: 'acct_c', balance: 90, held: 0, charged: 10, waiting: 0, unpayable: 0 }],
    nodes: [
      { id: NODE, count: 1, cumulativeAmount: 9, equivocations: 0, sealEquivocations: 0, waiting: 0, unpayable: 0 },
    ],
  },
  settlements: [part('job_1', 10)],
};
const ASKED: Asked = { calls: [call()], granted: { acct_c: 100 }, promptTokens: 7, mayBeForgotten: new Set() };

const judge = (asked: Partial<Asked> = {}, books: Partial<BooksNow> = {}): string[] =>
  judgeBooks({ ...ASKED, ...asked }, { ...BOOKS, ...books }).map(({ what, of }) => `${of}: ${what}`);

test('nothing is said of books that are as told', () => {
  expect(judge()).toEqual([]);
});

describe('what callers were told', () => {
  test('is what is booked, to the unit', () => {
    const told = [{ job: 'job_1', charge: 11, outputTokens: 4 }];
    expect(judge({ calls: [call({ told })] })).toEqual(['job_1: 11 were told, and 10 are booked']);
  });

  test('may be nothing: then no more is booked than the whole answer costs', () => {
    const told = [{ job: 'job_1', charge: null, outputTokens: null }];
    expect(judge({ calls: [call({ end: 'cut', told })] })).toEqual([]);
    const short = { ...call().planned, tokens: 1 };
    expect(judge({ calls: [call({ end: 'cut', told, planned: short })] })).toEqual([
      'job_1: it comes to 9 at most, and 10 are booked',
    ]);
    expect(judge({ calls: [call({ end: 'error', told })] })).toEqual([
      'job_1: it ended with an error, and 10 are booked',
    ]);
    expect(judge({ calls: [call({ end: 'error', told, error: 'home_failed, charged' })] })).toEqual([]);
    const two = { ...call().planned, kind: 'two' } as const;
    expect(judge({ calls: [call({ end: 'error', told, planned: two })] })).toEqual([]);
    expect(judge({ calls: [call({ end: 'refused', told })] })).toEqual(['job_1: it was refused, and 10 are booked']);
  });

  test('may be forgotten as a whole where an older copy of the router was restored, and not by halves', () => {
    const lost = call({ told: [{ job: 'job_2', charge: 10, outputTokens: 4 }] });
    const half = call({ told: [{ job: 'job_1', charge: 12, outputTokens: 4 }] });
    expect(judge({ calls: [call(), lost], mayBeForgotten: new Set([lost]) })).toEqual([]);
    expect(judge({ calls: [call(), lost] })).toEqual(['job_2: 10 were told, and 0 are booked']);
    expect(judge({ calls: [half], mayBeForgotten: new Set([half]) })).toEqual([
      'job_1: 12 were told, and 10 are booked',
    ]);
  });

  test('names every job that is booked, but for those of tries whose connection broke first', () => {
    expect(judge({ calls: [] })).toEqual(['job_1: 1 jobs are booked that nobody was told of']);
    expect(judge({ calls: [call({ told: [], unseen: 1, end: 'refused' })] })).toEqual([]);
    expect(judge({ calls: [call({ earlier: ['job_1'] })] })).toEqual(['job_1: it was refused, and 10 are booked']);
  });
});

describe('accounts and the book', () => {
  test('agree, hold nothing and have nothing on its way', () => {
    const account = { ...BOOKS.objects.accounts[0]!, balance: 91, held: 5, waiting: 2 };
    expect(judge({}, { objects: { ...BOOKS.objects, accounts: [account] } })).toEqual([
      'acct_c: 5 are still held',
      'acct_c: 2 entries wait, 0 of them for fees',
      'acct_c: its object has 91, the book 90',
      'acct_c: of 100 it has 91, and was charged 10 in all',
    ]);
  });

  test('are the sum of the parts, each of which stands there once', () => {
    expect(judge({}, { settlements: [part('job_1', 10), part('job_1', 10, { acceptance: null })] })).toEqual([
      'acct_c: its parts come to 20, and it was charged 10',
      'job_1: part 0 stands twice in the book',
      'job_1: 10 were told, and 20 are booked',
    ]);
  });

  test('never fall below 0, and all postings sum to 0', () => {
    const check = {
      ok: false,
      total_micro: 3,
      unbalanced_events: ['e'],
      drifted_books: ['fees'],
      overdrawn_accounts: 1,
    };
    expect(judge({}, { check, books: { ...BOOKS.books, grants: -97 } })).toEqual([
      'book: all postings sum to 3',
      'e: its postings do not sum to zero',
      'fees: its balance is not the sum of its postings',
      'book: 1 accounts are below 0',
      'book: all balances sum to 3',
    ]);
    expect(judge({}, { check: { ...BOOKS.check, ok: false } })).toEqual(['book: the ledger check finds a fault']);
    const poor = { ...BOOKS.objects.accounts[0]!, balance: -10, charged: 110 };
    expect(judge({}, { objects: { ...BOOKS.objects, accounts: [poor] } })).toContain('acct_c: it has -10');
    expect(judge({}, { books: { ...BOOKS.books, fees: -8, 'owner:acct_o': 18 } })).toContain('fees: the fees are -8');
  });
});

test('a home earned what its acceptances say, each of which follows on the one before, and what the book has for its owner', () => {
  const node = { ...BOOKS.objects.nodes[0]!, count: 2, cumulativeAmount: 10, equivocations: 1, waiting: 1 };
  expect(judge({}, { objects: { ...BOOKS.objects, nodes: [node] } })).toEqual([
    'node_1: 1 entries wait, 0 of them for fees',
    'node_1: it signed 1 numbers twice',
    'node_1: 2 receipts were accepted, and the book has 1',
    "node_1: it earned 10, by the book's acceptances 9",
    'owners: homes earned 10, and the book has 9 for their owners',
  ]);
  const acceptance = { amount: '9', count: '2', cumulativeAmount: '8' } as SettlementJson['acceptance'];
  expect(judge({}, { settlements: [part('job_1', 10, { acceptance })] })).toEqual([
    'node_1: acceptance 2 stands where 1 should',
    'node_1: acceptance 2 says 8 of 9 until then',
  ]);
});
