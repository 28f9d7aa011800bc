// What `irori-node vote` tells: proposals in words that are made of their calls, and what was sent or is to be sent. Pure.
import { describeProposal, tellRuleValue } from '../../schema/describe-proposal.ts';
import { RULE_WORDS } from '../../schema/proposal-words.ts';
import { RULE_NAMES } from '../../schema/rules-abi.ts';
import { shortenId, tellCount, tellState, tellVotes, VOTE_NOTICE } from '../../schema/tell-proposal.ts';
import type { Proposal, VoteNow } from '../../schema/vote-reading.ts';
import type { OpenChain } from '../chain/chain-client.ts';
import { writeCall } from '../chain/chain-sender.ts';
import type { ChainCall, SentCall } from '../chain/chain-sender.ts';
import { tellCoins } from '../chain/tell-tokens.ts';
import { tellLines } from './tell-lines.ts';

/** What was done, and the calls that were sent, or that the wallet has to send. */
export interface VoteDone {
  readonly said: readonly string[];
  readonly proposals: readonly Proposal[];
  readonly sent: readonly SentCall[];
  readonly calls: readonly ChainCall[];
  /** How all stands since something was sent; absent where nothing was. */
  readonly since?: VoteNow;
}

/** Of a proposer's own words so many characters are told. */
const MOST_WORDS = 600;

export function formatVote(chain: OpenChain, vote: VoteNow, { said, proposals, sent, calls }: VoteDone): string {
  const gas = sent.reduce((sum, { cost }) => sum + cost, 0n);
  const last = sent.at(-1);
  const paid = last ? [`transaction ${last.hash}, for ${tellCoins(gas)} test coins of gas`, ''] : [];
  const isRead = sent.length === 0 && calls.length === 0;
  const none = proposals.length === 0 && isRead ? ['Nobody has proposed anything yet.', ''] : [];
  const text = tellLines([
    ...said,
    ...paid,
    ...none,
    ...proposals.flatMap((one) => [...tellProposal(one, vote), '']),
    ...(isRead ? tellNow(vote) : []),
    VOTE_NOTICE,
  ]);
  // Bytes are copied: no line of theirs is broken.
  const printed = calls.map((call) => `${JSON.stringify(writeCall(chain, call))}\n`);
  return printed.length === 0 ? text : `${text}The wallet sends this, in this order:\n${printed.join('')}`;
}

function tellProposal(proposal: Proposal, vote: VoteNow): string[] {
  const { id, description } = proposal;
  const words = clean(description);
  return [
    `Proposal ${shortenId(id)}: ${tellState(proposal)}`,
    ...describeProposal(proposal.calls, vote, { isCarried: proposal.state === 'executed' }).map(
      (sentence) => `  ${sentence}`,
    ),
    `  ${tellCount(proposal)}`,
    ...(words === '' ? [] : [`  In the proposer’s own words, which nobody has checked: ${words}`]),
  ];
}

/** One line, whatever a stranger has written. */
function clean(description: string): string {
  const line = description.replaceAll(/[\s\p{C}]+/gu, ' ').trim();
  return line.length > MOST_WORDS ? `${line.slice(0, MOST_WORDS)}…` : line;
}

function tellNow({ values, next, epoch, threshold }: VoteNow): string[] {
  const rows = RULE_NAMES.map((name) => {
    const coming =
      next && next.values[name] !== values[name]
        ? `, and ${tellRuleValue(name, next.values[name])} from epoch ${next.fromEpoch} on`
        : '';
    return `  ${RULE_WORDS[name].name}: ${tellRuleValue(name, values[name])}${coming}`;
  });
  return [`What counts in epoch ${epoch}:`, ...rows, `Proposing takes ${tellVotes(threshold)} votes.`, ''];
}

export function toVoteJson(chain: OpenChain, vote: VoteNow, done: VoteDone): string {
  const { said, proposals, sent, calls } = done;
  const { epoch, values, next, threshold } = vote;
  const json = {
    chain_id: chain.domain.chainId,
    note: VOTE_NOTICE,
    said,
    epoch,
    values: toValuesJson(values),
    next: next && { from_epoch: next.fromEpoch, values: toValuesJson(next.values) },
    threshold: tellVotes(threshold),
    proposals: proposals.map((one) => toProposalJson(one, vote)),
    sent: sent.map(({ hash, block, gas, cost }) => ({ hash, block, gas: Number(gas), coins: tellCoins(cost) })),
    transactions: calls.map((call) => writeCall(chain, call)),
  };
  return `${JSON.stringify(json)}\n`;
}

function toProposalJson(proposal: Proposal, vote: VoteNow): object {
  const { id, state, proposer, description, votes, quorum, startsAt, endsAt, readyAt } = proposal;
  return {
    id,
    state,
    does: describeProposal(proposal.calls, vote, { isCarried: proposal.state === 'executed' }),
    votes: { for: tellVotes(votes.for), against: tellVotes(votes.against), abstain: tellVotes(votes.abstain) },
    quorum: quorum === null ? null : tellVotes(quorum),
    starts_at: new Date(startsAt).toISOString(),
    ends_at: new Date(endsAt).toISOString(),
    ready_at: readyAt === null ? null : new Date(readyAt).toISOString(),
    proposer,
    description,
  };
}

function toValuesJson(values: VoteNow['values']): object {
  return Object.fromEntries(RULE_NAMES.map((name) => [name, Number(values[name])]));
}
