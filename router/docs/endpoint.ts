// What is told of one endpoint: types only.
import type * as z from 'zod';
import type { Examples } from './example-words.ts';
import type { Told } from './told.ts';

export interface Endpoint {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it. */
  readonly path: string;
  readonly title: Told;
  readonly told: Told;
  /** The very schema that validates a body; null where there is none. */
  readonly body: z.ZodType | null;
  /** Bodies by what they show. `MODEL` stands for the name of a model. */
  readonly examples: Examples;
  readonly query?: Readonly<Record<string, Told>>;
  /** True where the answer may be a stream of server-sent events. */
  readonly isStreamed: boolean;
  /** True where it makes jobs, and tells what they would cost where `dry_run` is true. */
  readonly makesJobs?: boolean;
  /** True where keys, members or homes are managed. */
  readonly manages?: boolean;
  /** True where no key is asked for. */
  readonly isOpen?: boolean;
  /** True where the body is a form with a file. */
  readonly isForm?: boolean;
  /** True where it answers only in a network that has a chain. */
  readonly needsChain?: boolean;
  /** The schema of a whole answer's members that clients rely on, as JSON Schema. */
  readonly answer: object;
}
