// The head of the node's receipt chain on disk: the last number used and that receipt's hash. A number, once used, is never used again.
import { join } from 'node:path';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { word, ZERO_WORD } from '../../schema/typed-data.ts';
import { readJsonFile, syncFolder, writeDurably } from '../home/durable-file.ts';

/** The last receipt of the chain; seq 0 and the zero word before the first. */
export interface ChainHead {
  readonly seq: bigint;
  readonly receiptHash: Hex;
}

const headSchema = z.object({ seq: word.uint64, receiptHash: word.bytes32 });
const FILE = 'chain.json';

export class ReceiptChain {
  readonly #folder: string;
  #saved: ChainHead;

  private constructor(folder: string, saved: ChainHead) {
    this.#folder = folder;
    this.#saved = saved;
  }

  /** Reads the saved head. Rejects when the file is damaged: starting over would sign one number twice. */
  static async open(folder: string): Promise<ReceiptChain> {
    const value = await readJsonFile(join(folder, FILE));
    const head = value === null ? { seq: 0n, receiptHash: ZERO_WORD } : headSchema.parse(value);
    return new ReceiptChain(folder, head);
  }

  get saved(): ChainHead {
    return this.#saved;
  }

  /** Makes a head durable; an older one than the saved is left alone. */
  async save(head: ChainHead): Promise<void> {
    if (head.seq <= this.#saved.seq) return;
    await writeDurably(
      join(this.#folder, FILE),
      JSON.stringify({ seq: head.seq.toString(), receiptHash: head.receiptHash }),
    );
    await syncFolder(this.#folder);
    this.#saved = head;
  }
}
