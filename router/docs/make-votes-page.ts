// /votes: what stands to the vote and what each proposal would do, in words that are made of its calls. One page of plain HTML and CSS; no script runs. Pure.
import { describeProposal, tellRuleValue, tellUtc } from '../../schema/describe-proposal.ts';
import { PROPOSAL_WORDS } from '../../schema/proposal-words.ts';
import { endOfEpoch } from '../../schema/epoch.ts';
import { boundsOf, RULE_NAMES } from '../../schema/rules-abi.ts';
import { shortenId } from '../../schema/tell-proposal.ts';
import type { Proposal, VoteNow } from '../../schema/vote-reading.ts';
import type { Locale } from '../look/words.ts';
import { makeDocument } from './make-document.ts';
import { toHtml } from './to-html.ts';
import { VOTES_WORDS } from './votes-words.ts';
import type { VotesWords } from './votes-words.ts';

/** Of a proposer's own words so many characters are shown. */
const MOST_WORDS = 2000;

interface Told {
  readonly vote: VoteNow;
  readonly words: VotesWords;
  readonly locale: Locale;
}

export function makeVotesPage(vote: VoteNow, locale: Locale = 'en'): string {
  const words = VOTES_WORDS[locale];
  const told = { vote, words, locale };
  const head = `<h1>${words.title}</h1><p>${words.lead}</p><p><strong>${words.notice}</strong></p>`;
  const body = `${tellProposals(told)}${tellValues(told)}${tellWays(told)}`;
  return makeDocument({ lang: locale, title: `Irori: ${words.title}`, path: '/votes', head, body });
}

function tellProposals(told: Told): string {
  const { vote, words } = told;
  const none = vote.proposals.length === 0 ? `<p>${words.none}</p>` : '';
  return `<section id="proposals"><h2>${words.proposals}</h2>${none}${vote.proposals.map((one) => tellProposal(one, told)).join('')}</section>`;
}

function tellProposal(proposal: Proposal, { vote, words, locale }: Told): string {
  const { id, proposer, description, state } = proposal;
  const does = describeProposal(proposal.calls, vote, { isCarried: state === 'executed', locale }).map(
    (sentence) => `<li>${toHtml(sentence)}</li>`,
  );
  const cut = description.length > MOST_WORDS ? `${description.slice(0, MOST_WORDS)}…` : description;
  const said = cut.trim() === '' ? '' : `<p>${words.said}</p><blockquote>${toHtml(cut)}</blockquote>`;
  const how = state === 'active' ? `<p><code>irori-node vote cast ${shortenId(id)} for|against|abstain</code></p>` : '';
  return `<article id="p${id}"><h3>${words.proposal} <code>${shortenId(id)}</code></h3><p class="state">${toHtml(words.state(proposal))}</p><p>${words.does}</p><ul>${does.join('')}</ul><p>${toHtml(words.count(proposal))}</p>${said}${how}<p><small>${words.by} <code>${proposer}</code>. ${words.number} <code>${id}</code></small></p></article>`;
}

function tellValues({ vote: { values, next, epoch, epochSeconds }, words, locale }: Told): string {
  const { rules } = PROPOSAL_WORDS[locale];
  const rows = RULE_NAMES.map((name) => {
    const [least = '', most = ''] = boundsOf(name, epochSeconds).map((bound) => tellRuleValue(name, bound, locale));
    const coming =
      next && next.values[name] !== values[name] ? words.later(tellRuleValue(name, next.values[name], locale)) : '';
    return `<tr><th scope="row">${toHtml(rules[name].name)}</th><td>${toHtml(tellRuleValue(name, values[name], locale) + coming)}</td><td>${toHtml(words.span(least, most))}</td><td>${toHtml(rules[name].told)}</td></tr>`;
  });
  const change = next
    ? `<p>${toHtml(words.coming(next.fromEpoch, tellUtc(endOfEpoch(next.fromEpoch - 1, epochSeconds))))}</p>`
    : '';
  const heads = [words.what, words.value, words.bounds, words.is].map((text) => `<th scope="col">${text}</th>`);
  return `<section id="values"><h2>${words.now}</h2><p>${words.ofEpoch(epoch)}</p>${change}<div class="wide" tabindex="0" role="region" aria-label="${words.now}"><table><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`;
}

function tellWays({ vote: { delays, threshold, governor, rules }, words, locale }: Told): string {
  const [wait = '', period = '', lock = ''] = [delays.voting, delays.period, delays.timelock].map((seconds) =>
    tellRuleValue('unbondSeconds', seconds, locale),
  );
  const steps = [
    [words.bond, 'bond'],
    [words.list, 'vote'],
    [words.cast, 'vote cast'],
    [words.propose(threshold), 'vote propose fee=8'],
  ].map(([told = '', command = '']) => `<li>${told} <code>irori-node ${command}</code></li>`);
  return `<section id="how"><h2>${words.how}</h2><ol>${steps.join('')}</ol><p>${words.waits(wait, period, lock)}</p><p><small>${words.governor} <code>${governor}</code>, ${words.rules} <code>${rules}</code>. ${words.anew}</small></p></section>`;
}
