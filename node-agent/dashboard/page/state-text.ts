// How the page says one state, in whatever language.

/** `told` says it of now, `was` of a time that is over. */
export interface StateText {
  readonly told: string;
  readonly was: string;
  readonly action: string | null;
}
