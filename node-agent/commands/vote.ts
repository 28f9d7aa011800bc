// `irori-node vote`: what stands to the vote, in words; casting a ballot, proposing, and carrying out what has won. The wallet whose tokens are bonded signs
// here only where its key file is named for this one command; else the command prints what it has to send. Needs no running agent and no home's key.
import { describeProposal } from '../../schema/describe-proposal.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { encodeSetValues } from '../../schema/rules-abi.ts';
import { shortenId, tellState, tellVotes } from '../../schema/tell-proposal.ts';
import type { Proposal, VoteNow } from '../../schema/vote-reading.ts';
import { firstLine, openChain } from '../chain/chain-client.ts';
import type { NoChain, OpenChain } from '../chain/chain-client.ts';
import { sendCall } from '../chain/chain-sender.ts';
import type { ChainCall } from '../chain/chain-sender.ts';
import { readOwnersWallet } from '../chain/owners-wallet.ts';
import type { OwnersWallet } from '../chain/owners-wallet.ts';
import {
  askVote,
  BALLOTS,
  makeCarryCall,
  makeCastCall,
  makeDelegateCall,
  makeProposeCall,
  readBallot,
  readPower,
} from '../chain/vote-door.ts';
import type { Ballot } from '../chain/vote-door.ts';
import { readStateFolder } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { complain } from './complain.ts';
import { parseProposal, planFromEpoch } from './parse-proposal.ts';
import { formatVote, toVoteJson } from './tell-vote.ts';
import type { VoteDone } from './tell-vote.ts';

interface Asked {
  readonly chain: OpenChain;
  readonly vote: VoteNow;
  readonly wallet: OwnersWallet | null;
  readonly words: readonly string[];
  readonly flags: OptionValues;
}

type Act = (asked: Asked) => Promise<Result<VoteDone, string>>;

const ACTS: Readonly<Record<string, Act>> = { list, show, cast, propose, carry };

/** Exit status 0, 1 where it could not be done, 2 where the owner has to say something else. */
export async function runVote(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  const [name = 'list', ...rest] = words;
  const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
  if (!act) return complain(`'vote' does not know '${name}'. Words: ${Object.keys(ACTS).join(', ')}.`, 2);
  const opened = await open(flags, env);
  if (!opened.ok) return complain(opened.error.sentence, opened.error.exit);
  const { chain, wallet } = opened.value;
  try {
    const vote = await askVote(chain);
    const done = await act({ chain, wallet, vote, words: rest, flags });
    if (!done.ok) return complain(done.error, 1);
    const isJson = flags.json === true;
    const now = done.value.since ?? vote;
    process.stdout.write(isJson ? toVoteJson(chain, now, done.value) : formatVote(chain, now, done.value));
    return 0;
  } catch (error) {
    return complain(`The chain's node at ${chain.url} did not answer: ${firstLine(error)}`, 1);
  }
}

async function open(flags: OptionValues, env: Environment): Promise<Result<Pick<Asked, 'chain' | 'wallet'>, NoChain>> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return err({ sentence: folder.error, exit: 2 });
  const wallet = await readOwnersWallet(flags);
  if (!wallet.ok) return err({ sentence: wallet.error, exit: 2 });
  const chain = await openChain({ folder: folder.value, flags, env });
  return chain.ok ? ok({ chain: chain.value, wallet: wallet.value }) : chain;
}

const WHOSE =
  'Whose tokens vote? Name the file with their wallet’s key (--wallet-key-file FILE), or its address (--owner 0x…) for transactions that the wallet sends itself.';

function list({ vote }: Asked): Promise<Result<VoteDone, string>> {
  return Promise.resolve(ok({ said: [], proposals: vote.proposals, sent: [], calls: [] }));
}

function show({ vote, words: [id] }: Asked): Promise<Result<VoteDone, string>> {
  const found = findProposal(vote, id);
  return Promise.resolve(found.ok ? ok({ said: [], proposals: [found.value], sent: [], calls: [] }) : found);
}

/** By its number, or by the beginning of it. */
function findProposal({ proposals }: VoteNow, id = ''): Result<Proposal, string> {
  if (!/^\d+$/.test(id)) return err('Which proposal? irori-node vote lists them by their numbers.');
  const found = proposals.filter((one) => one.id.startsWith(id));
  const [first] = found;
  if (!first) return err(`There is no proposal ${id}. irori-node vote lists them.`);
  return found.length === 1 ? ok(first) : err(`${found.length} proposals begin with ${id}: write more of it.`);
}

