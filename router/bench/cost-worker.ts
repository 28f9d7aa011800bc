// The Worker as it is deployed, whose doors count what the platform would bill: `npm run bench:cost` runs this one.
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
import { UsageMeter } from './usage-counts.ts';

const meter = new UsageMeter();
const watched = new WeakMap<Env, Env>();

function watchEnv(env: Env): Env {
  const known = watched.get(env);
  if (known) return known;
  const made: Env = {
    ...env,
    DB: meter.watchD1(env.DB),
    AREA: meter.watchObjects('Area', env.AREA),
    HUB: meter.watchObjects('Hub', env.HUB),
    ACCOUNT: meter.watchObjects('Account', env.ACCOUNT),
    NODE_ACCOUNT: meter.watchObjects('NodeAccount', env.NODE_ACCOUNT),
    PAYMENT: meter.watchObjects('Payment', env.PAYMENT),
    SETTLER: meter.watchObjects('Settler', env.SETTLER),
  };
  watched.set(env, made);
  return made;
}

function ring(name: string, id: string, alarm: () => Promise<void>): Promise<void> {
  meter.ofClass(name).alarms += 1;
  return meter.work(name, id, alarm);
}

export class Account extends RealAccount {
  constructor(ctx: DurableObjectState, env: Env) {
    super(meter.watch('Account', ctx), watchEnv(env));
  }

  override alarm(): Promise<void> {
    return ring('Account', this.ctx.id.toString(), () => super.alarm());
  }
}

export class NodeAccount extends RealNodeAccount {
  constructor(ctx: DurableObjectState, env: Env) {
    super(meter.watch('NodeAccount', ctx), watchEnv(env));
  }

  override alarm(): Promise<void> {
    return ring('NodeAccount', this.ctx.id.toString(), () => super.alarm());
  }
}

export class Area extends RealArea {
  constructor(ctx: DurableObjectState, env: Env) {
    super(meter.watch('Area', ctx), watchEnv(env));
  }

  override alarm(): Promise<void> {
    return ring('Area', this.ctx.id.toString(), () => super.alarm());
  }
}

export class Hub extends RealHub {
  constructor(ctx: DurableObjectState, env: Env) {
    super(meter.watch('Hub', ctx), watchEnv(env));
  }

  override alarm(): Promise<void> {
    return ring('Hub', this.ctx.id.toString(), () => super.alarm());
  }

  override webSocketMessage(ws: WebSocket, message: ArrayBuffer | string): void {
    meter.ofClass('Hub').socketMessages += 1;
    super.webSocketMessage(ws, message);
  }
}

export class Payment extends RealPayment {
  constructor(ctx: DurableObjectState, env: Env) {
    super(meter.watch('Payment', ctx), watchEnv(env));
  }

  override alarm(): Promise<void> {
    return ring('Payment', this.ctx.id.toString(), () => super.alarm());
  }
}

export class Settler extends RealSettler {
  constructor(ctx: DurableObjectState, env: Env) {
    super(meter.watch('Settler', ctx), watchEnv(env));
  }

  override alarm(): Promise<void> {
    return ring('Settler', this.ctx.id.toString(), () => super.alarm());
  }
}

const app = makeApp();

export default {
  fetch: (request, env, context) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/bench/counts') return Response.json(meter.read());
    // What the bench itself asks to see whether all is booked is no caller's.
    if (pathname === '/v1/usage' || pathname.startsWith('/admin/')) return app.fetch(request, env, context);
    meter.counts.workerRequests += 1;
    return app.fetch(request, watchEnv(env), context);
  },
  scheduled: async ({ scheduledTime }, env) => {
    await openRollUp(watchEnv(env)).run(scheduledTime);
    await closeEpochs(watchEnv(env), scheduledTime);
  },
} satisfies ExportedHandler<Env>;
