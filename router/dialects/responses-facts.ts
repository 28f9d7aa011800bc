// What the answer to a Responses request has to know of the request.
import type { OwnTool } from './responses-tools.ts';

export interface ResponsesFacts {
  /** Fields of the request that the response object repeats. */
  readonly echo: Readonly<Record<string, unknown>>;
  /** Tools by the names that the chat's model was given. */
  readonly owners: ReadonlyMap<string, OwnTool>;
  /** Thinking is told as a summary too: many clients show nothing else of it. */
  readonly hasSummary: boolean;
  /** Reasoning items carry the thinking in the field that stateless clients send back. */
  readonly hasEncrypted: boolean;
  readonly hasLogprobs: boolean;
}
