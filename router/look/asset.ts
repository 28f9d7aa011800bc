// A file that pages load, as the Worker has it.

export interface Asset {
  readonly type: string;
  /** gzip in base64. */
  readonly packed: string;
  /** Twelve letters of the SHA-256 of what is in it. */
  readonly tag: string;
}
