// A hostile caller's bare request: whatever body, from an address of its own.
import { PARIS } from './ground.ts';
import { HOSTILE_ADDRESS } from './round.ts';
import type { Round } from './round.ts';

/** Posts a body as it is; the status, or 0 where no answer came. */
export async function post(
  round: Round,
  path: string,
  options: { key: string; body: Uint8Array | string; headers?: object },
): Promise<number> {
  const { key, body, headers } = options;
  try {
    const response = await fetch(`${round.ground.stack.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'x-irori-place': PARIS,
        ...HOSTILE_ADDRESS,
        ...headers,
      },
      body: typeof body === 'string' ? body : Buffer.from(body),
      signal: AbortSignal.timeout(20_000),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}
