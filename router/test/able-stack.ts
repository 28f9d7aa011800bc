// A whole network with one home, whose model server can do all that callers ask for: for tests of clients.
import { ABLE_MODEL, ALL_ABILITIES, startAbleServer } from './able-server.ts';
import type { AbleServer } from './able-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

export interface AbleStack {
  readonly stack: Stack;
  readonly able: AbleServer;
  readonly account: TestAccount;
  /** Ends in /v1. */
  readonly url: string;
  /** The body of the last chat that the model server was asked. */
  asked(): Record<string, unknown>;
  stop(): Promise<void>;
}

/** `bindings`: the router's settings. */
export async function startAbleStack(bindings: Record<string, string> = {}): Promise<AbleStack> {
  const [stack, able] = await Promise.all([startStack({ bindings }), startAbleServer()]);
  const account = await stack.makeAccount();
  await stack.startAgent({ owner: account, args: ['--backend', able.url, '--slots', '8', '--can', ALL_ABILITIES] });
  await stack.waitForModel(account, ABLE_MODEL);
  return {
    stack,
    able,
    account,
    url: `${stack.url}/v1`,
    asked: () => able.seen.findLast(({ path }) => path === '/v1/chat/completions')?.body as Record<string, unknown>,
    stop: async () => {
      await stack.stop();
      await able.stop();
    },
  };
}
