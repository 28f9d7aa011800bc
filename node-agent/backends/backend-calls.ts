// The call to an OpenAI-compatible server that a job becomes, by its kind.
import type { JobKind } from '../../schema/job-kinds.ts';
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { BackendJobOf, MediaJob } from './backend.ts';
import { buildBackendBody } from './build-backend-body.ts';
import { buildCompletionBody } from './build-completion-body.ts';
import { buildEmbeddingBody } from './build-embedding-body.ts';
import type { Product } from './probe-server.ts';

interface BackendCall<K extends TextKind> {
  /** Below the server's base address. */
  readonly path: string;
  /** The body as JSON text; the error names the field that is wrong. */
  readonly build: (job: BackendJobOf<K>, product?: Product) => Result<string, string>;
}

/** Kinds whose body is JSON text; media-calls.ts builds those of the others. */
type TextKind = Exclude<JobKind, MediaJob['kind']>;

const CALLS: { readonly [K in TextKind]: BackendCall<K> } = {
  chat: { path: 'chat/completions', build: buildBackendBody },
  completion: { path: 'completions', build: buildCompletionBody },
  embedding: { path: 'embeddings', build: buildEmbeddingBody },
};

export interface BuiltCall {
  readonly path: string;
  readonly body: string;
}

/** The call of a job; the error names the field that is wrong. */
export function buildCall<K extends TextKind>(job: BackendJobOf<K>, product?: Product): Result<BuiltCall, string> {
  const { path, build } = CALLS[job.kind];
  const body = build(job, product);
  return body.ok ? ok({ path, body: body.value }) : body;
}
