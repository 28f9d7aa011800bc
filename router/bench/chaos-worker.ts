// The Worker as it is deployed, whose doors fail as a seed will have it: `npm run chaos:ledger` runs this one. It also tells what no API does, and hands
// settlements over once more.
import type { SettlementJson } from '../../schema/settlement.ts';
import { makeApp } from '../app.ts';
import type { Env } from '../env.ts';
import {
  Account as RealAccount,
  Area as RealArea,
  Hub as RealHub,
  NodeAccount as RealNodeAccount,
  Payment as RealPayment,
  Settler as RealSettler,
} from '../objects.ts';
import { closeEpochs } from '../services/settler.ts';
import { openRollUp } from '../services/shared.ts';
import { makeFaulty, passReceipts } from './chaos/faulty-doors.ts';
import { sleep, Trouble } from './chaos/trouble.ts';
import type { TroubleOptions } from './chaos/trouble.ts';

type ChaosEnv = Env & { readonly CHAOS: string };

let trouble: Trouble | null = null;
const faulty = new WeakMap<Env, Env>();

/** One an isolate, edges and objects together. */
function troubleOf(env: Env): Trouble {
  return (trouble ??= new Trouble(JSON.parse((env as ChaosEnv).CHAOS) as TroubleOptions));
}

function faultyOf(env: Env): Env {
  const known = faulty.get(env);
  if (known) return known;
  const made = makeFaulty(env, troubleOf(env));
  faulty.set(env, made);
  return made;
}

export class Account extends RealAccount {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, faultyOf(env));
  }

  /** As the platform resets one. */
  override fetch(): Promise<Response> {
    this.ctx.abort('told to');
    return Promise.reject(new Error('it was reset'));
  }
}

export class NodeAccount extends RealNodeAccount {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, faultyOf(env));
  }

  override fetch(): Promise<Response> {
    this.ctx.abort('told to');
    return Promise.reject(new Error('it was reset'));
  }
}

export class Area extends RealArea {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, faultyOf(env));
  }
}

export class Hub extends RealHub {
  readonly #trouble: Trouble;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, faultyOf(env));
    this.#trouble = troubleOf(env);
  }

  override webSocketMessage(ws: WebSocket, message: ArrayBuffer | string): void {
    const take = (bytes: ArrayBuffer): void => super.webSocketMessage(ws, bytes);
    if (typeof message === 'string') super.webSocketMessage(ws, message);
    else passReceipts(message, this.#trouble, take);
  }
}

export class Payment extends RealPayment {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, faultyOf(env));
  }
}

export class Settler extends RealSettler {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, faultyOf(env));
  }
}

const app = makeApp();

/** What the objects say of themselves. */
async function tellObjects(env: Env, url: URL): Promise<Response> {
  const of = (name: string): string[] => (url.searchParams.get(name) ?? '').split(',').filter((id) => id !== '');
  const accounts = of('accounts').map(async (id) => {
    const object = env.ACCOUNT.getByName(id);
    const [{ balance, held, totals }, { booked, waiting, unpayable }] = [await object.usage(), await object.booked()];
    return { id, balance, held, charged: totals.charged, jobs: totals.jobs, booked, waiting, unpayable };
  });
  const nodes = of('nodes').map(async (id) => {
    const object = env.NODE_ACCOUNT.getByName(id);
    const [totals, { waiting, unpayable }] = [await object.totals(), await object.booked()];
    return { id, ...totals, waiting, unpayable };
  });
  return Response.json({ accounts: await Promise.all(accounts), nodes: await Promise.all(nodes) });
}

/** Every settlement once more, to its node's account and to its caller's, the last one first. */
async function replay(env: Env, settlements: readonly SettlementJson[]): Promise<Response> {
  let refused = 0;
  for (const settlement of settlements.toReversed()) {
    const [answer] = await env.NODE_ACCOUNT.getByName(settlement.nodeId).acceptAll({ settlements: [settlement] });
    if (!answer) refused += 1;
    // What failed before the first token concerns no caller, and hubs tell none.
    if (settlement.outcome === 'failed-before-token') continue;
    const [isTaken] = await env.ACCOUNT.getByName(settlement.accountId).settleAll([settlement]);
    if (isTaken !== true) refused += 1;
  }
  return Response.json({ refused });
}

async function answerChaos(request: Request, env: Env): Promise<Response> {
  const url = new URL(request.url);
  const here = troubleOf(env);
  if (url.pathname === '/chaos/objects') return tellObjects(env, url);
  if (url.pathname === '/chaos/replay') return replay(env, await request.json<SettlementJson[]>());
  if (url.pathname === '/chaos/calm') here.calm();
  if (url.pathname === '/chaos/books-away') {
    here.isBooksAway = true;
    await sleep(Number(url.searchParams.get('ms')));
    here.isBooksAway = false;
  }
  return Response.json({});
}

export default {
  fetch: (request, env, context) =>
    new URL(request.url).pathname.startsWith('/chaos/')
      ? answerChaos(request, env)
      : app.fetch(request, faultyOf(env), context),
  scheduled: async ({ scheduledTime }, env) => {
    await openRollUp(faultyOf(env)).run(scheduledTime);
    await closeEpochs(faultyOf(env), scheduledTime);
  },
} satisfies ExportedHandler<Env>;