async function cast(asked: Asked): Promise<Result<VoteDone, string>> {
  const { chain, vote, wallet, words } = asked;
  const found = findProposal(vote, words[0]);
  if (!found.ok) return found;
  const proposal = found.value;
  const ballot = BALLOTS.find((one) => one === words[1]);
  if (!ballot) return err(`How do you vote? irori-node vote cast ${shortenId(proposal.id)} for|against|abstain`);
  if (!wallet) return err(WHOSE);
  const named = await nameDelegate(asked, wallet);
  if (!named.ok) return named;
  if (named.value.isNew && proposal.state === 'pending')
    return ok({ ...named.value, said: [...named.value.said, tellState(proposal)], proposals: [proposal] });
  if (proposal.state !== 'active') return err(`Nobody votes on it now. ${tellState(proposal)}`);
  const { weight, hasVoted } = await readBallot(chain, vote, { proposal, wallet: wallet.address });
  if (hasVoted) return err(`${wallet.address} has voted on it already.`);
  if (weight === 0n)
    return err(
      `${wallet.address} has no vote on it: only what was bonded, and delegated, when its vote began counts.${named.value.isNew ? ' It counts from the next proposal on.' : ''}`,
    );
  const call = makeCastCall(vote, proposal, ballot);
  return carryOut(asked, wallet, { call, said: tellCast(ballot, weight, proposal), proposal, before: named.value });
}

function tellCast(ballot: Ballot, weight: bigint, { id }: Proposal): string {
  const how = ballot === 'abstain' ? 'abstained' : `voted ${ballot}`;
  return `${how}, with ${tellVotes(weight)} votes, on proposal ${shortenId(id)}`;
}

async function propose(asked: Asked): Promise<Result<VoteDone, string>> {
  const { chain, vote, wallet, words, flags } = asked;
  const values = parseProposal(words, vote);
  if (!values.ok) return values;
  const from = planFromEpoch(flags.fromEpoch, vote);
  if (!from.ok) return from;
  if (!wallet) return err(WHOSE);
  const named = await nameDelegate(asked, wallet);
  if (!named.ok) return named;
  const { votes } = await readPower(chain, wallet.address);
  const isEnough = votes >= vote.threshold || (named.value.isNew && wallet.key === null);
  if (!isEnough)
    return err(
      `Proposing takes ${tellVotes(vote.threshold)} votes, and ${wallet.address} has ${tellVotes(votes)}: irori-node bond.`,
    );
  if (named.value.isNew && wallet.key !== null)
    return ok({ ...named.value, said: [...named.value.said, 'Propose again in a minute: votes of now count then.'] });
  const calls = [{ target: vote.rules, value: 0n, data: encodeSetValues(values.value, from.value) }];
  const does = describeProposal(calls, vote).join(' ');
  const reason = typeof flags.reason === 'string' ? flags.reason : does;
  const call = makeProposeCall(vote, calls, reason);
  return carryOut(asked, wallet, { call, said: `proposed: ${does}`, proposal: null, before: named.value });
}

async function carry(asked: Asked): Promise<Result<VoteDone, string>> {
  const { vote, wallet, words } = asked;
  const found = findProposal(vote, words[0]);
  if (!found.ok) return found;
  const proposal = found.value;
  const { state, readyAt } = proposal;
  const isReady = state === 'queued' && readyAt !== null && vote.now >= readyAt;
  if (state !== 'succeeded' && !isReady) return err(`There is nothing to carry out now. ${tellState(proposal)}`);
  if (!wallet)
    return err('Who pays the gas? --wallet-key-file FILE, or --owner 0x… to have it printed. Any wallet may.');
  const step = state === 'succeeded' ? 'queue' : 'execute';
  const said = step === 'queue' ? 'its waiting time runs' : 'carried out';
  const before = { said: [], sent: [], calls: [], proposals: [] };
  return carryOut(asked, wallet, { call: makeCarryCall(vote, proposal, step), said, proposal, before });
}

/** Bonded tokens vote once their wallet has named who votes with them: itself, the first time. */
async function nameDelegate(
  { chain }: Asked,
  wallet: OwnersWallet,
): Promise<Result<VoteDone & { readonly isNew: boolean }, string>> {
  const nothing = { said: [], proposals: [], sent: [], calls: [], isNew: false };
  const { delegate } = await readPower(chain, wallet.address);
  if (delegate === wallet.address) return ok(nothing);
  if (delegate !== null)
    return err(`The tokens of ${wallet.address} vote by ${delegate}, whom it has named: that wallet votes with them.`);
  const call = makeDelegateCall(chain, wallet.address);
  const said = [`${wallet.address} votes for itself from now on; what it has bonded counts in votes that begin later`];
  if (wallet.key === null) return ok({ ...nothing, said, calls: [call], isNew: true });
  const sent = await sendCall(chain, wallet.key, call);
  return sent.ok ? ok({ ...nothing, said, sent: [sent.value], isNew: true }) : sent;
}

/** Sends a call, or prints it; and tells how the proposal stands then. */
async function carryOut(
  { chain }: Asked,
  { key }: OwnersWallet,
  step: {
    readonly call: ChainCall;
    readonly said: string;
    readonly proposal: Proposal | null;
    readonly before: VoteDone;
  },
): Promise<Result<VoteDone, string>> {
  const { call, proposal, before } = step;
  if (key === null) return ok({ ...before, proposals: proposal ? [proposal] : [], calls: [...before.calls, call] });
  const sent = await sendCall(chain, key, call);
  if (!sent.ok) return sent;
  const since = await askVote(chain);
  const proposals = proposal ? since.proposals.filter(({ id }) => id === proposal.id) : since.proposals.slice(0, 1);
  return ok({ ...before, said: [...before.said, step.said], sent: [...before.sent, sent.value], proposals, since });
}
