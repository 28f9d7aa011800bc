// What Cloudflare calls. No logic: the app answers requests, the Durable Objects are exported for their bindings.
import { makeApp } from './app.ts';
import type { Env } from './env.ts';

export { Account } from './billing/account.ts';
export { NodeAccount } from './billing/node-account.ts';
export { Area } from './area/area.ts';
export { Hub } from './hub/hub.ts';

const app = makeApp();

export default { fetch: (request, env, context) => app.fetch(request, env, context) } satisfies ExportedHandler<Env>;
