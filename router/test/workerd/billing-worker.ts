// The billing objects with a D1 that tests can make fail, the hub and its area, and the admin API over real doors; no placement.
import { Hono } from 'hono';
import { fromHex } from '../../../schema/bytes.ts';
import { makeMessageSigner } from '../../../schema/receipt.ts';
import { PLACEHOLDER_DOMAIN } from '../../../schema/typed-data.ts';
import type { AppEnv } from '../../routes/app-env.ts';
import { makeAccounts } from '../../auth/accounts.ts';
import { makeApiKeys } from '../../auth/api-keys.ts';
import { FailedAttempts } from '../../auth/failed-attempts.ts';
import { KeyCache } from '../../auth/key-cache.ts';
import { makeNodeTokens } from '../../auth/node-tokens.ts';
import { makeMembers } from '../../auth/members.ts';
import { makeNodes } from '../../auth/nodes.ts';
import { makePools } from '../../auth/pools.ts';
import { makeRepeatedPosts } from '../../auth/repeated-posts.ts';
import { makeBookCopy } from '../../billing/book-copy.ts';
import { makeCatalogue } from '../../billing/catalogue.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { makeProjections } from '../../billing/projections.ts';
import { Account as RealAccount, NodeAccount as RealNodeAccount } from '../../objects.ts';
import type { Env } from '../../env.ts';
import { ApiError, toErrorResponse } from '../../errors.ts';
import type { OnChain } from '../../payments/chain.ts';
import type { Settled } from '../../payments/facilitator.ts';
import { makePaymentTable } from '../../payments/payment-table.ts';
import { Payment as RealPayment } from '../../payments/payment.ts';
import { makeAdminRoutes } from '../../routes/admin.ts';
import type { AreaCalls } from '../../routes/area-calls.ts';
import { ownKeys } from '../../routes/own-keys.ts';
import { ownMembers } from '../../routes/own-members.ts';
import { makeOwnNodeRoutes } from '../../routes/own-nodes.ts';
import { makeOwnPoolRoutes } from '../../routes/own-pools.ts';
import { nodeEnrol } from '../../routes/node-enrol.ts';
import type { Services } from '../../services/edge.ts';

export { Area, Hub, Settler } from '../../objects.ts';

/** How the next writes of the objects to D1 go wrong. */
interface Faults {
  /** Fails so many before anything is written. */
  refuse: number;
  /** Writes and then fails so many, as when the answer is lost or the object is killed before it hears it. */
  loseAnswer: number;
  /** Fails so many statements that the objects prepare for a read or a write. */
  refusePrepare: number;
  /** True while what the objects read or write is never answered. */
  isSilent: boolean;
  /** Batches that reached D1. */
  written: number;
}

const shared = globalThis as typeof globalThis & { billingFaults?: Faults; kicked?: string[]; relinked?: string[] };
export const faults: Faults = (shared.billingFaults ??= {
  refuse: 0,
  loseAnswer: 0,
  refusePrepare: 0,
  isSilent: false,
  written: 0,
});
export const kicked: string[] = (shared.kicked ??= []);
export const relinked: string[] = (shared.relinked ??= []);

const never = (): Promise<never> => new Promise(() => undefined);
/** A statement that is never answered. */
const SILENT = { bind: () => SILENT, all: never, first: never, raw: never, run: never };

function makeFaulty(db: D1Database): D1Database {
  return new Proxy(db, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name === 'prepare' && faults.isSilent) return () => SILENT;
      if (name === 'prepare' && faults.refusePrepare > 0 && faults.refusePrepare-- > 0) throw new Error('D1 is away');
      if (name !== 'batch') return typeof value === 'function' ? value.bind(target) : value;
      return async (statements: D1PreparedStatement[]) => {
        if (faults.refuse > 0 && faults.refuse-- > 0) throw new Error('D1 is away');
        const results = await target.batch(statements);
        faults.written += 1;
        if (faults.loseAnswer > 0 && faults.loseAnswer-- > 0) throw new Error('the answer was lost');
        return results;
      };
    },
  });
}

export class Account extends RealAccount {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, { ...env, DB: makeFaulty(env.DB) });
  }
}

