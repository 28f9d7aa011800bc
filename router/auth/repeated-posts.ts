// The door to what was made under an Idempotency-Key by calls that run no jobs, in D1: what comes again within a day is told the same, and makes nothing.
import type { Result } from '../../schema/result.ts';
import { err, ok } from '../../schema/result.ts';

const LIFE_MS = 86_400_000;
/** Whoever made something and has not said so after so long, ms, has died: the call may be made anew. */
const MAKING_MS = 60_000;

export interface RepeatedPosts {
  /**
   * Takes a key. Ok with null: it is free, and `finish` or `giveUp` must follow. Ok with JSON: what was answered. Errors: it was used for another body; or
   * the call that took it is not over.
   */
  readonly begin: (post: PostKey, now: number) => Promise<Result<string | null, 'other-body' | 'running'>>;
  /** Keeps the answer, JSON without secrets. */
  readonly finish: (id: string, answer: string) => Promise<void>;
  /** Nothing was made: the key is free again. */
  readonly giveUp: (id: string) => Promise<void>;
}

export interface PostKey {
  /** Hash of who asks, where and under which key. */
  readonly id: string;
  /** Hash of what is sent. */
  readonly body: string;
}

const TAKE = `
  INSERT INTO repeated_posts (id, body, at) VALUES (?1, ?2, ?3)
  ON CONFLICT (id) DO UPDATE SET at = excluded.at
  WHERE repeated_posts.answer IS NULL AND repeated_posts.body = excluded.body AND repeated_posts.at <= ?4
  RETURNING id`;

export function makeRepeatedPosts(db: D1Database): RepeatedPosts {
  return {
    begin: async ({ id, body }, now) => {
      await db
        .prepare('DELETE FROM repeated_posts WHERE at <= ?')
        .bind(now - LIFE_MS)
        .run();
      const taken = await db
        .prepare(TAKE)
        .bind(id, body, now, now - MAKING_MS)
        .first();
      if (taken) return ok(null);
      const known = await db
        .prepare('SELECT body, answer FROM repeated_posts WHERE id = ?')
        .bind(id)
        .first<{ body: string; answer: string | null }>();
      if (known && known.body !== body) return err('other-body');
      return known?.answer ? ok(known.answer) : err('running');
    },
    finish: async (id, answer) => {
      await db.prepare('UPDATE repeated_posts SET answer = ? WHERE id = ?').bind(answer, id).run();
    },
    giveUp: async (id) => {
      await db.prepare('DELETE FROM repeated_posts WHERE id = ? AND answer IS NULL').bind(id).run();
    },
  };
}
