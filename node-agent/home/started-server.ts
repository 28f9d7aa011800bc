// A model server that the agent started itself, and so may stop: its memory is given back by ending it. Types only.

export interface StartedServer {
  /** Null while it is not running. */
  readonly pid: number | null;
  /** Ends it; resolves when its memory is free. Never rejects. */
  stop(): Promise<void>;
  /** Starts it again; resolves when it answers, or is known not to. Never rejects. */
  start(): Promise<void>;
}
