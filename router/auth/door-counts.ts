// How often somebody may come to a door that costs nothing to knock at, counted in D1: however many isolates are asked, they count together. For doors that
// are seldom used; what is asked all the time is counted in an isolate's memory (failed-attempts.ts).

export interface DoorRule {
  readonly door: 'signup' | 'link' | 'link-code' | 'sign-in' | 'sign-in-mail' | 'passkey';
  readonly most: number;
  readonly windowMs: number;
}

export interface DoorCounts {
  /** Counts one more of `who`: seconds after which it may come again where that is too many, else null. */
  readonly take: (rule: DoorRule, who: string, now: number) => Promise<number | null>;
  /** The same without counting. */
  readonly look: (rule: DoorRule, who: string, now: number) => Promise<number | null>;
}

/** No window is longer. */
const KEPT_MS = 86_400_000;
const TAKE = `INSERT INTO door_counts (name, from_at, count) VALUES (?1, ?2, 1)
  ON CONFLICT (name) DO UPDATE SET
    count = CASE WHEN from_at <= ?3 THEN 1 ELSE count + 1 END,
    from_at = CASE WHEN from_at <= ?3 THEN ?2 ELSE from_at END
  RETURNING from_at AS fromAt, count`;

interface Counted {
  readonly fromAt: number;
  readonly count: number;
}

export function makeDoorCounts(db: D1Database): DoorCounts {
  const tell = ({ windowMs }: DoorRule, { fromAt }: Counted, now: number): number =>
    Math.max(1, Math.ceil((fromAt + windowMs - now) / 1000));
  return {
    take: async (rule, who, now) => {
      const name = `${rule.door} ${who}`;
      const [, counted] = await db.batch<Counted>([
        db.prepare('DELETE FROM door_counts WHERE from_at < ?').bind(now - KEPT_MS),
        db.prepare(TAKE).bind(name, now, now - rule.windowMs),
      ]);
      const row = counted?.results[0];
      return row && row.count > rule.most ? tell(rule, row, now) : null;
    },
    look: async (rule, who, now) => {
      const row = await db
        .prepare('SELECT from_at AS fromAt, count FROM door_counts WHERE name = ? AND from_at > ?')
        .bind(`${rule.door} ${who}`, now - rule.windowMs)
        .first<Counted>();
      return row && row.count >= rule.most ? tell(rule, row, now) : null;
    },
  };
}
