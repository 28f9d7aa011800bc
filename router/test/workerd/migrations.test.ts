import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';

test('a used code stays used and an unused one open when codes learn to count', async () => {
  const before = env.MIGRATIONS.findIndex(({ name }) => name.startsWith('0002'));
  await applyD1Migrations(env.DB, env.MIGRATIONS.slice(0, before));
  await env.DB.batch([
    env.DB.prepare("INSERT INTO accounts (id, name, created_at) VALUES ('acct_1', 'owner', 1)"),
    env.DB.prepare("INSERT INTO nodes (id, address, account_id, created_at) VALUES ('node_1', '0x1', 'acct_1', 1)"),
    env.DB.prepare("INSERT INTO enrolments VALUES ('enr_1', 'used', 'acct_1', NULL, 1, 9, 5, 'node_1')"),
    env.DB.prepare("INSERT INTO enrolments VALUES ('enr_2', 'open', 'acct_1', NULL, 1, 9, NULL, NULL)"),
  ]);
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  const { results: uses } = await env.DB.prepare('SELECT * FROM enrolment_uses').all();
  expect(uses).toEqual([{ enrolment_id: 'enr_1', node_id: 'node_1', used_at: 5 }]);
  const { results: codes } = await env.DB.prepare('SELECT id, uses, pool_id, is_public FROM enrolments').all();
  expect(codes).toEqual(['enr_1', 'enr_2'].map((id) => ({ id, uses: 1, pool_id: null, is_public: 1 })));
  expect(await env.DB.prepare('SELECT is_public FROM nodes').first('is_public')).toBe(1);
});
