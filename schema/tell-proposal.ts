// How far a proposal is, in words for a page and for a terminal. Pure.
import { tellUtc } from './describe-proposal.ts';
import type { Proposal } from './vote-reading.ts';

/** Amounts of tokens are test tokens wherever they are told. */
export const VOTE_NOTICE =
  'Test tokens, no value: nothing of this is sold, and the network may be reset. The contracts are not audited.';

/** Digits by which a proposal is named where no other begins with them. */
const SHORT_ID = 10;

export function shortenId(id: string): string {
  return id.slice(0, SHORT_ID);
}

/** Bonded tokens of their least parts, with two decimals: `1200.50`. */
export function tellVotes(wei: bigint): string {
  const hundredths = wei / 10n ** 16n;
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`;
}

export function tellState({ id, state, startsAt, endsAt, readyAt }: Proposal): string {
  switch (state) {
    case 'pending':
      return `The vote begins at ${tellUtc(startsAt)} and ends at ${tellUtc(endsAt)}. Only what is bonded, and delegated, by its beginning counts.`;
    case 'active':
      return `The vote is open until ${tellUtc(endsAt)}.`;
    case 'canceled':
      return 'Taken back by who proposed it.';
    case 'defeated':
      return 'Lost: more were against it than for it, or too few took part.';
    case 'succeeded':
      return `Won. Anybody may set its waiting time running now: irori-node vote carry ${shortenId(id)}`;
    case 'queued':
      return `Won. It waits, so that whoever disagrees can leave; anybody may carry it out from ${tellUtc(readyAt ?? endsAt)} on: irori-node vote carry ${shortenId(id)}`;
    case 'expired':
      return 'Won, and carried out by nobody in time.';
    case 'executed':
      return 'Won, and carried out.';
  }
}

/** `for 120.00, against 3.00, abstained 0.00; 10.00 must take part`. */
export function tellCount({ votes, quorum }: Proposal): string {
  const must = quorum === null ? '' : `; ${tellVotes(quorum)} must take part`;
  return `for ${tellVotes(votes.for)}, against ${tellVotes(votes.against)}, abstained ${tellVotes(votes.abstain)}${must}`;
}
