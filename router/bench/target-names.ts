// What is measured, by name: which part of the product it is, and whether this checkout's or that of one beside it.

/** `window` gathers chunks as homes do by default, `oneAFrame` sends each for itself, `priced` is `window` asked by somebody who pays. */
export type TargetKind = 'direct' | 'floor' | 'oneAFrame' | 'window' | 'priced';

/** `before` is another checkout, started beside this one. */
export type Side = 'now' | 'before';

export const TARGET_NAMES = [
  'direct',
  'floor',
  'irori-window-0',
  'irori',
  'irori-priced',
  'before-window-0',
  'before',
  'before-priced',
] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

export type IroriKind = Exclude<TargetKind, 'direct' | 'floor'>;

/** The name of a network's target. */
export const IRORI_NAMES: Readonly<Record<Side, Readonly<Record<IroriKind, TargetName>>>> = {
  now: { oneAFrame: 'irori-window-0', window: 'irori', priced: 'irori-priced' },
  before: { oneAFrame: 'before-window-0', window: 'before', priced: 'before-priced' },
};
