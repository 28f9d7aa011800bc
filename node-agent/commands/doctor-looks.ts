// Looks of the doctor at the way to the router: its name, a connection, TLS, an answer. Each has a time limit and says what it found; none rejects. The one
// door of the doctor to bare sockets.
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { askRouter } from '../link/router-door.ts';
import { tellNetworkFault } from '../link/tell-network-fault.ts';
import { bad, good, judgeCertificate, judgeClock, note, skipped } from './judge-steps.ts';
import type { Finding } from './tell-doctor.ts';

const LIMIT_MS = 5000;

const healthSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  presence: z.string().max(40),
  protocol: z.number().optional(),
});

/** From the name to an answer, in this order; what cannot be looked at any more is said to be skipped. `origin`: the router's. */
export async function* lookAtRouter(origin: string): AsyncIterable<Finding> {
  const url = new URL(origin);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port) || (isSecure ? 443 : 80);
  const named = await within(lookup(host, { all: true }));
  yield named.ok
    ? good(
        'name',
        `${host} is ${named.value
          .map(({ address }) => address)
          .slice(0, 3)
          .join(', ')}`,
      )
    : bad('name', explain(named.error, origin), 'Check the router’s address and this machine’s internet connection.');
  if (!named.ok) return yield* skipAll(['TCP', 'TLS', 'router', 'clock'], 'the name leads nowhere');
  const opened = await openTcp(host, port);
  yield opened.ok
    ? good('TCP', `port ${port} answers in ${opened.value} ms`)
    : bad('TCP', explain(opened.error, origin), 'Check that the router runs, and that no firewall stands between.');
  if (!opened.ok) return yield* skipAll(['TLS', 'router', 'clock'], 'there is no connection');
  if (isSecure) {
    const tls = await openTls(host, port);
    yield tls.ok
      ? judgeCertificate(tls.value.protocol, tls.value.endsAt, Date.now())
      : bad(
          'TLS',
          explain(tls.error, origin),
          'Look at this machine’s clock, and at what stands between: a proxy, a virus scanner.',
        );
    if (!tls.ok) return yield* skipAll(['router', 'clock'], 'no secure connection');
  } else yield good('TLS', 'none: plain http, as on this machine or in your own network');
  yield* lookAtHealth(origin);
}

async function* lookAtHealth(origin: string): AsyncIterable<Finding> {
  const startedAt = performance.now();
  const answer = await askRouter(`${origin}/health`, {});
  const tookMs = Math.round(performance.now() - startedAt);
  if (!answer.ok) {
    yield bad('router', answer.error, 'Check the router’s address with whoever runs it.');
    return yield* skipAll(['clock'], 'the router does not answer');
  }
  const health = healthSchema.safeParse(parseJson(answer.value.text));
  const { data } = health;
  if (data === undefined)
    yield bad(
      'router',
      `what answers at ${origin} is no Irori router (status ${answer.value.status})`,
      'Check the address: irori-node config get router.',
    );
  else {
    const version = data.protocol === undefined ? '' : `, speaks version ${data.protocol} of the protocol`;
    const told = `${data.status}${version}, answers in ${tookMs} ms`;
    yield data.status === 'ok'
      ? good('router', told)
      : note('router', told, 'It works with less than all its parts; its operator sees why.');
  }
  const { routerNow, dateAt } = answer.value;
  const at = routerNow ?? dateAt;
  yield judgeClock(at === null ? null : Date.now() - at);
}

function* skipAll(steps: readonly string[], why: string): Iterable<Finding> {
  for (const step of steps) yield skipped(step, why);
}

type Fault = Error & { readonly code?: unknown };

function explain(error: Fault, origin: string): string {
  const code = typeof error.code === 'string' ? error.code : '';
  return tellNetworkFault({ code, message: error.message }, origin);
}

async function within<T>(work: Promise<T>): Promise<Result<T, Fault>> {
  const limit = new AbortController();
  const late = sleep(LIMIT_MS, null, { signal: limit.signal }).then((): Result<T, Fault> =>
    err(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
  );
  const found = work.then(ok, (error: unknown): Result<T, Fault> =>
    err(error instanceof Error ? error : new Error('it failed')),
  );
  // Aborted it rejects, and nobody waits for it any more.
  late.catch(() => undefined);
  const first = await Promise.race([found, late]);
  limit.abort();
  return first;
}

/** Ms until it was open. */
function openTcp(host: string, port: number): Promise<Result<number, Fault>> {
  const startedAt = performance.now();
  const socket = connect({ host, port });
  const opened = new Promise<number>((resolve, reject) => {
    socket.once('connect', () => resolve(Math.max(1, Math.round(performance.now() - startedAt))));
    socket.once('error', reject);
  });
  return within(opened).finally(() => socket.destroy());
}

function openTls(host: string, port: number): Promise<Result<{ protocol: string; endsAt: number | null }, Fault>> {
  const socket = connectTls({ host, port, servername: /^[\d.:]+$/.test(host) ? '' : host });
  const opened = new Promise<{ protocol: string; endsAt: number | null }>((resolve, reject) => {
    socket.once('secureConnect', () => {
      const endsAt = Date.parse(socket.getPeerCertificate().valid_to);
      resolve({ protocol: socket.getProtocol() ?? 'TLS', endsAt: Number.isNaN(endsAt) ? null : endsAt });
    });
    socket.once('error', reject);
  });
  return within(opened).finally(() => socket.destroy());
}
