// Whether a server that is at work on a job still answers: it is asked what costs it least.
import type { HttpDoor } from './http-door.ts';
import { LOOK_PATHS, type Product } from './probe-server.ts';

/** False where no answer came in time. */
export async function answersAtWork(
  door: HttpDoor,
  product: Product,
  how: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const path = LOOK_PATHS[product];
  const url = path === 'models' ? `${door.server.api}/models` : `${door.server.root}${path}`;
  return (await door.ask(url, how)).status !== 0;
}
