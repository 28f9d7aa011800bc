// What every route finds in its context.
import type { Env } from '../env.ts';
import type { Seat } from '../services/body-room.ts';
import type { Services } from '../services/edge.ts';

export interface AppEnv {
  Bindings: Env;
  Variables: { services: Services; requestId: string; seat?: Seat; stopRenewing?: () => void };
}
