// The Durable Objects bound to their services: each class knows its doors and not where they come from.
import { Area as AreaObject } from './area/area.ts';
import { Account as AccountObject } from './billing/account.ts';
import { NodeAccount as NodeAccountObject } from './billing/node-account.ts';
import { Settler as SettlerObject } from './billing/settler.ts';
import type { Env } from './env.ts';
import { Hub as HubObject } from './hub/hub.ts';
import { makeAccountDoors, makeNodeAccountDoors } from './services/accounts.ts';
import { makeAreaServices } from './services/area.ts';
import { openCurve } from './services/curve.ts';
import { makeHubServices } from './services/hub.ts';
import { makePaymentDoors } from './services/payments.ts';
import { Payment as PaymentObject } from './payments/payment.ts';
import { makeSettlerDoors } from './services/settler.ts';

// Once an isolate, edges included: the Worker exports what stands here.
openCurve();

export class Account extends AccountObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, makeAccountDoors(env));
  }
}

export class Area extends AreaObject {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env, makeAreaServices(env));
  }
}

export class Hub extends HubObject {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env, makeHubServices(env));
  }
}

export class NodeAccount extends NodeAccountObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, makeNodeAccountDoors(env));
  }
}

export class Payment extends PaymentObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, makePaymentDoors(env));
  }
}

export class Settler extends SettlerObject {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env, makeSettlerDoors(env));
  }
}
