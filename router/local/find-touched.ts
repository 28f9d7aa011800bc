// What a saved file belongs to: the Worker, the homes, both or neither. Pure.

export interface Touched {
  readonly router: boolean;
  readonly homes: boolean;
}

const SOURCE = /\.(ts|js|json|sql|toml|wasm)$/;
/** Read by no running process, or by this very one. */
const OUTSIDE = /\.test\.ts$|(^|\/)(test|bench|local|node_modules)\//;

/** `paths` are relative to the repository, with slashes. */
export function findTouched(paths: readonly string[]): Touched {
  const sources = paths.filter((path) => SOURCE.test(path) && !OUTSIDE.test(path));
  const isIn = (...folders: string[]): boolean =>
    sources.some((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
  return {
    router: isIn('router', 'schema', 'migrations') || sources.includes('wrangler.toml'),
    homes: isIn('node-agent', 'schema'),
  };
}
