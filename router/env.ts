// What wrangler.toml and the secrets bind, checked at the door: a missing binding is named instead of failing later as undefined.
import * as z from 'zod';
import { handoverSchema } from '../schema/handover.ts';
import { parseJson } from '../schema/json.ts';
import { err, ok } from '../schema/result.ts';
import type { Result } from '../schema/result.ts';
import { findTestChain } from '../schema/test-chains.ts';
import { PLACEHOLDER_DOMAIN } from '../schema/typed-data.ts';
import { parseOrigins } from './auth/own-origins.ts';
import { readAsset } from './payments/read-asset.ts';
import type { Account } from './billing/account.ts';
import type { NodeAccount } from './billing/node-account.ts';
import type { Settler } from './billing/settler.ts';
import type { Area } from './area/area.ts';
import type { Hub } from './hub/hub.ts';
import type { Payment } from './payments/payment.ts';

export interface Env {
  readonly DB: D1Database;
  /** Where receipts go after a week; left out, they stay in D1. */
  readonly RECEIPTS?: R2Bucket;
  readonly AREA: DurableObjectNamespace<Area>;
  readonly HUB: DurableObjectNamespace<Hub>;
  readonly ACCOUNT: DurableObjectNamespace<Account>;
  readonly NODE_ACCOUNT: DurableObjectNamespace<NodeAccount>;
  readonly PAYMENT: DurableObjectNamespace<Payment>;
  readonly SETTLER: DurableObjectNamespace<Settler>;
  readonly ADMIN_SECRET: string;
  readonly KEY_HMAC_SECRET: string;
  readonly NODE_TOKEN_SECRET: string;
  /** The one before it, while API keys are being changed: keys under either are taken. */
  readonly KEY_HMAC_SECRET_PREVIOUS?: string;
  /** The one before it, for the ten minutes that tokens of homes live: those under either are taken. */
  readonly NODE_TOKEN_SECRET_PREVIOUS?: string;
  readonly ROUTER_SIGNING_KEY: string;
  /** Public: what `npm run rotate:router-key` printed, how the keys before this one handed over to it; a list in JSON. */
  readonly ROUTER_SIGNING_KEY_PREVIOUS?: string;
  readonly UPSTASH_REDIS_REST_URL: string;
  readonly UPSTASH_REDIS_REST_TOKEN: string;
  readonly CHAIN_ID: string;
  readonly VERIFYING_CONTRACT: string;
  /** Where homes reach this router, parted by commas: `https://irori.example`. Left out, the name under which a request came. */
  readonly ROUTER_ORIGINS?: string;
  /** `open`: anybody may make an account, without credit. Left out, only the operator makes them. */
  readonly SIGNUP?: string;
  /** Length of an epoch, s: whole days where it is left out. Never to be raised once something was accepted (router/README.md, "Epochs"). */
  readonly EPOCH_SECONDS?: string;
  /** Jobs at once where others than the usual are wished for: `{"account": 512, "key": 256, "guest": 32}`, or some of it. */
  readonly JOBS_AT_ONCE?: string;
  /** JSON-RPC of the test chain that CHAIN_ID names, where Payouts stands at VERIFYING_CONTRACT. Left out, no root is brought to a chain. */
  readonly CHAIN_RPC_URL?: string;
  /** Public: where the vote on that chain is. Left out, it is looked for there. */
  readonly CHAIN_GOVERNOR?: string;
  /** Signs roots of epochs, and nothing else. Needed where CHAIN_RPC_URL is set. */
  readonly ROOT_SIGNING_KEY?: string;
  /** Pays for roots that are posted; has no right. Needed where CHAIN_RPC_URL is set. */
  readonly CHAIN_GAS_KEY?: string;
  /** Pays for homes that claim without coins; left out, they pay for themselves. */
  readonly CHAIN_SPONSOR_KEY?: string;
  /** Stripe's, where credit can be bought by card: both, or neither. */
  readonly STRIPE_SECRET_KEY?: string;
  readonly STRIPE_WEBHOOK_SECRET?: string;
  /** Where Stripe's API is; left out, Stripe's own. For tests. */
  readonly STRIPE_API_BASE?: string;
  /** The Worker that verifies passkeys (router/passkeys); left out, people sign in by links alone. */
  readonly PASSKEYS?: Fetcher;
  /** Who sends mail: told of each link that signs in, signed as Standard Webhooks are with the secret below. Both, or neither: then no link goes by mail. */
  readonly MAIL_WEBHOOK_URL?: string;
  readonly MAIL_WEBHOOK_SECRET?: string;
  /** Where x402 payments are verified and settled. With the five below calls without a key are paid for one by one; left out, a key is needed. */
  readonly X402_FACILITATOR_URL?: string;
  /** JSON-RPC of the same chain: asked whether a payment was settled that nobody heard of. */
  readonly X402_RPC_URL?: string;
  /** `eip155:` and the chain's number. */
  readonly X402_NETWORK?: string;
  /** A token of six decimals that is worth a dollar, as `0x… NAME VERSION`: its own name and version, as its EIP-712 domain has them. */
  readonly X402_ASSET?: string;
  readonly X402_PAY_TO?: string;
  /** Units that may be owed at once, and lost within a day; left out, 5,000,000. */
  readonly X402_MOST_OWED?: string;
  /** "1" only on the local network: requests may then say where they come from in `x-irori-place`. */
  readonly LOCAL_PLACES?: string;
  /** Heeded beside LOCAL_PLACES only: round trips from this edge to the hubs of each area, `{"area": ms}`. */
  readonly LOCAL_HUB_DELAYS?: string;
  /** Heeded beside LOCAL_PLACES only: waits that differ from schema/timings.ts, `{"tokenMs": 2000}`. */
  readonly LOCAL_TIMINGS?: string;
  /** Heeded beside LOCAL_PLACES only: "1" lets alerts go to this machine and without TLS. */
  readonly LOCAL_WEBHOOKS?: string;
  /** Heeded beside LOCAL_PLACES only: the address of a node that epochs leave out, to see what its home does then. */
  readonly LOCAL_LEAVE_OUT?: string;
  /** Heeded beside LOCAL_PLACES only: slots above which a hub is cut and below which it is joined. */
  readonly HUB_MAX_SLOTS?: string;
  readonly HUB_MIN_SLOTS?: string;
}

