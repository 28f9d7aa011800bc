// /console/proposals: what stands to the vote in words made of its calls, what counts now, and how to vote. Votes are cast by the keys of a machine, never here.
import { Hono } from 'hono';
import { describeProposal, tellRuleValue } from '../../../schema/describe-proposal.ts';
import { PROPOSAL_WORDS } from '../../../schema/proposal-words.ts';
import { RULE_NAMES } from '../../../schema/rules-abi.ts';
import { shortenId } from '../../../schema/tell-proposal.ts';
import type { Proposal, ProposalState, VoteNow } from '../../../schema/vote-reading.ts';
import { formatHundredths } from '../../look/format-number.ts';
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
      {vote.proposals.length === 0 && (
        <Sheet>
          <p class="soft">{words.none}</p>
        </Sheet>
      )}
      {vote.proposals.map((proposal) => (
        <One proposal={proposal} vote={vote} words={words} locale={locale} />
      ))}
      <Rules vote={vote} words={words} locale={locale} />
      <Sheet title={words.how}>
        <Command told={words.bond} text="bond" />
        <Command told={words.list} text="vote" />
        <Command told={words.cast} text="vote cast NUMBER for|against|abstain" />
        <Command told={words.propose(formatVotes(vote.threshold, locale))} text="vote propose fee=8" />
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
    <Sheet>
      <h2 class="inline">
        {words.proposal} {shortenId(id)} <Badge tone={TONES[state]}>{PROPOSAL_STATE_WORDS[locale][state]}</Badge>
      </h2>
      <p>{words.does}</p>
      <ul>
        {describeProposal(calls, vote, { isCarried: state === 'executed', locale }).map((sentence) => (
          <li>{sentence}</li>
        ))}
      </ul>
      <Facts
        facts={[
          { name: words.votesFor, value: formatVotes(votes.for, locale) },
          { name: words.against, value: formatVotes(votes.against, locale) },
          { name: words.abstain, value: formatVotes(votes.abstain, locale) },
          { name: words.quorum, value: quorum === null ? '–' : formatVotes(quorum, locale) },
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
      <NextStep proposal={proposal} words={words} />
      <p class="small soft">
        {words.by} <code>{proposer}</code>
      </p>
    </Sheet>
  );
}

/** What is to be done about it, by whoever has a machine's keys. */
function NextStep({ proposal: { id, state }, words }: { proposal: Proposal; words: VoteWords }) {
  if (state === 'active')
    return <Command told={words.castThis} text={`vote cast ${shortenId(id)} for|against|abstain`} />;
  if (state !== 'succeeded' && state !== 'queued') return null;
  return <Command told={words.carry} text={`vote carry ${shortenId(id)}`} />;
}

function Command({ told, text }: { told: string; text: string }) {
  return (
    <div class="code">
      <p>{told}</p>
      <pre tabindex={0}>{`irori-node ${text}`}</pre>
    </div>
  );
}

/** Bonded tokens of their least parts. */
function formatVotes(wei: bigint, locale: Locale): string {
  return formatHundredths(Number(wei / 10n ** 16n) / 100, locale);
}

function Rules({ vote, words, locale }: Told) {
  const { values, next } = vote;
  const { rules } = PROPOSAL_WORDS[locale];
  const isChanging = next !== null && RULE_NAMES.some((name) => next.values[name] !== values[name]);
  const tell = (name: (typeof RULE_NAMES)[number], of: typeof values): string => tellRuleValue(name, of[name], locale);
  return (
    <Sheet title={words.now}>
      <Table
        caption={words.now}
        rows={RULE_NAMES}
        empty="–"
        columns={[
          { head: words.rule, cell: (name) => rules[name].name },
          { head: words.value, cell: (name) => tell(name, values) },
          ...(isChanging
            ? [
                {
                  head: words.coming,
                  cell: (name: (typeof RULE_NAMES)[number]) =>
                    next.values[name] === values[name] ? '–' : tell(name, next.values),
                },
              ]
            : []),
          { head: words.meaning, cell: (name) => rules[name].told },
        ]}
      />
    </Sheet>
  );
}
