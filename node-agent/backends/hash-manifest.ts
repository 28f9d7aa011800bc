// The digest under which a model is known: the hash of a small manifest, the same on every machine. Pure: reads no files.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** What identifies a model. Leave out what is unknown; `name` only where no hash of the weights is known. */
interface ModelManifest {
  /** Who vouches for the rest: 'onnx', 'ollama', 'llama-server' … */
  readonly source: string;
  readonly name?: string;
  /** sha256 hex of the weights, or the digest by which the server names them. */
  readonly weights?: string;
  readonly quantisation?: string;
  /** sha256 hex of tokenizer.json. */
  readonly tokenizer?: string;
  /** sha256 hex of the chat template's text. */
  readonly template?: string;
  /** Known facts that tell models of one name apart (parameters, bytes). */
  readonly parameters?: number;
  readonly sizeBytes?: number;
}

/**
 * sha256 (64 hex digits) of the manifest as JSON with its keys in alphabetical order and nothing between tokens.
 * Fields that are undefined are left out.
 */
export function hashManifest(manifest: ModelManifest): string {
  const entries = Object.entries(manifest).filter(([, value]) => value !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return hashText(JSON.stringify(Object.fromEntries(entries)));
}

/** sha256 (64 hex digits) of a text's UTF-8 bytes. */
export function hashText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
