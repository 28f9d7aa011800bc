// What stands to the vote: read from the chain by whoever has a way to ask it, so that the router's page and the agent's command tell the same.
import * as z from 'zod';
import type { Hex } from './bytes.ts';
import { epochOf } from './epoch.ts';
import { AbiWords, makeCall, makeTopic } from './abi-words.ts';
import { hexText, smallNumber, toTag } from './rpc-values.ts';
import { readRuleValues } from './rules-abi.ts';
import { LOCAL_CHAIN } from './test-chains.ts';
import type { RuleValues } from './rules-abi.ts';
import type { ProposedCall, VoteFacts } from './describe-proposal.ts';

/** A question of JSON-RPC; rejects where the chain's node refuses it or cannot be asked. */
type Ask = (method: string, ...params: unknown[]) => Promise<unknown>;

/** As the governor numbers them. */
export const PROPOSAL_STATES = [
  'pending',
  'active',
  'canceled',
  'defeated',
  'succeeded',
  'queued',
  'expired',
  'executed',
] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

export interface Proposal {
  /** A decimal number of up to 78 digits. */
  readonly id: string;
  readonly proposer: Hex;
  readonly calls: readonly ProposedCall[];
  /** The proposer's own words. */
  readonly description: string;
  /** ms since epoch, by the chain's clock. */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly state: ProposalState;
  /** Bonded tokens, in their least parts. */
  readonly votes: { readonly against: bigint; readonly for: bigint; readonly abstain: bigint };
  /** Votes that must take part; null before the vote begins. */
  readonly quorum: bigint | null;
  /** When it can be carried out, once it is queued; ms since epoch. */
  readonly readyAt: number | null;
}

export interface VoteNow extends VoteFacts {
  readonly governor: Hex;
  /** The chain's clock, ms since epoch. */
  readonly now: number;
  readonly epoch: number;
  /** Seconds from a proposal to its vote, of the vote, and of the wait after it. */
  readonly delays: { readonly voting: number; readonly period: number; readonly timelock: number };
  /** Votes that a proposer must have. */
  readonly threshold: bigint;
  /** The newest first. */
  readonly proposals: readonly Proposal[];
}

export interface VotePlace {
  readonly payouts: Hex;
  /** Where somebody has told it; it is found and held against the timelock all the same. */
  readonly governor?: Hex | null;
}

const PROPOSER_ROLE = makeTopic('PROPOSER_ROLE');
const CREATED = makeTopic(
  'ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)',
);
const ROLE_GRANTED = makeTopic('RoleGranted(bytes32,address,address)');
/** So many are told, the newest. */
const MOST_PROPOSALS = 50;
/** Nodes of public chains give logs of so many blocks at once, and are asked so often at most. */
const SPAN = 9000;
const MOST_SPANS = 40;

const logsSchema = z.array(z.object({ data: hexText, topics: z.array(hexText) }));
type Log = z.output<typeof logsSchema>[number];
const blockSchema = z.object({ timestamp: smallNumber, number: smallNumber });

/** Rejects where the chain cannot be asked, or what stands there is not Irori's. */
export async function readVote(ask: Ask, { payouts, governor: told = null }: VotePlace): Promise<VoteNow> {
  // A local chain makes no blocks while nobody sends anything: the one to come has its clock.
  const isLocal = smallNumber.parse(await ask('eth_chainId')) === LOCAL_CHAIN;
  const block = blockSchema.parse(await ask('eth_getBlockByNumber', isLocal ? 'pending' : 'latest', false));
  const now = block.timestamp * 1000;
  const at: At = { ask, latest: block.number, tag: isLocal ? 'pending' : toTag(block.number), now };
  const rules = (await call(at, payouts, makeCall('rules()'))).address(0);
  const timelock = (await call(at, rules, makeCall('timelock()'))).address(0);
  const governor = await findGovernor(at, timelock, told);
  const numberOf = async (of: Hex, name: string): Promise<number> => (await call(at, of, makeCall(name))).number(0);
  const valuesAt = async (epoch: number): Promise<RuleValues> =>
    readRuleValues(await call(at, rules, makeCall('valuesAt(uint256)', epoch)));
  const [epochSeconds, fromEpoch] = [await numberOf(rules, 'epochSeconds()'), await numberOf(rules, 'nextFromEpoch()')];
  const epoch = epochOf(now, epochSeconds);
  const logs = await listLogs(at, governor, [CREATED]);
  return {
    payouts,
    rules,
    governor,
    now,
    epoch,
    epochSeconds,
    values: await valuesAt(epoch),
    next: fromEpoch > epoch ? { fromEpoch, values: await valuesAt(fromEpoch) } : null,
    last: fromEpoch > 0 ? { fromEpoch, before: await valuesAt(fromEpoch - 1) } : null,
    delays: {
      voting: await numberOf(governor, 'votingDelay()'),
      period: await numberOf(governor, 'votingPeriod()'),
      timelock: await numberOf(timelock, 'getMinDelay()'),
    },
    threshold: (await call(at, governor, makeCall('proposalThreshold()'))).big(0),
    proposals: await Promise.all(logs.slice(0, MOST_PROPOSALS).map(async (log) => readProposal(at, governor, log))),
  };
}

