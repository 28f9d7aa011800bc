// Stands between a job and one server for everything about the length of its prompt: counts before anything is spent, sees a silent cut, and lets a
// job that was refused for its answer's length alone go once more with a shorter one.

import { estimateTokens } from '../../schema/estimate-tokens.ts';
import type { TokenEstimate } from '../../schema/estimate-tokens.ts';
import { countImages, textsOf } from '../../schema/message.ts';
import { err, ok, type Result } from '../../schema/result.ts';
import { textsOfTools } from '../../schema/tools.ts';
import type { BackendError, TextJob } from './backend.ts';
import { buildMessages } from './build-backend-body.ts';
import { writePrompt } from './build-completion-body.ts';
import type { HttpDoor } from './http-door.ts';
import {
  fitUncounted,
  mayOverflow,
  surelyOverflows,
  tokensLeft,
  wasCut,
  type Beside,
  type Context,
} from './judge-prompt.ts';
import { PromptCounter } from './prompt-counter.ts';
import type { Product } from './probe-server.ts';
import { tellContext } from './read-context.ts';
import { SpecialProbe } from './special-probe.ts';

/** Of an answer that a server refused for its length without a number, so much is asked for the second time. */
const BLIND_SHARE = 1 / 4;

/** What is known of the server and of the job's model there. */
export interface PromptFacts {
  readonly product: Product;
  readonly context: Context;
}

/** The part of a run's end that this is about. */
interface End {
  readonly reason: string;
  readonly promptTokens: number | null;
  readonly error?: BackendError;
}

export class PromptGate {
  readonly #counter: PromptCounter;
  /** Whether the server reads control tokens out of messages of a model. */
  readonly specials: SpecialProbe;
  /** Of the jobs that run: each is estimated before it is sent and looked at again when it is over. */
  readonly #estimates = new WeakMap<TextJob, TokenEstimate>();

  constructor(door: HttpDoor) {
    this.#counter = new PromptCounter(door);
    this.specials = new SpecialProbe(door, this.#counter);
  }

  /** The job, with no more tokens asked for than its prompt leaves; or both numbers, where the prompt does not fit. Costs a short prompt nothing. */
  async check(job: TextJob, facts: PromptFacts, signal: AbortSignal): Promise<Result<TextJob, BackendError>> {
    const estimate = this.#estimate(job);
    const { product, context } = facts;
    const left = tokensLeft(estimate, context, besideOf(job));
    const fitted = fitUncounted(product, job.maxTokens, { left, context });
    if (fitted !== 'count' && !mayOverflow(estimate, context)) return ok(withMost(job, fitted));
    const counted = await this.#count(job, product, signal);
    if (counted === null) {
      if (surelyOverflows(estimate, context))
        return err(tellContext({ promptTokens: estimate.expected, contextTokens: context.tokens }));
      return ok(fitted === 'count' ? withMost(job, left.likely) : job);
    }
    const contextTokens = counted.contextTokens ?? (context.isGuessed ? null : context.tokens);
    if (contextTokens === null) return ok(job);
    const exact = fit(job, counted.tokens, contextTokens);
    // Tokenizers are asked about texts alone.
    return exact.ok && fitted === 'count' && !isPlain(job) ? ok(withMost(exact.value, left.likely)) : exact;
  }

  /** The job with a shorter answer, where the server refused the length of both together and the prompt alone may fit; else null. */
  async shorten(job: TextJob, end: End, facts: PromptFacts, signal: AbortSignal): Promise<TextJob | null> {
    const { error } = end;
    if (error?.code !== 'context' || signal.aborted) return null;
    const { context } = facts;
    const contextTokens = error.contextTokens ?? (context.isGuessed ? undefined : context.tokens);
    if (contextTokens === undefined) return null;
    const promptTokens = error.promptTokens ?? (await this.#count(job, facts.product, signal))?.tokens;
    if (promptTokens === undefined) return this.#shortenBlindly(job, contextTokens);
    const fitted = fit(job, promptTokens, contextTokens);
    return fitted.ok && fitted.value.maxTokens < job.maxTokens ? fitted.value : null;
  }

  /** Nobody tells how long the prompt is: what it surely leaves, or a part of what was asked for. */
  #shortenBlindly(job: TextJob, contextTokens: number): TextJob | null {
    const estimate = this.#estimate(job);
    const context = { tokens: contextTokens, isGuessed: false };
    if (surelyOverflows(estimate, context)) return null;
    const { surely } = tokensLeft(estimate, context, besideOf(job));
    const part = Math.ceil(job.maxTokens * BLIND_SHARE);
    const most = surely > 0 && surely < job.maxTokens ? Math.max(surely, part) : part;
    return most < job.maxTokens ? { ...job, maxTokens: most } : null;
  }

  /** A text as it stands is a conversation of one message without a template: endpoints that read one count it as such, with a few tokens too many. */
  #count(job: TextJob, product: Product, signal: AbortSignal): ReturnType<PromptCounter['count']> {
    if (job.kind === 'chat') return this.#counter.count(job, product, signal);
    const content = textsGiven(job).join('\n');
    return this.#counter.count({ model: job.model, messages: [{ role: 'user', content }] }, product, signal);
  }

