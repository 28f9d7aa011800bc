// A conversation that is answered, whichever API it came by: who asks, what for, which wishes; then it is answered as any job is.
import type { Context } from 'hono';
import type { ChatRequest } from '../../schema/openai.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import type { Result } from '../../schema/result.ts';
import { countPrompt } from '../billing/count-part.ts';
import type { Caller } from '../auth/judge-key.ts';
import { hashPrefixes } from '../placement/hash-prefixes.ts';
import type { AppEnv } from './app-env.ts';
import { answerChoices } from './answer-choices.ts';
import { answerJob } from './answer-job.ts';
import { askChat, promptText } from './ask-chat.ts';
import { findPlace } from './find-place.ts';
import { fitLimits } from './fit-limits.ts';
import { makeJobs } from './make-job.ts';
import type { Job } from './make-job.ts';
import { makeWish } from './make-wish.ts';
import type { Seat } from '../services/body-room.ts';
import { announcedBytes, MAX_BODY_BYTES, parseBody, readRawBody } from './read-body.ts';
import { refuseCrowd, refuseRequest, requireCaller } from './refuse.ts';
import { findModel } from './served-models.ts';
import type { Spoken } from './spoken.ts';

/** Bodies above this are read and counted one after the other for each account: a large prompt takes the thread for tens of milliseconds. */
const LARGE_BODY_BYTES = 32 * 1024;

/** What a body of some API asks for. */
export interface Asked {
  readonly chat: ChatRequest;
  /** How it is answered; null for Chat Completions, whose bytes are passed on as homes and hubs write them. */
  readonly spoken: Spoken | null;
}

export type ReadAsked = (body: unknown) => Result<Asked, RequestFault>;

/** Answers a request of any of the APIs. */
export function answerChat(c: Context<AppEnv>, read: ReadAsked): Promise<Response> {
  const answer = openAndAnswer(c, read);
  // The platform ends at once what a caller asked who resets the connection: its place in the room would never be given back, nor its hold.
  c.executionCtx.waitUntil(answer.catch(() => undefined));
  return answer;
}

async function openAndAnswer(c: Context<AppEnv>, read: ReadAsked): Promise<Response> {
  const caller = await requireCaller(c);
  const seat = await takeSeat(c, caller);
  // Its job leaves with it when it is over.
  c.set('seat', seat);
  try {
    const { jobs, spoken } = await readJob(c, caller, { read, seat });
    return await (jobs.length === 1 ? answerJob(c, jobs[0], spoken) : answerChoices(c, jobs));
  } catch (error) {
    seat.leave();
    throw error;
  }
}

/** Nothing of a body is read before it is known whose it is, how long it says to be, and that there is room for it. */
async function takeSeat(c: Context<AppEnv>, { accountId }: Caller): Promise<Seat> {
  const seat = await c.get('services').bodies.enter(accountId, await announcedBytes(c));
  if (!seat) throw refuseCrowd();
  return seat;
}

/** Answers what is told of a body alone, without a job. */
export async function readInRoom(
  c: Context<AppEnv>,
  caller: Caller,
  answer: (body: unknown) => Promise<Response>,
): Promise<Response> {
  const seat = await takeSeat(c, caller);
  try {
    return await readBody(c, caller, { seat, open: answer });
  } finally {
    seat.leave();
  }
}

async function readBody<T>(
  c: Context<AppEnv>,
  { accountId }: Caller,
  { seat, open }: { readonly seat: Seat; readonly open: (body: unknown) => Promise<T> },
): Promise<T> {
  const { timings, turns } = c.get('services');
  const { growTo: hasRoom } = seat;
  const body = await readRawBody(c, { maxBytes: MAX_BODY_BYTES, deadlineMs: timings.bodyMs, hasRoom });
  seat.shrink(body.bytes.length);
  const isLarge = body.bytes.length > LARGE_BODY_BYTES;
  return isLarge ? turns.run(accountId, () => open(parseBody(body))) : open(parseBody(body));
}

interface OpenedJob {
  /** One for each answer that is wanted. */
  readonly jobs: readonly [Job, ...Job[]];
  readonly spoken: Spoken | null;
}

function readJob(
  c: Context<AppEnv>,
  caller: Caller,
  { read, seat }: { readonly read: ReadAsked; readonly seat: Seat },
): Promise<OpenedJob> {
  const open = async (body: unknown): Promise<OpenedJob> => {
    const asked = read(body);
    if (!asked.ok) throw refuseRequest(asked.error);
    const { chat, spoken } = asked.value;
    // Other APIs know one answer.
    return { jobs: await openJobs(c, caller, spoken ? { ...chat, choices: 1 } : chat), spoken };
  };
  return readBody(c, caller, { seat, open });
}

async function openJobs(c: Context<AppEnv>, caller: Caller, request: ChatRequest): Promise<OpenedJob['jobs']> {
  const services = c.get('services');
  const place = findPlace(c.req.raw, c.env);
  const served = await findModel(services, request.model, caller);
  const limits = fitLimits(request, served, { count: countPrompt(request, served), field: 'messages' });
  const model = { id: request.model, priceIn: served.priceIn, priceOut: served.priceOut };
  const { provider: said, needs, ignored, wishes } = request;
  const { samplers } = wishes;
  const wish = makeWish({ said, defaults: caller.defaults, pools: caller.pools, needs, samplers, ignored, model });
  if (!wish.ok) throw refuseRequest(wish.error);
  const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(56));
  const others = Array.from({ length: request.choices - 1 }, random);
  const input = {
    caller,
    request,
    ask: (seed: number) => askChat(request, { maxTokens: limits.maxTokens, seed }),
    served,
    limits,
    place,
    wish: wish.value,
    expectedTokens: services.outputLengths.expect(caller.keyId, request.model, limits.maxTokens),
    prefixes: hashPrefixes(promptText(request), caller.accountId),
    idPrefix: 'chatcmpl-',
    now: Date.now(),
  };
  return makeJobs(input, [random(), ...others]);
}