interface At {
  readonly ask: Ask;
  /** Number of the block that is read, and its time, ms since epoch. */
  readonly latest: number;
  /** How a question names it. */
  readonly tag: string;
  readonly now: number;
}

async function call({ ask, tag }: At, to: Hex, data: Hex): Promise<AbiWords> {
  const answer = hexText.parse(await ask('eth_call', { to, data }, tag));
  if (answer === '0x') throw new Error(`there is no such contract at ${to}`);
  return new AbiWords(answer);
}

/** Whoever proposes to the timelock was named once, when it was deployed, and stays. */
async function findGovernor(at: At, timelock: Hex, told: Hex | null): Promise<Hex> {
  const isNamed = async (one: Hex): Promise<boolean> =>
    (await call(at, timelock, makeCall('hasRole(bytes32,address)', PROPOSER_ROLE, one))).big(0) === 1n;
  if (told && (await isNamed(told))) return told;
  for (const { topics } of await listLogs(at, timelock, [ROLE_GRANTED, PROPOSER_ROLE])) {
    const account = topics[2] && new AbiWords(topics[2]).address(0);
    if (account && (await isNamed(account))) return account;
  }
  throw new Error('nobody is known who may propose to the timelock');
}

/** The newest first. Where a node gives no logs of all blocks at once they are asked for span by span, as far back as is told above. */
async function listLogs({ ask, latest }: At, address: Hex, topics: readonly Hex[]): Promise<Log[]> {
  const ofBlocks = async (from: number, to: string): Promise<Log[]> => {
    const range = { address, topics, fromBlock: toTag(from), toBlock: to };
    return logsSchema.parse(await ask('eth_getLogs', range)).toReversed();
  };
  try {
    return await ofBlocks(0, 'latest');
  } catch {
    const found: Log[] = [];
    for (let spans = 0, to = latest; spans < MOST_SPANS && to >= 0; spans++, to -= SPAN)
      found.push(...(await ofBlocks(Math.max(0, to - SPAN + 1), toTag(to))));
    return found;
  }
}

async function readProposal(at: At, governor: Hex, { data }: Log): Promise<Proposal> {
  const words = new AbiWords(data);
  const id = `0x${words.word(0)}` as const;
  const values = words.list(3, (items, place) => items.big(place));
  const targets = words.list(2, (items, place) => items.address(place));
  const calldatas = words.list(5, (items, place) => items.bytes(place));
  const startsAt = words.number(6) * 1000;
  const votes = await call(at, governor, makeCall('proposalVotes(uint256)', id));
  const state = PROPOSAL_STATES[(await call(at, governor, makeCall('state(uint256)', id))).number(0)];
  if (!state) throw new Error('a proposal is in no state');
  const eta = (await call(at, governor, makeCall('proposalEta(uint256)', id))).number(0);
  return {
    id: String(BigInt(id)),
    proposer: words.address(1),
    calls: targets.map((target, i) => ({ target, value: values[i] ?? 0n, data: calldatas[i] ?? '0x' })),
    description: words.text(8),
    startsAt,
    endsAt: words.number(7) * 1000,
    state,
    votes: { against: votes.big(0), for: votes.big(1), abstain: votes.big(2) },
    quorum: startsAt >= at.now ? null : (await call(at, governor, makeCall('quorum(uint256)', startsAt / 1000))).big(0),
    readyAt: eta === 0 ? null : eta * 1000,
  };
}
