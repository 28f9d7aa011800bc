// A body that asks for jobs, whichever API it came by: who sends it, whether there is room, what it asks for; then it is answered as any job is.
import type { Context } from 'hono';
import type { Caller } from '../auth/judge-key.ts';
import { isAllowedModel } from '../auth/judge-rights.ts';
import type { RepeatAsked } from '../billing/hold-answer.ts';
import type { AppEnv } from './app-env.ts';
import { answerChoices } from './answer-choices.ts';
import { answerJob } from './answer-job.ts';
import { ApiError } from '../errors.ts';
import { answerOnce } from './answer-repeat.ts';
import { answerDryRun } from './dry-run.ts';
import { hashBody, hashKey } from './hash-body.ts';
import type { Job } from './make-job.ts';
import type { Seat } from '../services/body-room.ts';
import { openKeylessCall } from './keyless-call.ts';
import { announcedBytes, MAX_BODY_BYTES, parseBody, readRawBody } from './read-body.ts';
import type { BodyType, RawBody } from './read-body.ts';
import { readDryRun } from './read-dry-run.ts';
import { readRepeatKey, REPEAT_HEADER } from './read-repeat-key.ts';
import { KeyChanged, refuseCrowd, refuseModel, refuseRequest, requireCaller, requireCallerNow } from './refuse.ts';
import type { Spoken } from '../dialects/spoken.ts';

/** Bodies above this are read and counted one after the other for each account: a large prompt takes the thread for tens of milliseconds. */
const LARGE_BODY_BYTES = 32 * 1024;

export interface OpenedJobs {
  /** One for each answer that is wanted. */
  readonly jobs: readonly [Job, ...Job[]];
  /** How they are answered; null for the API of their kind, whose bytes are passed on as homes and hubs write them. */
  readonly spoken: Spoken | null;
}

interface HowAnswered {
  readonly isDryRun: boolean;
  /** Of a call that came under an Idempotency-Key. */
  readonly repeat: RepeatAsked | null;
}

/** Reads a body as jobs. Throws ApiError for what it asks wrongly. */
export type OpenJobs = (body: unknown, caller: Caller) => Promise<OpenedJobs>;

/** How a body is read. */
export interface BodyForm {
  readonly type: BodyType;
  readonly maxBytes: number;
  readonly parse: (body: RawBody) => unknown;
}

const JSON_BODY: BodyForm = { type: 'json', maxBytes: MAX_BODY_BYTES, parse: parseBody };

/** Answers a request for jobs. */
export function answerBody(c: Context<AppEnv>, open: OpenJobs, form = JSON_BODY): Promise<Response> {
  const answer = openAndAnswer(c, open, form);
  // The platform ends at once what a caller asked who resets the connection: its place in the room would never be given back, nor its hold.
  c.executionCtx.waitUntil(answer.catch(() => undefined));
  return answer;
}

async function openAndAnswer(c: Context<AppEnv>, open: OpenJobs, form: BodyForm): Promise<Response> {
  const keyless = c.get('pageCaller') ? null : openKeylessCall(c);
  const caller = keyless?.caller ?? (await requireCaller(c, 'call'));
  const seat = await takeSeat(c, caller, form);
  // Its job leaves with it when it is over.
  c.set('seat', seat);
  try {
    const repeatKey = keyless ? null : readRepeatHeader(c, caller);
    const openJobs = async (read: unknown, bytes: Uint8Array): Promise<OpenedJobs & HowAnswered> => {
      const dry = readDryRun(read);
      if (!dry.ok) throw refuseRequest(dry.error);
      const { isDryRun, body } = dry.value;
      const opened = await open(body, caller);
      refuseManyLong(opened.jobs.length, bytes.length);
      // A dry run without a key is told its price as any call is.
      const jobs = keyless ? await keyless.pay(opened.jobs, isDryRun ? null : bytes) : opened.jobs;
      const repeat =
        repeatKey === null ? null : { key: repeatKey, body: hashBody(body), jobs: jobs.map(({ id }) => id) };
      return { ...opened, jobs, isDryRun, repeat };
    };
    const { jobs, spoken, isDryRun, repeat } = await readBody(c, caller, { seat, form, open: openJobs });
    if (isDryRun) return await answerAsNow(c, jobs, (now) => answerDryRun(c, now)).finally(() => seat.leave());
    const answer = (jobs: OpenedJobs['jobs']): Promise<Response> =>
      jobs.length === 1 ? answerJob(c, jobs[0], spoken) : answerChoices(c, jobs);
    const answerNow = (jobs: OpenedJobs['jobs']): Promise<Response> => answerAsNow(c, jobs, answer);
    return await (repeat ? answerOnce(c, { jobs, spoken, repeat }, answerNow) : answerNow(jobs));
  } catch (error) {
    seat.leave();
    await c
      .get('payment')
      ?.abandon()
      .catch(() => undefined);
    throw error;
  }
}

