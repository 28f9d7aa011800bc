declare namespace Cloudflare {
  interface Env extends Readonly<import('../../env.ts').Env> {
    readonly MIGRATIONS: import('@cloudflare/vitest-plugin').D1Migration[];
  }
}
