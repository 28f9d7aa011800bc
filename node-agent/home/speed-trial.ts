// A short run that shows how fast a model is on this machine: a prompt of about a hundred tokens and a few dozen of an answer.
import type { Backend } from '../backends/backend.ts';
import type { SpeedPrior } from './guess-speed.ts';

/** What a measurement may cost at most. */
interface MeasureLimits {
  readonly maxTokens: number;
  readonly limitMs: number;
}

/** The built-in model: some 0.1 s of one core, and more where the machine is busy. */
export const BUILT_IN_LIMITS: MeasureLimits = { maxTokens: 32, limitMs: 1500 };
/** A server's model, only where the owner allows it. */
export const SERVER_LIMITS: MeasureLimits = { maxTokens: 24, limitMs: 10_000 };

/** Fewer tokens tell nothing about a pace. */
const TOKENS_MIN = 4;
/** Words of our own, long enough that reading them takes a measurable time. */
const PROMPT = `${'A quiet home lends its spare hours to a neighbour who asks, and the neighbour says thank you. '.repeat(4)}Tell me a story about a fox named Ada.`;

/** Tokens a second, prompt and decode, of one job alone; null when the run failed or was too short. The model should be in memory. */
export async function measureSpeed(backend: Backend, model: string, limits: MeasureLimits): Promise<SpeedPrior | null> {
  const startedAt = performance.now();
  let firstAt = 0;
  let lastAt = 0;
  const gaps: number[] = [];
  const job = {
    model,
    kind: 'chat' as const,
    messages: [{ role: 'user' as const, content: PROMPT }],
    maxTokens: limits.maxTokens,
    temperature: 0,
    topP: 1,
    seed: 1,
    stop: [],
    frequencyPenalty: 0,
    presencePenalty: 0,
  };
  const finish = await backend.run(
    job,
    (delta) => {
      const now = performance.now();
      if (firstAt === 0) firstAt = now;
      else gaps.push((now - lastAt) / Math.max(1, delta.tokens));
      lastAt = now;
    },
    AbortSignal.timeout(limits.limitMs),
  );
  if (finish.reason === 'error' || gaps.length < TOKENS_MIN) return null;
  // The median: a machine that has just started does other things too, and they should not count as the model's pace.
  const msPerToken = Math.max(0.01, gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 1);
  const promptTokens = finish.promptTokens ?? Math.round(PROMPT.length / 4);
  // After the prompt was read, the first token took one more step.
  const promptMs = Math.max(1, firstAt - startedAt - msPerToken);
  return {
    promptTokensPerS: Math.round((promptTokens * 1000) / promptMs),
    decodeTokensPerS: Math.round(1000 / msPerToken),
  };
}
