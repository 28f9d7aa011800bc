// The network with one home whose model server can do everything, for clients that are tried against it.
import { ABLE_MODEL, startAbleServer } from './able-server.ts';
import type { AbleOptions, AbleServer } from './able-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

export interface AbleHome {
  readonly stack: Stack;
  readonly able: AbleServer;
  readonly account: TestAccount;
  /** Ends in /v1. */
  readonly url: string;
  /** The bodies of chats that the server was sent, the newest last. */
  chats(): Record<string, unknown>[];
  stop(): Promise<void>;
}

export async function startAbleHome(
  options: AbleOptions & { readonly bindings?: Record<string, string> } = {},
): Promise<AbleHome> {
  const { bindings = {}, ...can } = options;
  const [stack, able] = await Promise.all([startStack({ bindings }), startAbleServer(can)]);
  const account = await stack.makeAccount();
  await stack.startAgent({ owner: account, args: ['--backend', able.url] });
  await stack.waitForModel(account, ABLE_MODEL);
  return {
    stack,
    able,
    account,
    url: `${stack.url}/v1`,
    chats: () =>
      able.seen
        .filter(({ path }) => path === '/v1/chat/completions')
        .map(({ body }) => body as Record<string, unknown>),
    stop: async () => {
      await stack.stop();
      await able.stop();
    },
  };
}
