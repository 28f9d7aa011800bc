// /console/proposals: what stands to the vote in words made of its calls, what counts now, and how to vote. Votes are cast by the keys of a machine, never here.
import { Hono } from 'hono';
import { describeProposal, tellRuleValue } from '../../../schema/describe-proposal.ts';
import { PROPOSAL_WORDS } from '../../../schema/proposal-words.ts';
import { RULE_NAMES } from '../../../schema/rules-abi.ts';
import { shortenId, tellVotes } from '../../../schema/tell-proposal.ts';
import type { Proposal, ProposalState, VoteNow } from '../../../schema/vote-reading.ts';
import { Badge, Facts, Note, Sheet, Time } from '../../look/pieces.tsx';
import type { Tone } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { orNull } from '../or-null.ts';
import { PROPOSAL_STATE_WORDS, VOTE_WORDS } from './vote-words.ts';
import type { VoteWords } from './vote-words.ts';

export const proposalsPages = new Hono<ConsoleEnv>();

/** Of a proposer's own words so many characters are shown. */
const MOST_WORDS = 2000;
const TONES: Readonly<Record<ProposalState, Tone>> = {
  pending: 'calm',
  active: 'warn',
  canceled: 'plain',
  defeated: 'bad',
  succeeded: 'good',
  queued: 'good',
  expired: 'plain',
  executed: 'good',
};

interface Told {
  readonly vote: VoteNow;
  readonly words: VoteWords;
  readonly locale: Locale;
}

proposalsPages.get('/console/proposals', async (c) => {
  await requireMember(c);
  const { locale } = c.get('visit');
  const words = VOTE_WORDS[locale];
  const { lookAtVote } = c.get('services');
  const vote = lookAtVote && (await orNull(lookAtVote(Date.now())));
  const body = (
    <>
      <header>
        <h1>{words.title}</h1>
        <p class="soft">{words.sub}</p>
      </header>
      {lookAtVote === null && <Note>{words.noChain}</Note>}
      {lookAtVote !== null && vote === null && <Note tone="bad">{words.away}</Note>}
      {vote && <Vote vote={vote} words={words} locale={locale} />}
    </>
  );
  return showPage(c, { title: words.title, body });
});

function Vote({ vote, words, locale }: Told) {
  return (
    <>
      {vote.proposals.length === 0 && <p class="soft">{words.none}</p>}
      {vote.proposals.map((proposal) => (
        <One proposal={proposal} vote={vote} words={words} locale={locale} />
      ))}
      <Rules vote={vote} words={words} locale={locale} />
      <Sheet title={words.how}>
        <p>{words.bond}</p>
        <pre tabindex={0}>irori-node bond</pre>
        <p>{words.list}</p>
        <pre tabindex={0}>irori-node vote</pre>
        <p>{words.cast}</p>
        <pre tabindex={0}>irori-node vote cast NUMBER for|against|abstain</pre>
        <p>
          {words.propose} {tellVotes(vote.threshold)}
        </p>
        <pre tabindex={0}>irori-node vote propose fee=8</pre>
        <p>
          <a href="/votes">{words.all}</a>
        </p>
      </Sheet>
    </>
  );
}

function One({ proposal, vote, words, locale }: Told & { proposal: Proposal }) {
  const { id, state, votes, quorum, startsAt, endsAt, readyAt, proposer, calls } = proposal;
  const said = proposal.description.trim().slice(0, MOST_WORDS);
  return (
    <Sheet title={`${words.proposal} ${shortenId(id)}`}>
      <p>
        <Badge tone={TONES[state]}>{PROPOSAL_STATE_WORDS[locale][state]}</Badge>
      </p>
      <p>{words.does}</p>
      <ul>
        {describeProposal(calls, vote, { isCarried: state === 'executed', locale }).map((sentence) => (
          <li>{sentence}</li>
        ))}
      </ul>
      <Facts
        facts={[
          { name: words.votesFor, value: tellVotes(votes.for) },
          { name: words.against, value: tellVotes(votes.against) },
          { name: words.abstain, value: tellVotes(votes.abstain) },
          { name: words.quorum, value: quorum === null ? '–' : tellVotes(quorum) },
        ]}
      />
      <p class="small soft">
        {words.begins} <Time at={startsAt} locale={locale} /> UTC. {words.ends} <Time at={endsAt} locale={locale} />{' '}
        UTC.
        {readyAt !== null && (
          <>
            {' '}
            {words.ready} <Time at={readyAt} locale={locale} /> UTC.
          </>
        )}
      </p>
      {said !== '' && (
        <>
          <p>{words.words}</p>
          <blockquote>{said}</blockquote>
        </>
      )}
      {state === 'active' && <pre tabindex={0}>{`irori-node vote cast ${shortenId(id)} for|against|abstain`}</pre>}
      <p class="small soft">
        {words.by} <code>{proposer}</code>
      </p>
    </Sheet>
  );
}

function Rules({ vote, words, locale }: Told) {
  const { values, next } = vote;
  const { rules } = PROPOSAL_WORDS[locale];
  return (
    <Sheet title={words.now}>
      <Table
        caption={words.now}
        rows={RULE_NAMES}
        empty="–"
        columns={[
          { head: words.rule, cell: (name) => rules[name].name },
          { head: words.value, cell: (name) => tellRuleValue(name, values[name], locale) },
          {
            head: words.coming,
            cell: (name) =>
              next && next.values[name] !== values[name] ? tellRuleValue(name, next.values[name], locale) : '–',
          },
          { head: words.meaning, cell: (name) => rules[name].told },
        ]}
      />
    </Sheet>
  );
}