/** By what the key may do now, where its account knows that this has changed since it was read here. */
async function answerAsNow(
  c: Context<AppEnv>,
  jobs: OpenedJobs['jobs'],
  answer: (jobs: OpenedJobs['jobs']) => Promise<Response>,
): Promise<Response> {
  try {
    return await answer(jobs);
  } catch (error) {
    if (!(error instanceof KeyChanged)) throw error;
    const caller = await requireCallerNow(c, 'call');
    const renew = (job: Job): Job => ({ ...job, caller, hold: { ...job.hold, rightsAt: caller.rightsAt } });
    const [first, ...others] = jobs;
    const { model } = first.wish;
    if (!isAllowedModel(caller.models, model)) throw refuseModel(model, caller.models ?? []);
    return answer([renew(first), ...others.map(renew)]);
  }
}

/** The hash of the call's Idempotency-Key, of one API key at one endpoint; null where it has none. */
function readRepeatHeader(c: Context<AppEnv>, { keyId }: Caller): string | null {
  const key = readRepeatKey(c.req.header(REPEAT_HEADER));
  if (!key.ok) throw refuseRequest(key.error);
  return key.value === null ? null : hashKey(`${keyId} ${c.req.path}`, key.value);
}

/** Each of several answers takes the whole request to a hub: together they are bounded as one is. */
function refuseManyLong(answers: number, bytes: number): void {
  if (answers === 1 || answers * bytes <= MAX_BODY_BYTES) return;
  const most = Math.max(1, Math.floor(MAX_BODY_BYTES / bytes));
  throw new ApiError('invalid_value', `A request of ${bytes} bytes has ${most} answers at most: lower 'n'.`, {
    param: 'n',
  });
}

/** Nothing of a body is read before it is known whose it is, how long it says to be, and that there is room for it. */
async function takeSeat(c: Context<AppEnv>, { accountId }: Caller, { maxBytes } = JSON_BODY): Promise<Seat> {
  const seat = await c.get('services').bodies.enter(accountId, await announcedBytes(c, maxBytes));
  if (!seat) throw refuseCrowd();
  return seat;
}

/** Answers what is told of a body alone, without a job. */
export function readInRoom(
  c: Context<AppEnv>,
  caller: Caller,
  answer: (body: unknown) => Promise<Response>,
): Promise<Response> {
  const read = async (): Promise<Response> => {
    const seat = await takeSeat(c, caller);
    try {
      return await readBody(c, caller, { seat, open: answer });
    } finally {
      seat.leave();
    }
  };
  const told = read();
  // As for jobs: who resets the connection would keep the place.
  c.executionCtx.waitUntil(told.catch(() => undefined));
  return told;
}

async function readBody<T>(
  c: Context<AppEnv>,
  { accountId }: Caller,
  {
    seat,
    form = JSON_BODY,
    open,
  }: { readonly seat: Seat; readonly form?: BodyForm; readonly open: (body: unknown, bytes: Uint8Array) => Promise<T> },
): Promise<T> {
  const { timings, turns } = c.get('services');
  const { growTo: hasRoom } = seat;
  const body = await readRawBody(c, { type: form.type, maxBytes: form.maxBytes, deadlineMs: timings.bodyMs, hasRoom });
  seat.shrink(body.bytes.length);
  const isLarge = body.bytes.length > LARGE_BODY_BYTES;
  const read = async (): Promise<T> => open(await form.parse(body), body.bytes);
  return isLarge ? turns.run(accountId, read) : read();
}