export class NodeAccount extends RealNodeAccount {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, { ...env, DB: makeFaulty(env.DB) });
  }
}

/** What the facilitator and the chain do with the next payments, and how often they were asked. */
interface PayFakes {
  settle: (amount: string) => Promise<Settled>;
  find: () => Promise<OnChain>;
  /** What new objects let be owed. */
  mostOwed: number;
  /** Amounts that were to be settled, each as often. */
  sent: string[];
  asked: number;
}

const payShared = globalThis as typeof globalThis & { payFakes?: PayFakes };
export const payFakes: PayFakes = (payShared.payFakes ??= {
  settle: async () => ({ kind: 'away' }),
  find: async () => ({ kind: 'unused' }),
  mostOwed: 1_000_000,
  sent: [],
  asked: 0,
});

export class Payment extends RealPayment {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, {
      facilitator: {
        settle: (_payment, { amount }) => {
          payFakes.sent.push(amount);
          return payFakes.settle(amount);
        },
      },
      chain: {
        find: () => {
          payFakes.asked += 1;
          return payFakes.find();
        },
      },
      table: makePaymentTable(makeFaulty(env.DB)),
      mostOwed: payFakes.mostOwed,
      account: (accountId) => env.ACCOUNT.getByName(accountId),
      times: { lookMs: 60_000, retryMs: 15_000 },
    });
  }
}

export const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));
export const routerKey = fromHex(`0x${'11'.repeat(32)}`);
export const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
const cache = new KeyCache();
const attempts = new FailedAttempts();

/** The doors that the admin API uses. */
export function makeDoors(env: Env): Services {
  const keys = makeApiKeys({ db: env.DB, secret: env.KEY_HMAC_SECRET, cache, random });
  const doors = {
    attempts,
    keys,
    authenticate: (header: string | null) => keys.authenticate(header, Date.now()),
    authenticateAnew: (header: string | null) => keys.authenticateAnew(header, Date.now()),
    accounts: makeAccounts({ db: env.DB, random }),
    members: makeMembers({ db: env.DB, random }),
    posts: makeRepeatedPosts(env.DB),
    nodes: makeNodes({ db: env.DB, signer, random }),
    pools: makePools({ db: env.DB, random }),
    nodeTokens: makeNodeTokens(env.NODE_TOKEN_SECRET),
    catalogue: makeCatalogue({ db: env.DB }),
    ledger: makeLedger(env.DB),
    projections: makeProjections(env.DB, null),
    bookCopy: makeBookCopy(env.DB),
    account: (accountId: string) => env.ACCOUNT.getByName(accountId),
    nodeAccount: (nodeId: string) => env.NODE_ACCOUNT.getByName(nodeId),
    hub: (hub: string) => env.HUB.getByName(hub),
    ownOrigins: (requestUrl: string) => [new URL(requestUrl).origin],
    findWhy: async (nodeIds: readonly string[]) => nodeIds.map(() => ({ faults: { lastHour: 3, heldAgainst: 1 } })),
  };
  return doors as unknown as Services;
}

const app = new Hono<AppEnv>();
app.use(async (c, next) => {
  c.set('requestId', 'req_test');
  c.set('services', makeDoors(c.env));
  await next();
});
const areaCalls: AreaCalls = {
  kickNode: async (_services, nodeId, reason) => void kicked.push(`${nodeId} ${reason}`),
  tellNode: async (_services, nodeId) => void relinked.push(nodeId),
  tellHubs: async () => undefined,
  findRevoked: async (_services, nodeIds) => nodeIds.filter((id) => kicked.some((one) => one.startsWith(id))),
};
app.route('/admin/v1', makeAdminRoutes(areaCalls));
app.route('/', ownKeys);
app.route('/', ownMembers);
app.route('/', makeOwnNodeRoutes(areaCalls));
app.route('/', makeOwnPoolRoutes(areaCalls));
app.route('/', nodeEnrol);
app.onError((error) =>
  toErrorResponse(error instanceof ApiError ? error : new ApiError('internal_error', `test: ${error.message}`)),
);

export default { fetch: (request, env, context) => app.fetch(request, env, context) } satisfies ExportedHandler<Env>;
