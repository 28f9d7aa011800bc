// What a proposal would do, in words made of the calls that it would make and of nothing that its proposer says. Pure.
import type { Hex } from './bytes.ts';
import { endOfEpoch } from './epoch.ts';
import { AbiWords, makeSelector } from './abi-words.ts';
import { PROPOSAL_WORDS } from './proposal-words.ts';
import type { ProposalWords } from './proposal-words.ts';
import { boundsOf, readRuleValues, RULE_NAMES, SET_VALUES } from './rules-abi.ts';
import type { RuleValues } from './rules-abi.ts';

/** One call that is made where it is carried. */
export interface ProposedCall {
  readonly target: Hex;
  /** Coins that go with it, wei. */
  readonly value: bigint;
  readonly data: Hex;
}

/** Addresses that a proposal may call, and what counts where it is read. */
export interface VoteFacts {
  readonly rules: Hex;
  readonly payouts: Hex;
  readonly epochSeconds: number;
  /** What counts in the epoch of now. */
  readonly values: RuleValues;
  /** A change that was carried out and does not count yet; null for none. */
  readonly next: { readonly fromEpoch: number; readonly values: RuleValues } | null;
  /** The last change that was carried out, and what counted before it; null before the first. */
  readonly last: { readonly fromEpoch: number; readonly before: RuleValues } | null;
}

/** `8 %`, `3.5 %`, `7 d`, `1 h 40 min`, `100,000 test tokens`. */
export function tellRuleValue(name: keyof RuleValues, value: number | bigint, locale: 'en' | 'ja' = 'en'): string {
  const words = PROPOSAL_WORDS[locale];
  if (name.endsWith('Bps')) return `${Number(value) / 100} %`;
  return name.endsWith('Seconds') ? tellSeconds(Number(value), words) : words.testTokens(tellTokens(BigInt(value)));
}

/** `100,000`, `2.5`. */
function tellTokens(units: bigint): string {
  const [whole = '', part = ''] = tellUnits(units).split('.');
  const digits = part.replace(/0+$/, '');
  return whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',') + (digits === '' ? '' : `.${digits}`);
}

/** `2026-11-29 02:00 UTC`; ms since epoch. */
export function tellUtc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

interface Telling {
  /** It was carried out: what it did is told. */
  readonly isCarried?: boolean;
  readonly locale?: 'en' | 'ja';
}

/** What counts where it is told, and in which words. */
interface Told extends VoteFacts {
  readonly locale: 'en' | 'ja';
  readonly words: ProposalWords;
}

/** A sentence for each thing that it would do, or did where it was carried out. What nobody here knows is told as that, and loudly. */
export function describeProposal(
  calls: readonly ProposedCall[],
  facts: VoteFacts,
  { isCarried = false, locale = 'en' }: Telling = {},
): readonly string[] {
  const told = { ...facts, locale, words: PROPOSAL_WORDS[locale] };
  return calls.flatMap((call) => {
    try {
      return describeCall(call, told, isCarried);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return [tellUnknown(call, told.words)];
    }
  });
}

function describeCall(call: ProposedCall, facts: Told, isCarried: boolean): readonly string[] {
  const { rules, payouts, last, words: said } = facts;
  const { target, value, data } = call;
  const words = new AbiWords(data.slice(10));
  const does = (at: Hex, signature: string): boolean =>
    value === 0n && target === at && data.slice(0, 10) === makeSelector(signature);
  if (does(rules, SET_VALUES)) {
    const from = words.number(RULE_NAMES.length);
    const proposed = readRuleValues(words);
    if (!isCarried) return describeChange(proposed, from, facts);
    // What counted before an older one is known to nobody any more.
    return last?.fromEpoch === from
      ? describeValues(proposed, from, { ...facts, values: last.before })
      : [listValues(proposed, from, facts)];
  }
  if (does(rules, 'nameGuardian(address)')) return [said.guardian(words.address(0))];
  if (does(rules, 'nameRootKey(address)')) return [said.rootKey(words.address(0))];
  if (does(rules, 'nameRouterKey(address,uint32,uint32)'))
    return [tellRouterKey(words.address(0), [words.number(1), words.number(2)], said)];
  if (does(rules, 'resume()')) return [said.resume];
  if (does(payouts, 'voidPending()')) return [said.voidPending];
  return [tellUnknown(call, said)];
}

/** Beside what would count then without it: what was decided and is on its way is undone by values that say nothing of it. */
function describeChange(proposed: RuleValues, from: number, facts: Told): string[] {
  const { values, next, words } = facts;
  const replaced = next ? [words.replaces(tellFrom(next.fromEpoch, facts))] : [];
  const until = next && next.fromEpoch <= from ? next.values : values;
  return [...describeValues(proposed, from, { ...facts, values: until }), ...replaced];
}

function describeValues(next: RuleValues, from: number, facts: Told): readonly string[] {
  const { values, epochSeconds, locale, words } = facts;
  const when = tellFrom(from, facts);
  const changed = RULE_NAMES.filter((name) => next[name] !== values[name]);
  if (changed.length === 0) return [words.nothing(when)];
  return changed.map((name) => {
    const before = tellRuleValue(name, values[name], locale);
    const after = tellRuleValue(name, next[name], locale);
    const [least, most] = boundsOf(name, epochSeconds);
    const isOut = BigInt(next[name]) < least || BigInt(next[name]) > most;
    return words.change({ rule: words.rules[name], before, after, when, isOut });
  });
}

function listValues(values: RuleValues, from: number, facts: Told): string {
  const { words, locale } = facts;
  const told = RULE_NAMES.map((name) => words.value(words.rules[name].name, tellRuleValue(name, values[name], locale)));
  return words.all(tellFrom(from, facts), told);
}

function tellFrom(epoch: number, { epochSeconds, words }: Told): string {
  return words.from(epoch, tellUtc(endOfEpoch(epoch - 1, epochSeconds)));
}

function tellRouterKey(key: Hex, [from, to]: readonly [number, number], words: ProposalWords): string {
  return to === 0 ? words.noRouterKey(key) : words.routerKey(key, from, to >= 0xffffffff ? null : to);
}

function tellUnknown({ target, value, data }: ProposedCall, words: ProposalWords): string {
  return words.unknown(data.slice(0, 10), target, value);
}

function tellSeconds(seconds: number, words: ProposalWords): string {
  const parts = [
    [Math.floor(seconds / 86_400), words.days],
    [Math.floor((seconds % 86_400) / 3600), words.hours],
    [Math.floor((seconds % 3600) / 60), words.minutes],
    [seconds % 60, words.seconds],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, tell]) => tell(count));
  return told.join(' ') || words.seconds(0);
}

function tellUnits(units: bigint): string {
  return `${units / 1_000_000n}.${String(units % 1_000_000n).padStart(6, '0')}`;
}