const secret = z.string().min(16, 'must hold at least 16 characters');

const x402Fields = {
  X402_FACILITATOR_URL: z.url().optional(),
  X402_RPC_URL: z.url().optional(),
  X402_NETWORK: z
    .string()
    .regex(/^eip155:[0-9]+$/)
    .optional(),
  X402_ASSET: z
    .string()
    .refine((text) => readAsset(text) !== null, 'must be an address, a name and a version')
    .optional(),
  X402_PAY_TO: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .optional(),
  X402_MOST_OWED: z
    .string()
    .regex(/^[0-9]{1,15}$/)
    .optional(),
};

const CHAIN_KEYS = ['ROOT_SIGNING_KEY', 'CHAIN_GAS_KEY'] as const;
type ChainKey = (typeof CHAIN_KEYS)[number];
const CHAIN_REMEDY = 'set what npm run chain:deploy wrote, or leave CHAIN_RPC_URL out';

const signingKey = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex with 0x');

const bindingsSchema = z.object({
  DB: z.object({}).loose(),
  AREA: z.object({}).loose(),
  HUB: z.object({}).loose(),
  ACCOUNT: z.object({}).loose(),
  NODE_ACCOUNT: z.object({}).loose(),
  SETTLER: z.object({}).loose(),
  ADMIN_SECRET: secret,
  KEY_HMAC_SECRET: secret,
  NODE_TOKEN_SECRET: secret,
  KEY_HMAC_SECRET_PREVIOUS: secret.optional(),
  NODE_TOKEN_SECRET_PREVIOUS: secret.optional(),
  ROUTER_SIGNING_KEY: signingKey,
  ROUTER_SIGNING_KEY_PREVIOUS: z.string().refine(areHandovers).optional(),
  UPSTASH_REDIS_REST_URL: z.string().url(),
  UPSTASH_REDIS_REST_TOKEN: z.string().min(1),
  CHAIN_ID: z
    .string()
    .regex(/^[0-9]+$/)
    .refine((text) => findTestChain(Number(text)).ok, 'must be a test network of schema/test-chains.ts'),
  VERIFYING_CONTRACT: z.string().regex(/^0x[0-9a-f]{40}$/),
  CHAIN_RPC_URL: z.url().optional(),
  CHAIN_GOVERNOR: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .optional(),
  ROOT_SIGNING_KEY: signingKey.optional(),
  CHAIN_GAS_KEY: signingKey.optional(),
  CHAIN_SPONSOR_KEY: signingKey.optional(),
  ROUTER_ORIGINS: z.string().refine(areOrigins).optional(),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^[a-z]+_(test|live)_\w+$/, 'must be a secret or restricted key of Stripe’s')
    .optional(),
  STRIPE_WEBHOOK_SECRET: secret.optional(),
  STRIPE_API_BASE: z.url().optional(),
  PASSKEYS: z.object({}).loose().optional(),
  MAIL_WEBHOOK_URL: z.url().optional(),
  MAIL_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64')
    .optional(),
  PAYMENT: z.object({}).loose(),
  SIGNUP: z.enum(['open', 'closed']).optional(),
  ...x402Fields,
  EPOCH_SECONDS: z
    .string()
    .regex(/^[1-9][0-9]{0,6}$/)
    .optional(),
});

