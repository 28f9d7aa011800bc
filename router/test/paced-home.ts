// A home that says a word every few milliseconds for as long as it is asked, and the gaps that its caller saw.
import { RawNode } from './raw-node.ts';
import type { Answer } from './ask.ts';
import { ask } from './ask.ts';
import type { Stack, TestAccount } from './stack.ts';

const WORD_EVERY_MS = 25;
const PACED_MODEL = 'paced';

export async function joinPacedHome(stack: Stack, owner: TestAccount): Promise<RawNode> {
  const node = await RawNode.join(stack, owner);
  node.onJob = (job) => {
    job.head();
    let left = Number(/\d+/.exec(job.prompt)?.[0] ?? 1);
    const talking = setInterval(() => {
      if (left-- > 0) return void job.say('word ', 1);
      clearInterval(talking);
      job.end(job.receipt());
    }, WORD_EVERY_MS);
  };
  node.sendState(16, [{ name: PACED_MODEL }]);
  await stack.waitForModel(owner, PACED_MODEL);
  return node;
}

/** Opens a stream of so many seconds. */
export function listen(stack: Stack, account: TestAccount, seconds: number): Promise<Answer> {
  const words = Math.ceil((seconds * 1000) / WORD_EVERY_MS);
  return ask(stack, { account, model: PACED_MODEL, prompt: `${words} words`, maxTokens: 10_000 });
}

/** The longest wait between two pieces of an answer, ms. */
export function worstGapMs({ pieces }: Answer): number {
  const heard = pieces.filter(({ events }) => events > 0);
  return Math.max(0, ...heard.slice(1).map(({ at }, i) => at - (heard[i]?.at ?? at)));
}
