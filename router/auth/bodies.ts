// What may be said of keys, members and homes by whoever manages them: the schemas that validate, and that the API's description is made of.
import * as z from 'zod';
import { keyLimitsSchema } from '../../schema/key-limits.ts';
import { ROLES, SCOPES } from '../../schema/key-rights.ts';
import { keyDefaultsSchema } from '../../schema/provider.ts';
import { isShownAsWritten } from './fold-name.ts';

const TEN_YEARS_S = 315_360_000;
const MOST_MODELS = 100;
const MAX_NAME_CHARS = 200;
const MAX_EMAIL_CHARS = 254;
/** A lab's machines at most, with one code. */
const MAX_USES = 1000;

/** A text that somebody else is shown, perhaps in a terminal. */
export const shownText = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200)
  .refine(isShownAsWritten, { error: 'must not hold control characters or marks that turn its direction' });

/** A 20-byte address, written in any case, read in lower case. */
export const addressField = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be a 20-byte address in hex with 0x')
  .transform((text) => text.toLowerCase() as `0x${string}`);

/** Checked as it will be read, and kept as it was written. */
const defaultsField = z
  .record(z.string(), z.unknown())
  .superRefine((defaults, context) => {
    const parsed = keyDefaultsSchema.safeParse(defaults);
    for (const issue of parsed.error?.issues ?? []) context.addIssue({ ...issue, input: defaults } as never);
  })
  .nullable();
const scopesField = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .transform((scopes) => SCOPES.filter((one) => scopes.includes(one)))
  .nullable();

/** All that may be said of a key; null is as if nothing had been said of it. */
const keyFields = z
  .strictObject({
    name: shownText,
    expires_in_s: z.number().int().min(1).max(TEN_YEARS_S).nullable(),
    defaults: defaultsField,
    scopes: scopesField,
    models: z.array(z.string().min(1).max(MAX_NAME_CHARS)).min(1).max(MOST_MODELS).nullable(),
    limits: keyLimitsSchema.nullable(),
  })
  .partial();
export const newKeyBody = keyFields.extend({ member: z.string().min(1).max(100).nullish() });
export const keyChangeBody = keyFields.refine((said) => Object.keys(said).length > 0, {
  error: "say what is to change: 'name', 'expires_in_s', 'scopes', 'models', 'limits' or 'defaults'",
});
export type SaidKey = z.output<typeof keyFields>;

const memberFields = z.strictObject({
  name: shownText,
  email: z
    .string()
    .trim()
    .max(MAX_EMAIL_CHARS)
    .regex(/^[^\s@<>"]+@[^\s@<>"]+$/, 'must be an address such as ada@example.org')
    .nullable(),
  role: z.enum(ROLES),
});
export const newMemberBody = memberFields.extend({ email: memberFields.shape.email.default(null) });
export const memberChangeBody = memberFields.partial().refine((said) => Object.keys(said).length > 0, {
  error: "say what is to change: 'name', 'email' or 'role'",
});

/** A code for homes of one's own. */
export const newCodeBody = z.strictObject({
  wallet: addressField.nullish(),
  uses: z.number().int().min(1).max(MAX_USES).default(1),
  /** A pool of the account's own that they join. */
  pool: z.string().min(1).max(100).nullish(),
  public: z.boolean().nullish(),
});
export const nodeChangeBody = z
  .strictObject({ public: z.boolean(), name: shownText.nullable() })
  .partial()
  .refine((said) => Object.keys(said).length > 0, { error: "say what is to change: 'public' or 'name'" });

/** An account of one's own. */
export const signUpBody = z.strictObject({ name: shownText.max(80) });
/** An owner's word about a machine that waits. */
export const linkDecisionBody = z.strictObject({
  decision: z.enum(['approve', 'deny']),
  /** What the machine is called; what it calls itself where nothing is said. */
  name: shownText.max(80).nullish(),
  /** A pool of the account's own that it joins. */
  pool: z.string().min(1).max(100).nullish(),
  public: z.boolean().nullish(),
});
