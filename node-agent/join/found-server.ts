// What was found of model servers on this machine. Types only.

export interface FoundModel {
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number | null;
  readonly contextTokens: number;
  readonly isContextGuessed: boolean;
  readonly isLoaded: boolean;
  /** Answers at once, of its server. */
  readonly slots: number;
}

export interface FoundServer {
  /** As it goes into `--backend`. */
  readonly url: string;
  readonly port: number;
  /** Its name for people. */
  readonly product: string;
  readonly version: string | null;
  readonly models: readonly FoundModel[];
  /** Models that it lists and that are never shared, with the reason. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
  readonly warnings: readonly string[];
  /** Why it is not shared; null where it can be. */
  readonly refusal: string | null;
}