  #estimate(job: TextJob): TokenEstimate {
    const known = this.#estimates.get(job);
    if (known) return known;
    const estimate = estimateTokens(textsGiven(job));
    this.#estimates.set(job, estimate);
    return estimate;
  }

  /** A run's end as it was: an answer to half a prompt is none. */
  judge<E extends End>(job: TextJob, end: E, facts: PromptFacts): E | (E & { reason: 'error'; error: BackendError }) {
    if (end.reason === 'cancelled' || end.reason === 'error' || end.promptTokens === null) return end;
    const estimate = this.#estimate(job);
    if (!wasCut(facts.product, end.promptTokens, { estimate, context: facts.context })) return end;
    const told = tellContext({
      promptTokens: Math.max(estimate.expected, end.promptTokens + 1),
      contextTokens: facts.context.isGuessed ? undefined : facts.context.tokens,
    });
    return {
      ...end,
      reason: 'error',
      error: {
        ...told,
        message: `the server cut the prompt to ${end.promptTokens} tokens: it is too long for its model`,
      },
    };
  }
}

/** Every text of a job: a server's words must quote none of it. */
export function textsAsked(job: TextJob): string[] {
  return job.kind === 'chat' ? [...textsGiven(job), ...textsOfTools(job.wishes?.tools ?? [])] : textsGiven(job);
}

/** Every text that any server reads of a job; not every template shows tools. */
function textsGiven(job: TextJob): string[] {
  if (job.kind === 'chat') return textsOf(buildMessages(job));
  return job.suffix === '' ? [writePrompt(job)] : [writePrompt(job), job.suffix];
}

function besideOf(job: TextJob): Beside {
  if (job.kind === 'completion') return { toolTokens: 0, images: 0 };
  const { messages, wishes } = job;
  return { toolTokens: estimateTokens(textsOfTools(wishes?.tools ?? [])).expected, images: countImages(messages) };
}

function isPlain(job: TextJob): boolean {
  const { toolTokens, images } = besideOf(job);
  return toolTokens === 0 && images === 0;
}

function withMost(job: TextJob, maxTokens: number): TextJob {
  return maxTokens < job.maxTokens ? { ...job, maxTokens } : job;
}

/** The job with its answer cut to what the context leaves, or the prompt's own error where that is nothing. */
function fit(job: TextJob, promptTokens: number, contextTokens: number): Result<TextJob, BackendError> {
  const left = contextTokens - promptTokens;
  if (left < 1) return err(tellContext({ promptTokens, contextTokens }));
  return ok(left < job.maxTokens ? { ...job, maxTokens: left } : job);
}
