// What a proposal would do, in words made of the calls that it would make and of nothing that its proposer says. Pure.
import type { Hex } from './bytes.ts';
import { endOfEpoch } from './epoch.ts';
import { AbiWords, makeSelector } from './abi-words.ts';
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

/** What a value is, in words of anybody's. */
export const RULE_WORDS: Readonly<Record<keyof RuleValues, { readonly name: string; readonly told: string }>> = {
  feeBps: { name: 'The network’s fee', told: 'of what callers pay; the home gets the rest' },
  slashBps: { name: 'What a proven fault costs', told: 'of the bond behind the key that signed it' },
  reporterBps: {
    name: 'The reporter’s share',
    told: 'of what a fault costs, to whoever proved it; the rest is burned',
  },
  bonusBps: {
    name: 'The newcomers’ bonus',
    told: 'of the fees that bought credit really paid on a home’s own jobs, up to a token a home',
  },
  unbondSeconds: { name: 'Unbonding', told: 'until tokens that are taken out of a bond can be withdrawn' },
  windowSeconds: { name: 'The window', told: 'in which a posted epoch can be challenged before it pays' },
  capUnits: { name: 'The cap', told: 'tokens that one epoch may pay at most' },
  rootBondUnits: { name: 'The root key’s bond', told: 'tokens that must be bonded before its roots are taken' },
};

/** `8 %`, `3.5 %`, `7 d`, `1 h 40 min`, `100,000 test tokens`. */
export function tellRuleValue(name: keyof RuleValues, value: number | bigint): string {
  if (name.endsWith('Bps')) return `${Number(value) / 100} %`;
  return name.endsWith('Seconds') ? tellSeconds(Number(value)) : `${tellTokens(BigInt(value))} test tokens`;
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

/** A sentence for each thing that it would do, or did where it was carried out. What nobody here knows is told as that, and loudly. */
export function describeProposal(
  calls: readonly ProposedCall[],
  facts: VoteFacts,
  isCarried = false,
): readonly string[] {
  return calls.flatMap((call) => {
    try {
      return describeCall(call, facts, isCarried);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return [tellUnknown(call)];
    }
  });
}

function describeCall(call: ProposedCall, facts: VoteFacts, isCarried: boolean): readonly string[] {
  const { rules, payouts, epochSeconds, last } = facts;
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
      ? describeValues(proposed, { values: last.before, from, epochSeconds })
      : [listValues(proposed, from, epochSeconds)];
  }
  if (does(rules, 'nameGuardian(address)'))
    return [
      `Names ${words.address(0)} the guardian, who may stop posting and claims once, for two weeks at most. It takes nothing from anybody.`,
    ];
  if (does(rules, 'nameRootKey(address)'))
    return [
      `Names ${words.address(0)} the root key: from then on it alone signs what epochs pay, up to the cap for each. Read twice whose key that is.`,
    ];
  if (does(rules, 'nameRouterKey(address,uint32,uint32)'))
    return [tellRouterKey(words.address(0), words.number(1), words.number(2))];
  if (does(rules, 'resume()')) return ['Ends the guardian’s pause at once.'];
  if (does(payouts, 'voidPending()'))
    return [
      'Makes the epoch that is posted and not yet final void. Nobody loses what they earned: the next one holds it too.',
    ];
  return [tellUnknown(call)];
}

/** Beside what would count then without it: what was decided and is on its way is undone by values that say nothing of it. */
function describeChange(proposed: RuleValues, from: number, { values, next, epochSeconds }: VoteFacts): string[] {
  const replaced = next
    ? [`Carried out before then, it replaces what is to count ${tellFrom(next.fromEpoch, epochSeconds)}.`]
    : [];
  const until = next && next.fromEpoch <= from ? next.values : values;
  return [...describeValues(proposed, { values: until, from, epochSeconds }), ...replaced];
}

function describeValues(
  next: RuleValues,
  { values, from, epochSeconds }: Pick<VoteFacts, 'values' | 'epochSeconds'> & { readonly from: number },
): readonly string[] {
  const when = tellFrom(from, epochSeconds);
  const changed = RULE_NAMES.filter((name) => next[name] !== values[name]);
  if (changed.length === 0) return [`Sets the values that count by then, ${when}: nothing changes.`];
  return changed.map((name) => {
    const [before, after] = [values[name], next[name]].map((value) => tellRuleValue(name, value));
    const [least, most] = boundsOf(name, epochSeconds);
    const isOut = BigInt(next[name]) < least || BigInt(next[name]) > most;
    const refused = isOut ? ' That is out of the bounds in the code: it cannot be carried out.' : '';
    return `${RULE_WORDS[name].name} goes from ${before} to ${after} ${when}: ${RULE_WORDS[name].told}.${refused}`;
  });
}

function listValues(values: RuleValues, from: number, epochSeconds: number): string {
  const told = RULE_NAMES.map((name) => `${RULE_WORDS[name].name}: ${tellRuleValue(name, values[name])}`);
  return `Set all values ${tellFrom(from, epochSeconds)}. ${told.join('; ')}.`;
}

function tellFrom(epoch: number, epochSeconds: number): string {
  return `from epoch ${epoch} on (${tellUtc(endOfEpoch(epoch - 1, epochSeconds))})`;
}

function tellRouterKey(key: Hex, from: number, to: number): string {
  if (to === 0) return `Takes back the router key ${key}: nothing counts any more that it signed.`;
  const end = to >= 0xffffffff ? 'without an end' : `to epoch ${to}`;
  return `Names ${key} a router key for epochs from ${from} ${end}: what it accepts then counts in challenges. It pays nobody by itself.`;
}

function tellUnknown({ target, value, data }: ProposedCall): string {
  const coins = value === 0n ? '' : `, sending ${value} wei of coins,`;
  return `CALLS ${data.slice(0, 10)} of ${target}${coins} which is none of what votes are for here. Do not vote for what you cannot read.`;
}

function tellSeconds(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const;
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count} ${unit}`)
      .join(' ') || '0 s'
  );
}

function tellUnits(units: bigint): string {
  return `${units / 1_000_000n}.${String(units % 1_000_000n).padStart(6, '0')}`;
}
