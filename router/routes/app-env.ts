// What every route finds in its context.
import type { Caller } from '../auth/judge-key.ts';
import type { DialectError } from '../dialects/dialect.ts';
import type { Env } from '../env.ts';
import type { Seat } from '../services/body-room.ts';
import type { Services } from '../services/edge.ts';

/** The payment of a call that runs. Each may be said twice. */
export interface CallPayment {
  /** One of its jobs is over. `isNothing`: nothing of it is ever charged. */
  readonly endJob: (isNothing: boolean) => Promise<void>;
  /** None of them has begun. */
  readonly abandon: () => Promise<void>;
  /** Headers that tell of the settlement, if it is there soon. */
  readonly settle: () => Promise<Record<string, string>>;
}

export interface AppEnv {
  Bindings: Env;
  Variables: {
    services: Services;
    requestId: string;
    seat?: Seat;
    stopRenewing?: () => void;
    /** Of a call that is paid for by itself. */
    payment?: CallPayment;
    /** Who acts by a page of the console, which has read the session and that its form is its own; never set by what a path of the API is sent. */
    pageCaller?: Caller;
    /** Set by pages of people who are signed in by a cookie: no other site may read them. */
    isOwnPage?: boolean;
    /** Headers that tell what is left to the key and its account. */
    leftHeaders?: Readonly<Record<string, string>>;
    /** Where the path's clients look for the request's id, beside `x-request-id`. */
    idHeader?: string;
    /** The body of a refusal where the path's clients expect another than OpenAI's. */
    encodeError?: (error: DialectError) => object;
  };
}
