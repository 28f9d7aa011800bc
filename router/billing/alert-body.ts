// What is said of an account's alerts: the body of both of its doors, the operator's and the owner's own.
import * as z from 'zod';

const MAX_BALANCE = 4_000_000_000_000_000;

export const newAlerts = z.strictObject({
  url: z.string(),
  low_balance_micro: z.int().min(1).max(MAX_BALANCE).nullish(),
  new_secret: z.boolean().default(false),
});
