import type { D1Migration } from '@cloudflare/vitest-plugin';
import type { Env as RouterEnv } from '../../env.ts';
import type * as billingWorker from './billing-worker.ts';

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof billingWorker;
    }
    interface Env extends Readonly<RouterEnv> {
      readonly MIGRATIONS: D1Migration[];
    }
  }
}
