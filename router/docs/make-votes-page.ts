// /votes: what stands to the vote and what each proposal would do, in words that are made of its calls. One page of plain HTML and CSS; no script runs. Pure.
import { describeProposal, tellRuleValue, tellUtc } from '../../schema/describe-proposal.ts';
import { RULE_WORDS } from '../../schema/proposal-words.ts';
import { endOfEpoch } from '../../schema/epoch.ts';
import { boundsOf, RULE_NAMES } from '../../schema/rules-abi.ts';
import { shortenId, tellCount, tellState, tellVotes, VOTE_NOTICE } from '../../schema/tell-proposal.ts';
import type { Proposal, VoteNow } from '../../schema/vote-reading.ts';
import { makeDocument } from './make-document.ts';
import { toHtml } from './to-html.ts';

/** Of a proposer's own words so many characters are shown. */
const MOST_WORDS = 2000;

export function makeVotesPage(vote: VoteNow): string {
  const head = `<h1>The vote</h1><p>Whoever has test tokens bonded votes on what the network takes and how it punishes. Nobody else decides it, and no vote takes what is earned.</p><p><strong>${toHtml(VOTE_NOTICE)}</strong></p>`;
  const body = `${tellProposals(vote)}${tellValues(vote)}${tellWays(vote)}`;
  return makeDocument({ title: 'Irori: the vote', head, body });
}

function tellProposals(vote: VoteNow): string {
  const { proposals } = vote;
  const told = proposals.length === 0 ? '<p>Nobody has proposed anything yet.</p>' : '';
  return `<section id="proposals"><h2>Proposals</h2>${told}${proposals.map((one) => tellProposal(one, vote)).join('')}</section>`;
}

function tellProposal(proposal: Proposal, vote: VoteNow): string {
  const { id, proposer, description } = proposal;
  const does = describeProposal(proposal.calls, vote, { isCarried: proposal.state === 'executed' }).map(
    (sentence) => `<li>${toHtml(sentence)}</li>`,
  );
  const cut = description.length > MOST_WORDS ? `${description.slice(0, MOST_WORDS)}…` : description;
  const words =
    cut.trim() === ''
      ? ''
      : `<p>In the proposer’s own words, which nobody has checked:</p><blockquote>${toHtml(cut)}</blockquote>`;
  const how =
    proposal.state === 'active' ? `<p><code>irori-node vote cast ${shortenId(id)} for|against|abstain</code></p>` : '';
  return `<article id="p${id}"><h3>Proposal <code>${shortenId(id)}</code></h3><p class="state">${toHtml(tellState(proposal))}</p><p>It would do this, and nothing else:</p><ul>${does.join('')}</ul><p>${toHtml(tellCount(proposal))}</p>${words}${how}<p><small>Proposed by <code>${proposer}</code>; its number is <code>${id}</code>.</small></p></article>`;
}

function tellValues({ values, next, epoch, epochSeconds }: VoteNow): string {
  const rows = RULE_NAMES.map((name) => {
    const [least, most] = boundsOf(name, epochSeconds).map((bound) => tellRuleValue(name, bound));
    const coming =
      next && next.values[name] !== values[name] ? ` (then ${tellRuleValue(name, next.values[name])})` : '';
    return `<tr><th scope="row">${toHtml(RULE_WORDS[name].name)}</th><td>${toHtml(tellRuleValue(name, values[name]) + coming)}</td><td>${toHtml(`${least ?? ''} to ${most ?? ''}`)}</td><td>${toHtml(RULE_WORDS[name].told)}</td></tr>`;
  });
  const change = next
    ? `<p>Voted for, and not counting yet: from epoch ${next.fromEpoch} on, ${toHtml(tellUtc(endOfEpoch(next.fromEpoch - 1, epochSeconds)))}.</p>`
    : '';
  return `<section id="values"><h2>What counts now</h2><p>Epoch ${epoch}. A job’s fee is that of the epoch in which its ticket is signed, whenever it is paid.</p>${change}<div class="wide" tabindex="0" role="region" aria-label="What counts now"><table><thead><tr><th scope="col">What</th><th scope="col">Now</th><th scope="col">No vote leaves</th><th scope="col">It is</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

function tellWays({ delays, threshold, governor, rules }: VoteNow): string {
  const [wait, period, lock] = [delays.voting, delays.period, delays.timelock].map((seconds) =>
    tellRuleValue('unbondSeconds', seconds),
  );
  return `<section id="how"><h2>How to vote</h2><ol><li>Bond test tokens that you have earned: <code>irori-node bond</code>. What is bonded can be lost, and only by evidence that anyone can check.</li><li><code>irori-node vote</code> lists what stands here; <code>irori-node vote cast</code> votes, and names you the one who votes with your tokens the first time.</li><li>Whoever has ${tellVotes(threshold)} votes may propose: <code>irori-node vote propose fee=8</code>.</li></ol><p>A proposal waits ${wait ?? ''}, the vote takes ${period ?? ''}, and what has won waits ${lock ?? ''} before anybody may carry it out. A tenth of what is bonded must take part.</p><p><small>Governor <code>${governor}</code>, rules <code>${rules}</code>. This page reads the chain anew twice a minute.</small></p></section>`;
}
