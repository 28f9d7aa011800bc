// A call that came under an Idempotency-Key which has been used: it is told what it came to, waits for the one that runs, or runs anew where that failed and
// cost nothing.
import type { Context } from 'hono';
import type { RepeatAsked, RepeatRefusal } from '../billing/hold-answer.ts';
import type { Spoken } from '../dialects/spoken.ts';
import type { AppEnv } from './app-env.ts';
import type { Job } from './make-job.ts';
import { RepeatedCall } from './repeated-call.ts';
import { isSpent, tellRepeat } from './tell-repeat.ts';
import type { RanJob } from './tell-repeat.ts';

/** The first call ends within moments or takes its time: looks at it get ever further apart, since each costs the account's time. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 1000;
/** How often a call runs anew that others of the same key keep overtaking. */
const MOST_TRIES = 3;

type Jobs = readonly [Job, ...Job[]];

/** Answers the jobs of one call under its key. `answer` runs them; it throws RepeatedCall where the key has been used. */
export async function answerOnce(
  c: Context<AppEnv>,
  { jobs, spoken, repeat }: { readonly jobs: Jobs; readonly spoken: Spoken | null; readonly repeat: RepeatAsked },
  answer: (jobs: Jobs) => Promise<Response>,
): Promise<Response> {
  let asked = repeat;
  for (let tries = 1; ; tries++) {
    try {
      return await answer(withRepeat(jobs, asked));
    } catch (error) {
      if (!(error instanceof RepeatedCall)) throw error;
      const ran = await findRan(c, { accountId: jobs[0].caller.accountId, repeat }, error);
      if (ran === null) asked = repeat;
      else if (isSpent(ran)) {
        c.get('seat')?.leave();
        const { body, headers } = tellRepeat(jobs[0], ran, spoken);
        return new Response(body, { headers });
      } else asked = { ...repeat, over: ran.map(({ jobId }) => jobId) };
      if (tries >= MOST_TRIES) throw error;
    }
  }
}

function withRepeat([first, ...others]: Jobs, repeat: RepeatAsked): Jobs {
  return [{ ...first, hold: { ...first.hold, repeat } }, ...others];
}

/** What the call ran as, once that is over; null where the key is free meanwhile. Throws ApiError where it still runs after a bounded while. */
async function findRan(
  c: Context<AppEnv>,
  { accountId, repeat }: { readonly accountId: string; readonly repeat: RepeatAsked },
  refused: RepeatedCall,
): Promise<readonly RanJob[] | null> {
  const { account, timings, findReceipts } = c.get('services');
  const until = Date.now() + timings.repeatWaitMs;
  let state: RepeatRefusal | null = refused.repeat;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * 2)) {
    if (state?.reason !== 'repeat') return null;
    if (state.state === 'over') {
      const { jobs } = state;
      const found = await Promise.all(jobs.map((jobId) => findReceipts({ jobId, accountId })));
      const ran = found.map(({ settlements }, i) => ({ jobId: jobs[i] ?? '', settlements }));
      if (!found.some(({ isPending }) => isPending)) return ran;
    }
    // Who has left needs no answer; official clients ask again by themselves where it takes longer.
    if (Date.now() + pauseMs > until || c.req.raw.signal.aborted) throw refused;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    state = await account(accountId).findRepeat(repeat);
  }
}
