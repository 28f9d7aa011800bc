// What the main thread and the thread of the embedding model say to each other. Types only.

import type { BackendError } from './backend.ts';

export interface EmbedderSetup {
  readonly runtimePath?: string;
}

export type ToEmbedder =
  | { readonly type: 'embed'; readonly run: number; readonly inputs: readonly string[] }
  | { readonly type: 'cancel'; readonly run: number };

export type FromEmbedder =
  | { readonly type: 'ready' }
  | { readonly type: 'broken'; readonly message: string }
  /** `packed`: all vectors, as they travel. */
  | { readonly type: 'embedded'; readonly run: number; readonly packed: Uint8Array; readonly promptTokens: number }
  | { readonly type: 'failed'; readonly run: number; readonly error: BackendError };
