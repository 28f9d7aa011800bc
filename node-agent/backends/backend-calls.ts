// The call to an OpenAI-compatible server that a job becomes, by its kind.
import type { JobKind } from '../../schema/job-kinds.ts';
import type { Result } from '../../schema/result.ts';
import type { BackendJob } from './backend.ts';
import { buildBackendBody } from './build-backend-body.ts';
import type { Product } from './probe-server.ts';

interface BackendCall<K extends JobKind> {
  /** Below the server's base address. */
  readonly path: string;
  /** The body as JSON text; the error names the field that is wrong. */
  readonly build: (job: Extract<BackendJob, { kind: K }>, product?: Product) => Result<string, string>;
}

export const CALLS: { readonly [K in JobKind]: BackendCall<K> } = {
  chat: { path: 'chat/completions', build: buildBackendBody },
};
