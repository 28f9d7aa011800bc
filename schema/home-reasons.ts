// Why a home was chosen, as a caller reads it, in the languages of pages. On the wire and in the books a reason is its English sentence: what is made and
// what is read of it stand here together. Pure.
import type { Mode } from './placement.ts';

/** The rule that took a home: an order asked for, a home of the caller's own, none that keeps the promise, or the mode. */
export type HomeRule = 'order' | 'own' | 'forced' | Mode;

/** What a reason says beside its rule. */
export interface HomeReason {
  readonly rule: HomeRule;
  readonly km: number;
  readonly firstTokenS: string;
  /** Grams of CO2e, where they were what was asked for: expected, and at the closest home where that is another. */
  readonly grams?: { readonly own: string; readonly closest: string | null } | undefined;
}

const EN: Readonly<Record<HomeRule, string>> = {
  order: 'first free home of the order asked for',
  own: 'home of your own with a free slot',
  forced: 'no home could keep the promise, this one comes nearest to it',
  closest: 'closest home that keeps the promise',
  fairest: 'home that has earned least of those that keep the promise',
  fastest: 'fastest home',
  cheapest: 'cheapest home that keeps the promise',
  greenest: 'least CO2e of the homes that keep the promise',
};

const JA: Readonly<Record<HomeRule, string>> = {
  order: '指定された順で最初に空いていた家です。',
  own: '枠の空いている、あなた自身の家です。',
  forced: '約束を守れる家がなく、この家が約束に最も近い家でした。',
  closest: '約束を守れる家のうち、最も近い家です。',
  fairest: '約束を守れる家のうち、収益が最も少ない家です。',
  fastest: '最も速い家です。',
  cheapest: '約束を守れる家のうち、最も安い家です。',
  greenest: '約束を守れる家のうち、CO2排出量が最も少ない家です。',
};

export function writeHomeReason({ rule, km, firstTokenS, grams }: HomeReason): string {
  const closest = grams?.closest == null ? '' : `, ${grams.closest} g at the closest`;
  const more = grams ? `, ${grams.own} g expected${closest}` : '';
  return `${EN[rule]}${more}: ${km} km, first token expected in ${firstTokenS} s`;
}

/** A caller that stood in line is told that as well. */
export function addWait(reason: string, waitedMs: number): string {
  return `${reason}, after ${(waitedMs / 1000).toFixed(1)} s in line`;
}

const SHAPE =
  /^(?<rule>.+?)(?:, (?<own>[\d.e-]+) g expected(?:, (?<closest>[\d.e-]+) g at the closest)?)?: (?<km>\d+) km, first token expected in (?<first>[\d.]+) s(?:, after (?<waited>[\d.]+) s in line)?$/;

/** In Japanese; null for one that only another version knows. */
export function tellHomeReasonJa(reason: string): string | null {
  const { rule, own, closest, km, first, waited } = SHAPE.exec(reason)?.groups ?? {};
  const known = (Object.keys(EN) as HomeRule[]).find((one) => EN[one] === rule);
  if (known === undefined || km === undefined || first === undefined) return null;
  const than = closest === undefined ? '' : `（最も近い家では${closest} g）`;
  const grams = own === undefined ? '' : `排出量の見込みは${own} g${than}。`;
  const line = waited === undefined ? '' : `順番待ちは${waited}秒でした。`;
  return `${JA[known]}${grams}距離は${km} km、最初のトークンまでの見込みは${first}秒。${line}`;
}
