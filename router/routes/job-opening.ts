// Jobs of any kind before they are placed: which model, how long, what its caller wishes of the home.
import type { Context } from 'hono';
import type { Need, Sampler } from '../../schema/needs.ts';
import type { OpenRequest } from '../../schema/job-request.ts';
import type { SaidWish } from '../../schema/provider.ts';
import type { Caller } from '../auth/judge-key.ts';
import { hashPrefixes } from '../placement/hash-prefixes.ts';
import { makeKin } from '../auth/make-kin.ts';
import { ADDRESS_HEADER, readAddress } from '../auth/read-address.ts';
import type { AppEnv } from './app-env.ts';
import { findPlace } from './find-place.ts';
import type { JobLimits } from './fit-limits.ts';
import { makeJobs } from './make-job.ts';
import type { CallerWish, Job } from './make-job.ts';
import { makeWish } from './make-wish.ts';
import { findMethodUrl } from './own-origin.ts';
import { refuseRequest } from './refuse.ts';
import { findModel } from './served-models.ts';
import type { ServedModel } from './served-models.ts';

/** What a request of any kind says. */
export interface AnyRequest extends CallerWish {
  readonly choices: number;
  readonly provider: SaidWish;
  readonly needs: readonly Need[];
  /** Needed only where nothing may be left out; nothing by default. */
  readonly wants?: readonly Need[];
  readonly ignored: readonly string[];
}

export interface JobsPlan {
  readonly request: AnyRequest;
  readonly samplers?: Readonly<Partial<Record<Sampler, number>>> | undefined;
  /** Throws ApiError where the prompt does not fit the model. */
  readonly fit: (served: ServedModel) => JobLimits;
  readonly ask: (limits: JobLimits, seed: number) => OpenRequest;
  /** The prompt as one text, of which homes may still hold a beginning; '' where none would be of use. */
  readonly promptText: string;
  readonly idPrefix: string;
  /** The model, where it is known already; left out it is found by its name. */
  readonly served?: ServedModel;
}

/** One job for each answer that is wanted. Throws ApiError for a model that is not there, a prompt that is too long, or a wish that cannot be. */
export async function openJobs(c: Context<AppEnv>, caller: Caller, plan: JobsPlan): Promise<readonly [Job, ...Job[]]> {
  const services = c.get('services');
  const { request, samplers, promptText, idPrefix } = plan;
  const { provider: said, needs, wants, ignored } = request;
  const place = findPlace(c.req.raw, c.env);
  const served = plan.served ?? (await findModel(services, request.model, caller));
  const limits = plan.fit(served);
  const { priceIn, priceOut, leastPriceIn, leastPriceOut } = served;
  const model = { id: request.model, priceIn, priceOut, leastPriceIn, leastPriceOut };
  const wish = makeWish({
    said,
    defaults: caller.defaults,
    pools: caller.pools,
    needs,
    wants,
    samplers,
    ignored,
    model,
  });
  if (!wish.ok) throw refuseRequest(wish.error);
  const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(56));
  const others = Array.from({ length: request.choices - 1 }, random);
  const { maxTokens } = limits;
  const input = {
    caller,
    request,
    ask: (seed: number) => plan.ask(limits, seed),
    served,
    limits,
    place,
    wish: wish.value,
    expectedTokens: maxTokens === 0 ? 0 : services.outputLengths.expect(caller.keyId, request.model, maxTokens),
    prefixes: hashPrefixes(promptText, caller.accountId),
    idPrefix,
    kin: makeKin({
      wallets: caller.wallets,
      pools: caller.pools.map(({ id }) => id),
      family: services.families.tag(readAddress(c.req.header(ADDRESS_HEADER))),
    }),
    methodUrl: findMethodUrl(c),
    fees: await services.findFees(Date.now()),
    now: Date.now(),
  };
  return makeJobs(input, [random(), ...others]);
}
