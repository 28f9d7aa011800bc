// The one door to esbuild: the Worker as one module, as wrangler would upload it (unminified). Must not run or read anything else.
import { StartError } from './start-error.ts';

/** Bundles the Worker's entry file (absolute path) to ES module text. Throws StartError with esbuild's first complaint. */
export async function bundleWorker(entryPath: string): Promise<string> {
  const esbuild = await import('esbuild').catch((cause: unknown) => {
    throw new StartError(`esbuild cannot be loaded (${messageOf(cause)}). Run "npm install" again in this folder.`);
  });
  try {
    const built = await esbuild.build({
      entryPoints: [entryPath],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2024',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['workerd', 'worker', 'browser'],
      external: ['cloudflare:*', 'node:*'],
      logLevel: 'silent',
      legalComments: 'none',
    });
    const text = built.outputFiles[0]?.text;
    if (text === undefined) throw new StartError(`esbuild made nothing of ${entryPath}.`);
    return text;
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
