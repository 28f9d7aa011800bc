// What an owner writes to propose other rules, as `fee=8 bonus=50`, and from which epoch on they are to count. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { tellRuleValue } from '../../schema/describe-proposal.ts';
import { boundsOf } from '../../schema/rules-abi.ts';
import type { RuleValues } from '../../schema/rules-abi.ts';
import type { VoteNow } from '../../schema/vote-reading.ts';

/** By the word that an owner writes; what its number is. */
const NAMES = {
  fee: ['feeBps', 'percent'],
  slash: ['slashBps', 'percent'],
  reporter: ['reporterBps', 'percent'],
  bonus: ['bonusBps', 'percent'],
  unbond: ['unbondSeconds', 'epochs'],
  window: ['windowSeconds', 'seconds'],
  cap: ['capUnits', 'tokens'],
  rootbond: ['rootBondUnits', 'tokens'],
} as const satisfies Readonly<Record<string, readonly [keyof RuleValues, string]>>;

const EXAMPLE = `Such as fee=8. Names: ${Object.entries(NAMES)
  .map(([name, [, unit]]) => `${name} (${unit})`)
  .join(', ')}.`;

const SCALES = { percent: 100, tokens: 1_000_000, seconds: 1, epochs: 1 } as const;

/** What counts then: the present values, or the coming ones where a change is on its way, with what was written. Errors are sentences for the owner. */
export function parseProposal(
  words: readonly string[],
  { values, next, epochSeconds }: Pick<VoteNow, 'values' | 'next' | 'epochSeconds'>,
): Result<RuleValues, string> {
  if (words.length === 0) return err(`What is to change? ${EXAMPLE}`);
  let proposed: RuleValues = next?.values ?? values;
  for (const word of words) {
    const [, name = '', digits = ''] = /^([a-z]+)=(\d{1,9}(?:\.\d{1,6})?)$/.exec(word) ?? [];
    const known = Object.hasOwn(NAMES, name) ? NAMES[name as keyof typeof NAMES] : null;
    if (!known) return err(`'${word}' is no change of the rules. ${EXAMPLE}`);
    const [field, unit] = known;
    const scaled = Math.round(Number(digits) * SCALES[unit] * 1e6) / 1e6;
    const number = unit === 'epochs' ? scaled * epochSeconds : scaled;
    if (!Number.isSafeInteger(number)) return err(`'${word}' has too many decimals.`);
    const [least, most] = boundsOf(field, epochSeconds);
    if (BigInt(number) < least || BigInt(number) > most)
      return err(`No vote leaves ${tellRuleValue(field, least)} to ${tellRuleValue(field, most)}: '${word}'.`);
    proposed = { ...proposed, [field]: field.endsWith('Units') ? BigInt(number) : number };
  }
  return ok(proposed);
}

/** Epochs beside what a vote takes: as long again as that, so that nobody has to hurry. */
const MARGIN = 0.5;

/** The epoch that changes are to count from: what the owner says, or one that a proposal of now certainly wins before. */
export function planFromEpoch(
  said: unknown,
  { now, epoch, epochSeconds, delays }: Pick<VoteNow, 'now' | 'epoch' | 'epochSeconds' | 'delays'>,
): Result<number, string> {
  const takes = delays.voting + delays.period + delays.timelock;
  const least = Math.floor((now / 1000 + takes) / epochSeconds) + 1;
  if (said === undefined) return ok(least + Math.max(1, Math.ceil((MARGIN * takes) / epochSeconds)));
  const from = Number(said);
  if (!Number.isSafeInteger(from) || from >= 2 ** 32) return err('--from-epoch wants the number of an epoch.');
  return from >= least
    ? ok(from)
    : err(
        `Epoch ${from} is too soon: the vote and the wait after it take until epoch ${least}, and this is epoch ${epoch}.`,
      );
}
