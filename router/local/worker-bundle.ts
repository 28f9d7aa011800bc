// The one door to esbuild: the Worker as wrangler would upload it (unminified): one module of JavaScript, and the WebAssembly that it imports. Must not
// run or read anything else.
import { basename } from 'node:path';
import { StartError } from './start-error.ts';

export interface WorkerBundle {
  /** ES module text. */
  readonly main: string;
  /** The bytes of each WebAssembly module, by the name under which the text imports it. */
  readonly wasm: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Bundles the Worker's entry file (absolute path). Throws StartError with esbuild's first complaint. */
export async function bundleWorker(entryPath: string): Promise<WorkerBundle> {
  const esbuild = await import('esbuild').catch((cause: unknown) => {
    throw new StartError(`esbuild cannot be loaded (${messageOf(cause)}). Run "npm install" again in this folder.`);
  });
  try {
    const built = await esbuild.build({
      entryPoints: [entryPath],
      bundle: true,
      write: false,
      // Written nowhere: modules beside each other need a folder that they are in.
      outdir: '/',
      format: 'esm',
      target: 'es2024',
      charset: 'utf8',
      jsx: 'automatic',
      jsxImportSource: 'hono/jsx',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker', 'browser'],
      external: ['cloudflare:*', 'node:*'],
      loader: { '.wasm': 'copy' },
      logLevel: 'silent',
      legalComments: 'none',
    });
    const isWasm = ({ path }: { readonly path: string }): boolean => path.endsWith('.wasm');
    const main = built.outputFiles.find((file) => !isWasm(file))?.text;
    if (main === undefined) throw new StartError(`esbuild made nothing of ${entryPath}.`);
    const wasm = built.outputFiles
      .filter(isWasm)
      .map((file) => [basename(file.path), new Uint8Array(file.contents)] as const);
    return { main, wasm: new Map(wasm) };
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    throw new StartError(bundleFault(entryPath, cause));
  }
}

function bundleFault(entryPath: string, cause: unknown): string {
  const message = messageOf(cause);
  if (/@esbuild|platform|ENOENT.*esbuild|binary/i.test(message)) {
    return `esbuild has no binary for this machine (${process.platform}-${process.arch}). Delete node_modules and run "npm install" on this machine.`;
  }
  return `The Worker at ${entryPath} does not bundle: ${message}`;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
