// What Cloudflare calls. No logic: the app answers requests, the Durable Objects are exported for their bindings.
import { makeApp } from './app.ts';
import type { Env } from './env.ts';

export { Account, Area, Hub, NodeAccount } from './objects.ts';

const app = makeApp();

export default { fetch: (request, env, context) => app.fetch(request, env, context) } satisfies ExportedHandler<Env>;
