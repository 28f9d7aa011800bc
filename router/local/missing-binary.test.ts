import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

describe('a package without its binary for this machine', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'irori-missing-'));
    writeFileSync(join(dir, 'wrangler.toml'), 'name = "a"\nmain = "a.ts"\ncompatibility_date = "2026-10-23"\n');
    writeFileSync(join(dir, 'a.ts'), 'export default { fetch: () => new Response() }');
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
    vi.doUnmock('miniflare');
    vi.doUnmock('esbuild');
    vi.resetModules();
  });

  async function start(): Promise<unknown> {
    const { startNetwork } = await import('./network.ts');
    return startNetwork({ configPath: join(dir, 'wrangler.toml'), bindings: {} });
  }

  test('workerd is named, with what to do', async () => {
    vi.doMock('miniflare', () => {
      throw new Error('The package "@cloudflare/workerd-linux-64" could not be found');
    });
    await expect(start()).rejects.toThrow(/^workerd cannot be loaded for .*Delete node_modules and run "npm install"/);
  });

  test('esbuild is named, with what to do', async () => {
    const build = async (): Promise<never> =>
      Promise.reject(new Error('The package "@esbuild/linux-x64" could not be found'));
    vi.doMock('esbuild', () => ({ build }));
    await expect(start()).rejects.toThrow(/^esbuild has no binary for this machine .*"npm install"/);
  });
});
