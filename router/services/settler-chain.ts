// What the settler does on a chain, out of its environment: null steps where no chain is set.
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import type { EpochShelf } from '../billing/epoch-shelf.ts';
import { NO_CHAIN } from '../billing/settler-chain.ts';
import type { ChainStep, ChainSteps, KeptPlace } from '../billing/settler-chain.ts';
import { AnswerLog } from '../chain/answer-log.ts';
import { ChallengeAnswers } from '../chain/challenge-answers.ts';
import { ClaimLog } from '../chain/claim-log.ts';
import { ClaimSponsor } from '../chain/claim-sponsor.ts';
import { makeClaimsChain } from '../chain/claims-chain.ts';
import { EpochPosting } from '../chain/epoch-posting.ts';
import { makeAskChain } from '../chain/json-rpc.ts';
import { planNextLook } from '../chain/plan-look.ts';
import { makePayoutsChain } from '../chain/payouts-chain.ts';
import type { Env } from '../env.ts';
import { makeLog } from '../log.ts';
import { openChainWatch } from './chain-watch.ts';
import { pickEpochSeconds } from './pick-local.ts';
import { openSigner } from './signer.ts';

const log = makeLog('services');

/** While a challenge is open it is looked at so often: a quarter of the window is all the time there is. */
const ANSWER_AGAIN_MS = 2000;

/** A chain that is not set as it should be stops nothing else: it is told, and no step is taken. */
export function openChainSteps(env: Env, place: KeptPlace, shelf: EpochShelf): ChainSteps {
  const url = env.CHAIN_RPC_URL;
  if (url === undefined) return NO_CHAIN;
  try {
    const postRoots = openPosting(env, url, place, shelf);
    const [watchChain, answerChallenges] = [openChainWatch(env, url, place), openAnswers(env, url, place, shelf)];
    return { ...NO_CHAIN, postRoots, watchChain, answerChallenges };
  } catch (error) {
    log.error('chain-not-opened', { error });
    return NO_CHAIN;
  }
}

function openPosting(env: Env, url: string, { store, posts }: KeptPlace, shelf: EpochShelf): ChainStep {
  const { domain } = openSigner(env);
  const [rootKey, gasKey] = [fromHex(need(env.ROOT_SIGNING_KEY)), fromHex(need(env.CHAIN_GAS_KEY))];
  const chain = makePayoutsChain({ url, contract: domain.verifyingContract, sender: addressOfPrivateKey(gasKey) });
  const posting = new EpochPosting(posts, {
    chain,
    domain,
    rootKey,
    gasKey,
    published: () => Promise.resolve(store.publishedRoot(domain)),
    rootOf: async (epoch) => (await shelf.find(epoch))?.root ?? null,
    now: () => Date.now(),
  });
  const kind = findTestChain(domain.chainId);
  if (!kind.ok) throw new Error(kind.error);
  return async () => planNextLook(await posting.tick(), kind.value, Date.now());
}

/** Null where this router pays the gas of nobody's claims. */
export function openSponsor(env: Env, { storage, store }: KeptPlace, shelf: EpochShelf): ClaimSponsor | null {
  const { CHAIN_RPC_URL: url, CHAIN_SPONSOR_KEY: written } = env;
  if (url === undefined || written === undefined) return null;
  // Two that send from one key would take each other's numbers.
  if ([env.CHAIN_GAS_KEY, env.ROOT_SIGNING_KEY, env.ROUTER_SIGNING_KEY].includes(written)) {
    log.error('sponsor-not-opened', { reason: 'CHAIN_SPONSOR_KEY-is-another-key-of-the-router' });
    return null;
  }
  const { domain } = openSigner(env);
  const key = fromHex(written);
  const { chainId, verifyingContract: contract } = domain;
  return new ClaimSponsor(new ClaimLog(storage.sql), {
    chain: makeClaimsChain({ url, chainId, contract, sender: addressOfPrivateKey(key) }),
    domain,
    seconds: pickEpochSeconds(env),
    key,
    leavesOf: async (epoch) => {
      const kept = store.listLeaves(epoch);
      if (kept.length > 0) return kept;
      return (await readFile(shelf, epoch))?.leaves ?? null;
    },
    now: () => Date.now(),
  });
}

function openAnswers(env: Env, url: string, { storage }: KeptPlace, shelf: EpochShelf): ChainStep {
  const { domain } = openSigner(env);
  const answers = new ChallengeAnswers(new AnswerLog(storage.sql), {
    ask: makeAskChain(url),
    chainId: domain.chainId,
    contract: domain.verifyingContract,
    gasKey: fromHex(need(env.CHAIN_GAS_KEY)),
    readFile: (epoch) => readFile(shelf, epoch),
    now: () => Date.now(),
  });
  return async () => ((await answers.tick()).open > 0 ? Date.now() + ANSWER_AGAIN_MS : null);
}

/** Its own, or a later one of the same root, which proves the same; null where none is kept any more. */
async function readFile(shelf: EpochShelf, epoch: number): Promise<EpochFile | null> {
  const file = parseEpochFile((await shelf.readSame(epoch)) ?? '');
  return file.ok ? file.value : null;
}

function need(key: string | undefined): Hex {
  if (key === undefined) throw new Error('ROOT_SIGNING_KEY and CHAIN_GAS_KEY are needed beside CHAIN_RPC_URL');
  return key as Hex;
}
