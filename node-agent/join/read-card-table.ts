// What nvidia-smi tells of cards and of the programs that hold their memory. Pure.

export interface CardLine {
  readonly name: string;
  readonly totalBytes: number | null;
  readonly usedBytes: number | null;
}

const MIB = 1024 ** 2;

/** Of `--query-gpu=name,memory.total,memory.used --format=csv,noheader,nounits`: a card a line. Lines of another shape are left out. */
export function readCardTable(text: string): CardLine[] {
  return text.split('\n').flatMap((line) => {
    const [, name, total, used] =
      /^(.{1,200}),\s*(\d{1,9}|\[.{1,40}\]),\s*(\d{1,9}|\[.{1,40}\])\s*$/.exec(line.trim()) ?? [];
    return name === undefined ? [] : [{ name, totalBytes: toBytes(total), usedBytes: toBytes(used) }];
  });
}

/** Programs that serve models: what they hold is not somebody else's. */
const SERVERS = /(^|[/\\])(ollama|llama-server|llama_server|lm.?studio|lms|vllm|local-?ai|jan|cortex|koboldcpp)/i;

/**
 * Bytes that model servers hold, of `--query-compute-apps=process_name,used_memory --format=csv,noheader,nounits`. Drivers of desktops under Windows tell no
 * numbers there: then 0.
 */
export function countServerBytes(text: string): number {
  let bytes = 0;
  for (const line of text.split('\n')) {
    const [, name = '', used] = /^(.{1,1000}),\s*(\d{1,9}|\[.{1,40}\])\s*$/.exec(line.trim()) ?? [];
    if (SERVERS.test(name)) bytes += toBytes(used) ?? 0;
  }
  return bytes;
}

function toBytes(mebibytes: string | undefined): number | null {
  return mebibytes !== undefined && /^\d+$/.test(mebibytes) ? Number(mebibytes) * MIB : null;
}