/** With half of a chain everything would be owed on it, claimed nowhere else, and never come there. */
const envSchema = bindingsSchema.superRefine((env, context) => {
  if (env.CHAIN_RPC_URL === undefined) return;
  const refuse = (name: ChainKey | 'VERIFYING_CONTRACT', message: string): void =>
    context.addIssue({ code: 'custom', path: [name], message, params: { isTold: true } });
  for (const name of CHAIN_KEYS)
    if (env[name] === undefined) refuse(name, `is missing beside CHAIN_RPC_URL: ${CHAIN_REMEDY}`);
  if (env.ROOT_SIGNING_KEY !== undefined && env.ROOT_SIGNING_KEY === env.CHAIN_GAS_KEY)
    refuse('CHAIN_GAS_KEY', `is ROOT_SIGNING_KEY too, and must be another key: ${CHAIN_REMEDY}`);
  if (env.VERIFYING_CONTRACT === PLACEHOLDER_DOMAIN.verifyingContract)
    refuse('VERIFYING_CONTRACT', `names no contract beside CHAIN_RPC_URL: ${CHAIN_REMEDY}`);
});

function areOrigins(text: string): boolean {
  try {
    parseOrigins(text);
    return true;
  } catch {
    return false;
  }
}

const handovers = z.array(handoverSchema);

function areHandovers(text: string): boolean {
  return handovers.safeParse(parseJson(text)).success;
}

const checked = new WeakSet<object>();

/** The environment if it is whole. Errors: the name of the first binding that is missing or malformed, and what is wrong with it (never its value). */
export function readEnv(env: Env): Result<Env, string> {
  if (checked.has(env)) return ok(env);
  const parsed = envSchema.safeParse(env);
  if (!parsed.success) return err(tellIssue(parsed.error.issues[0]));
  checked.add(env);
  return ok(env);
}

function tellIssue(issue: z.core.$ZodIssue | undefined): string {
  const name = String(issue?.path[0] ?? 'unknown');
  return issue?.code === 'custom' && issue.params?.['isTold'] === true
    ? `'${name}' ${issue.message}`
    : `'${name}' is missing or malformed`;
}
