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
  await applyD1Migrations(env.DB, env.MIGRATIONS.slice(0, before + 2));
  const { results: uses } = await env.DB.prepare('SELECT * FROM enrolment_uses').all();
  expect(uses).toEqual([{ enrolment_id: 'enr_1', node_id: 'node_1', used_at: 5 }]);
  const { results: codes } = await env.DB.prepare('SELECT id, uses, pool_id, is_public FROM enrolments').all();
  expect(codes).toEqual(['enr_1', 'enr_2'].map((id) => ({ id, uses: 1, pool_id: null, is_public: 1 })));
  expect(await env.DB.prepare('SELECT is_public FROM nodes').first('is_public')).toBe(1);
});

test('books that had paid more than the fees had are made good by the operator, and homes keep what they brought in', async () => {
  const before = env.MIGRATIONS.findIndex(({ name }) => name.startsWith('0005'));
  await applyD1Migrations(env.DB, env.MIGRATIONS.slice(0, before));
  const columns =
    'job_id, part, account_id, key_id, node_id, owner_account_id, model, outcome, prompt_tokens, output_tokens';
  const receipt = (job: string, node: string, charge: number, earn: number): D1PreparedStatement =>
    env.DB.prepare(
      `INSERT INTO receipts (${columns}, charge, earn, ended_at, settlement)
       VALUES (?, 0, 'acct_c', 'key', ?, 'acct_o', 'm', 'complete', 1, 1, ?, ?, 1, '{}')`,
    ).bind(job, node, charge, earn);
  await env.DB.batch([
    env.DB.prepare("INSERT INTO events (id, kind, account_id, at) VALUES ('e1', 'settle', 'acct_c', 1)"),
    env.DB.prepare(
      "INSERT INTO postings VALUES ('e1', 'acct_c', -50), ('e1', 'owner:acct_o', 145), ('e1', 'fees', -95)",
    ),
    receipt('job_1', 'node_a', 50, 45),
    receipt('job_2', 'node_b', 0, 100),
  ]);
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  const { results: books } = await env.DB.prepare('SELECT book, amount FROM balances ORDER BY book').all();
  expect(books).toEqual([
    { book: 'acct_c', amount: -50 },
    { book: 'fees', amount: 0 },
    { book: 'operator', amount: -95 },
    { book: 'owner:acct_o', amount: 145 },
  ]);
  const { results: homes } = await env.DB.prepare(
    'SELECT node_id, brought, drawn FROM home_fees ORDER BY node_id',
  ).all();
  expect(homes).toEqual([
    { node_id: 'node_a', brought: 5, drawn: 0 },
    { node_id: 'node_b', brought: 0, drawn: 0 },
  ]);
  await expect(env.DB.prepare("UPDATE balances SET amount = -1 WHERE book = 'fees'").run()).rejects.toThrow(
    'fees_never',
  );
});
