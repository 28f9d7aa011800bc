// Every attack, in the order in which they are played: those that leave the router with much garbage come last.
import { BYTES } from './homes-bytes.ts';
import { MONEY } from './homes-money.ts';
import { WORDS } from './homes-words.ts';
import { CALLERS } from './callers.ts';
import { COALITIONS } from './coalitions.ts';
import { FLOODS } from './floods.ts';
import type { Attack } from './round.ts';

export interface AttackKind {
  readonly kind: string;
  readonly attacks: readonly Attack[];
}

export const KINDS: readonly AttackKind[] = [
  { kind: 'money', attacks: MONEY },
  { kind: 'bytes', attacks: BYTES },
  { kind: 'words', attacks: WORDS },
  { kind: 'coalitions', attacks: COALITIONS },
  { kind: 'callers', attacks: CALLERS },
  { kind: 'floods', attacks: FLOODS },
];
