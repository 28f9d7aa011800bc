// What Cloudflare calls. No logic: the app answers requests, the clock makes room in the book, the Durable Objects are exported for their bindings.
import { makeApp } from './app.ts';
import type { Env } from './env.ts';
import { closeEpochs } from './services/settler.ts';
import { openRollUp } from './services/shared.ts';

export { Account, Area, Hub, NodeAccount, Payment, Settler } from './objects.ts';

const app = makeApp();

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  // Every ten minutes, as wrangler.toml says: the time it was meant for, so that a late run does no more than a timely one.
  scheduled: async ({ scheduledTime }, env) => {
    // Neither waits for the other: what the book cannot do now holds up no epoch.
    const done = await Promise.allSettled([openRollUp(env).run(scheduledTime), closeEpochs(env, scheduledTime)]);
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  },
} satisfies ExportedHandler<Env>;
