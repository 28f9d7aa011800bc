// The rules that the settler has read from the chain, in its object's SQLite: from which epoch on which fee and which bonus count.
import { epochOf } from '../../schema/epoch.ts';
import type { ReadRules } from '../chain/rules-chain.ts';
import { makeLog } from '../log.ts';
import { planRules } from './plan-rules.ts';
import type { RuleChange, RuleSchedule } from './plan-rules.ts';

const log = makeLog('billing');

/** What the rules are read by; null where there is no chain. Rejects where it cannot be asked. */
export type RulesDoor = (() => Promise<ReadRules | null>) | null;

/** Between two readings at least, ms. */
const PAUSE_MS = 1000;

const TABLE =
  'CREATE TABLE IF NOT EXISTS rule_changes (fromEpoch INTEGER PRIMARY KEY, feeBps INTEGER NOT NULL, bonusBps INTEGER NOT NULL)';

export class RuleBook {
  readonly #storage: DurableObjectStorage;
  #readAt = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec(TABLE);
  }

  /** In the order of their epochs; none before the chain was read. */
  list(): RuleSchedule {
    type Row = { [Name in keyof RuleChange]: number };
    return this.#storage.sql.exec<Row>('SELECT * FROM rule_changes ORDER BY fromEpoch').toArray();
  }

  /** Reads the chain again; what was read before stands where it is away, or counts epochs of another length. Never rejects. */
  async refresh(read: RulesDoor, { seconds, now }: { readonly seconds: number; readonly now: number }): Promise<void> {
    if (!read || Date.now() < this.#readAt + PAUSE_MS) return;
    this.#readAt = Date.now();
    const epoch = epochOf(now, seconds);
    try {
      const rules = await read();
      if (!rules) return log.warn('rules-not-there', { epoch });
      if (rules.epochSeconds !== seconds) return log.error('rules-of-other-epochs', { epoch });
      if (this.note(rules, epoch)) log.info('rules-changed', { epoch, count: this.list().length });
    } catch (error) {
      log.warn('rules-not-read', { epoch, error });
    }
  }

  /** Takes in what the chain said in epoch `now`; true where something of it is new. */
  note(read: ReadRules, now: number): boolean {
    const known = this.list();
    const planned = planRules(known, read, now);
    if (JSON.stringify(planned) === JSON.stringify(known)) return false;
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec('DELETE FROM rule_changes');
      for (const { fromEpoch, feeBps, bonusBps } of planned)
        this.#storage.sql.exec('INSERT INTO rule_changes VALUES (?, ?, ?)', fromEpoch, feeBps, bonusBps);
    });
    return true;
  }
}
