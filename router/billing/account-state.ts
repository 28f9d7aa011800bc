// What a restart must know of an account beside its holds, jobs and parts: one JSON text that every batch writes with its own row.
import type { SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import type { Lot } from './credit-lots.ts';
import { openLots } from './credit-lots.ts';
import { countAsked } from './decide-charge.ts';
import type { KeySpending } from './sum-spending.ts';

export interface Totals {
  readonly jobs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly charged: number;
}

export interface AccountState extends Totals {
  /** The sum of its lots, units. */
  readonly balance: number;
  readonly lots: readonly Lot[];
  /** Ids of what went out of it by itself: how many there were. */
  readonly moves?: number;
  /** It may give credit of its own to others. */
  readonly isSponsor?: boolean;
  readonly disabledAt: number | null;
  /** It was opened for one call at this price, units. */
  readonly fixedPrice?: number;
  /** By hub its last batch, and what was answered: `1` for each part that was taken, `0` for one that was not. */
  readonly hubs: Readonly<Record<string, BatchAnswer>>;
  /** By key what it has spent, of those that spent something lately (account-keys.ts); none in a state of before version 0.2. */
  readonly keys?: Readonly<Record<string, KeySpending>>;
}

interface BatchAnswer {
  readonly number: number;
  /** Of what the batch held, so that a number that means another one by mistake loses nothing. */
  readonly mark: number;
  readonly taken: string;
}

type Batch = Pick<SettlementBatch, 'hub' | 'number' | 'settlements'>;

/** Hubs whose last batch is known by its number. */
const KNOWN_HUBS = 32;

const NEW_STATE: AccountState = {
  balance: 0,
  lots: [],
  disabledAt: null,
  jobs: 0,
  promptTokens: 0,
  outputTokens: 0,
  charged: 0,
  hubs: {},
};

/** As `JSON.stringify` wrote it; null for an object that has none: one of before version 0.2 has a row, which goes. For the caller's transaction. */
export function readState(sql: SqlStorage, text: string | null): AccountState {
  if (text !== null) {
    const state = JSON.parse(text) as Omit<AccountState, 'lots'> & Partial<Pick<AccountState, 'lots'>>;
    return { ...state, lots: state.lots ?? openLots(state.balance) };
  }
  if (sql.exec("SELECT 1 FROM pragma_table_info('account') LIMIT 1").toArray().length === 0) return NEW_STATE;
  const columns = 'balance, disabledAt, jobs, promptTokens, outputTokens, charged';
  type Row = Omit<AccountState, 'hubs' | 'lots'> & Record<string, SqlStorageValue>;
  const row = sql.exec<Row>(`SELECT ${columns} FROM account`).one();
  sql.exec('DROP TABLE account');
  return { ...row, lots: openLots(row.balance), hubs: {} };
}

/** Remembers what a hub was answered, and forgets the hub that was heard of longest ago. */
export function noteAnswer(
  state: AccountState,
  { hub, number, settlements }: Batch,
  taken: readonly boolean[],
): AccountState {
  const others = Object.entries(state.hubs).filter(([name]) => name !== hub);
  const answer = { number, mark: markOf(settlements), taken: taken.map((one) => (one ? '1' : '0')).join('') };
  return { ...state, hubs: Object.fromEntries([...others.slice(1 - KNOWN_HUBS), [hub, answer]]) };
}

/** The answer to a batch that this hub has sent before; null for another one. */
export function findAnswer(state: AccountState, batch: Batch): boolean[] | null {
  const last = state.hubs[batch.hub];
  if (last?.number !== batch.number || last.mark !== markOf(batch.settlements)) return null;
  return Array.from(last.taken, (one) => one === '1');
}

/** FNV-1a over the parts that it names, 32 bits. */
function markOf(settlements: readonly SettlementJson[]): number {
  let mark = 0x811c9dc5;
  for (const { jobId, part } of settlements)
    for (const letter of `${jobId}:${part}`) mark = Math.imul(mark ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return mark;
}

/** A prompt counts once, however many of the parts charge it; output counts with every part. */
export function addToTotals(
  state: AccountState,
  added: {
    readonly settlements: readonly SettlementJson[];
    readonly charge: number;
    /** What is left when the charge was drawn from them. */
    readonly lots: readonly Lot[];
    readonly jobs: number;
  },
): AccountState {
  const { settlements } = added;
  const promptTokens = state.promptTokens + countPrompt(settlements);
  const outputTokens = settlements.reduce((sum, settlement) => sum + settlement.outputTokens, state.outputTokens);
  return {
    ...state,
    balance: state.balance - added.charge,
    lots: added.lots,
    jobs: state.jobs + added.jobs,
    promptTokens,
    outputTokens,
    charged: state.charged + added.charge,
  };
}

function countPrompt(settlements: readonly SettlementJson[]): number {
  return Math.max(0, ...settlements.map((one) => (one.ticket.chargePrompt ? countAsked(one) : 0)));
}

/** Tokens that parts of one job come to: its prompt once, and all their output. */
export function countTokens(settlements: readonly SettlementJson[]): number {
  return settlements.reduce((sum, { outputTokens }) => sum + outputTokens, countPrompt(settlements));
}
