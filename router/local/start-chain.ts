// `npm start -- --chain`: the chain that a local network brings what was earned to. What it uses comes with the tools (npm install), so it is loaded only here.
import type { Hex } from 'viem';
import { readDeployed } from './chain-folder.ts';
import type { LocalChain } from './local-chain.ts';
import { LOCAL_EPOCH_SECONDS } from './local-router.ts';
import type { LocalRouterBindings } from './local-router.ts';
import type { StartFlags } from './parse-start-flags.ts';
import { StartError } from './start-error.ts';
import type { Started } from './started.ts';
import { STATE_MARK } from './state-folder.ts';
import type { StateFolder } from './state-folder.ts';

const LOOK_MS = 1000;
/** While something moved so lately, ms, there is a block at least so often: contracts know the time by their chain's last block. */
const FRESH_MS = 120_000;
const BLOCK_MS = 15_000;
const RESTART_MS = 500;

export interface ChainStart {
  readonly flags: Pick<StartFlags, 'chain' | 'chainUrl'>;
  readonly folder: StateFolder;
  readonly started: Started;
  /** anvil died and stands again, or does not. */
  readonly onCrash: (isBack: boolean) => void;
}

export interface StartedChain {
  readonly bindings: LocalRouterBindings;
  /** What whoever started it has to know, line by line. */
  readonly told: readonly string[];
  readonly pid: () => number | null;
}

/** Null where no chain is wished for, and there never was one. Throws StartError where it cannot be had. */
export async function openChain(start: ChainStart): Promise<StartedChain | null> {
  const { flags, folder, started } = start;
  if (!flags.chain) return rememberChain(folder);
  const [chains, { createTestClient, http, publicActions }] = await Promise.all([
    import('./local-chain.ts'),
    import('viem'),
  ]).catch(() => {
    throw new StartError('--chain needs the tools beside the network: npm install, then start again.');
  });
  const chain = await chains.openLocalChain({
    stateDir: folder.dir,
    ...(flags.chainUrl === null ? {} : { url: flags.chainUrl }),
    routerKey: folder.secrets.ROUTER_SIGNING_KEY as Hex,
    epochSeconds: LOCAL_EPOCH_SECONDS,
    environment: { [STATE_MARK]: folder.dir },
  });
  started.add(async () => chain.stop());
  if (flags.chainUrl === null) {
    const client = createTestClient({ mode: 'anvil', transport: http(chain.url, { retryCount: 0 }) }).extend(
      publicActions,
    );
    const blocks: Blocks = {
      last: async () => {
        const { number, timestamp, transactions } = await client.getBlock();
        return { number: Number(number), at: 1000 * Number(timestamp), isEmpty: transactions.length === 0 };
      },
      mine: async () => client.mine({ blocks: 1 }),
    };
    started.add(keepMining(blocks, chain.kind.depth));
    void watch(chain, start);
  }
  return { bindings: chain.bindings, told: tellChain(chain, flags.chainUrl), pid: chain.pid };
}

/** What homes signed for that chain, they go on signing for it. */
function rememberChain(folder: StateFolder): StartedChain | null {
  const deployed = readDeployed(folder.dir);
  if (deployed === null) return null;
  const { chainId, contracts } = deployed;
  return {
    bindings: { CHAIN_ID: String(chainId), VERIFYING_CONTRACT: contracts.Payouts.toLowerCase() },
    told: [`${chainId}, Payouts ${contracts.Payouts}: not started, nothing is brought there (--chain starts it)`],
    pid: () => null,
  };
}

function tellChain(chain: LocalChain, url: string | null): string[] {
  const { contracts, kind } = chain;
  const where = url === null ? 'its state is kept beside the books' : 'not this machine’s own';
  return [
    `${chain.chainId} (${kind.name}) at ${chain.url}, ${where}`,
    'test tokens, no value; nothing here was audited, and it may be reset',
    ...Object.entries(contracts).map(([name, { address }]) => `${name.padEnd(14)}${address}`),
  ];
}

async function watch(chain: LocalChain, { started, onCrash }: ChainStart): Promise<void> {
  for (;;) {
    await chain.gone();
    if (started.isEnding) return;
    await new Promise((wake) => setTimeout(wake, RESTART_MS));
    // Another try would not go better: somebody else has its port, or its file cannot be read.
    const isBack = await chain.start().then(
      () => true,
      () => false,
    );
    if (started.isEnding) return;
    onCrash(isBack);
    if (!isBack) return;
  }
}

interface Blocks {
  readonly last: () => Promise<{ readonly number: number; readonly at: number; readonly isEmpty: boolean }>;
  readonly mine: () => Promise<void>;
}

/** Nobody else uses this chain, so nothing on it would become final by itself. An idle one makes no blocks, since its file would grow. Gives its end. */
function keepMining(blocks: Blocks, depth: number): () => void {
  let busy = { number: 0, at: 0 };
  let isLooking = false;
  const look = async (): Promise<void> => {
    const { number, at, isEmpty } = await blocks.last();
    if (!isEmpty || number < busy.number) busy = { number, at: Date.now() };
    const isShallow = number < busy.number + depth;
    const isStale = Date.now() - busy.at < FRESH_MS && Date.now() - at > BLOCK_MS;
    if (isShallow || isStale) await blocks.mine();
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    // It may be down, and is looked at again.
    look()
      .catch(() => undefined)
      .finally(() => (isLooking = false));
  }, LOOK_MS);
  return () => clearInterval(timer);
}
