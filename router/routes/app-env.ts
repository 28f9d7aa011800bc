// What every route finds in its context.
import type { DialectError } from '../dialects/dialect.ts';
import type { Env } from '../env.ts';
import type { Seat } from '../services/body-room.ts';
import type { Services } from '../services/edge.ts';

export interface AppEnv {
  Bindings: Env;
  Variables: {
    services: Services;
    requestId: string;
    seat?: Seat;
    stopRenewing?: () => void;
    /** Headers that tell what is left to the key and its account. */
    leftHeaders?: Readonly<Record<string, string>>;
    /** Where the path's clients look for the request's id, beside `x-request-id`. */
    idHeader?: string;
    /** The body of a refusal where the path's clients expect another than OpenAI's. */
    encodeError?: (error: DialectError) => object;
  };
}
