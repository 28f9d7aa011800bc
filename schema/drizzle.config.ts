import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'sqlite',
  schema: [
    './schema/tables.ts',
    './schema/ledger-tables.ts',
    './schema/buying-tables.ts',
    './schema/passing-tables.ts',
    './schema/console-tables.ts',
  ],
  out: './migrations',
});
