// The name under which a model leaves this machine. Servers call models by the file that they were started with, and where that lies is nobody's
// business: `/home/mika/models/qwen3-8b.gguf` is told as `qwen3-8b.gguf`. Pure.

/** Begins like a path of this machine: a root, a home, a relative step, a drive, a share, or a file's address. */
const PATH = /^(?:[/\\~]|\.{1,2}[/\\]|[a-z]:[/\\]|file:)/i;
/** A file of weights in a folder; `Qwen/Qwen3-8B` is none, which is how models are called where they are published. */
const WEIGHTS = /[/\\].*\.(?:gguf|ggml|safetensors|bin|onnx|pt|pth|mlx)\*?$/i;
/** How huggingface_hub keeps what it downloads: `models--OWNER--NAME/snapshots/HASH/…`. */
const HUB_CACHE = /(?:^|[/\\])models--([^/\\]+?)--([^/\\]+)(?:[/\\]snapshots(?:[/\\][^/\\]+)?)?(?:[/\\](.*))?$/;

/** The name without its place; one that is no path stands as it is. A pattern of the owner's (`/models/qwen*`) stays one. */
export function tellName(name: string): string {
  if (!isPath(name)) return name;
  const cached = HUB_CACHE.exec(name);
  const file = lastPart(cached === null ? name : (cached[3] ?? ''));
  if (cached === null) return file === '' ? 'model' : file;
  return file === '' ? `${cached[1] ?? ''}/${cached[2] ?? ''}` : file;
}

function isPath(name: string): boolean {
  return PATH.test(name) || name.includes('\\') || WEIGHTS.test(name) || HUB_CACHE.test(name);
}

function lastPart(path: string): string {
  return (
    path
      .split(/[/\\]+/)
      .filter((part) => part !== '' && part !== '~' && !/^\.{1,2}$|^[a-z]:$|^file:$/i.test(part))
      .at(-1) ?? ''
  );
}
