// The doors of the router's own environment, as trouble passes them on: the book in D1, and the objects that money goes to.
import { decodeFrames, FRAME, FRAME_HEADER_BYTES } from '../../../schema/frames.ts';
import type { Env } from '../../env.ts';
import type { Trouble } from './trouble.ts';

/** By object the calls that carry money, or word of it; others pass as they are. */
const WATCHED: Readonly<Record<string, ReadonlySet<string>>> = {
  account: new Set(['settleAll', 'renew', 'release', 'flushesOf']),
  'node-account': new Set(['acceptAll', 'acceptLate', 'unsigned']),
};

/** The same environment with doors that fail. */
export function makeFaulty(env: Env, trouble: Trouble): Env {
  return {
    ...env,
    DB: makeFaultyBook(env.DB, trouble),
    ACCOUNT: makeFaultyObjects('account', env.ACCOUNT, trouble),
    NODE_ACCOUNT: makeFaultyObjects('node-account', env.NODE_ACCOUNT, trouble),
  };
}

const away = (): Promise<never> => Promise.reject(new Error('D1 is away'));
/** A statement that is never run. */
const AWAY = { bind: () => AWAY, all: away, first: away, raw: away, run: away };

function makeFaultyBook(database: D1Database, trouble: Trouble): D1Database {
  return new Proxy(database, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'prepare' && trouble.isBooksAway) return () => AWAY;
      if (name !== 'batch') return typeof value === 'function' ? value.bind(target) : value;
      return (statements: D1PreparedStatement[]) =>
        trouble.isBooksAway ? away() : trouble.pass('book', () => target.batch(statements));
    },
  });
}

function makeFaultyObjects<T extends Rpc.DurableObjectBranded>(
  kind: string,
  namespace: DurableObjectNamespace<T>,
  trouble: Trouble,
): DurableObjectNamespace<T> {
  const wrap = (stub: DurableObjectStub<T>): DurableObjectStub<T> =>
    new Proxy(stub, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function' || typeof name !== 'string' || !WATCHED[kind]?.has(name)) return value;
        return (...values: unknown[]) =>
          // A method of a stub is no function of ours: whatever is read of it is a call of its own.
          trouble.pass(`${kind}.${name}`, async () => Reflect.apply(value, target, values) as unknown);
      },
    });
  return new Proxy(namespace, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'get' && name !== 'getByName') return value.bind(target) as unknown;
      return (...values: unknown[]) =>
        wrap((value as (...args: unknown[]) => DurableObjectStub<T>).call(target, ...values));
    },
  });
}

/** What of a home's message its hub gets: all but the receipts at once, and those as trouble would have it. `take` is the hub's. */
export function passReceipts(message: ArrayBuffer, trouble: Trouble, take: (bytes: ArrayBuffer) => void): void {
  const frames = decodeFrames(message);
  const isReceipt = (type: number): boolean => type === FRAME.receipts || type === FRAME.receipt;
  if (!frames.ok || !frames.value.some(({ type }) => isReceipt(type))) return take(message);
  let from = 0;
  for (const { type, payload } of frames.value) {
    const bytes = message.slice(from, from + FRAME_HEADER_BYTES + payload.length);
    from += bytes.byteLength;
    const fault = isReceipt(type) ? trouble.draw('receipt') : null;
    const later = (): void => void setTimeout(() => take(bytes), trouble.drawDelay());
    if (fault === 'dropped' || fault === 'answer-lost') continue;
    if (fault === 'delayed') later();
    else take(bytes);
    if (fault === 'doubled') take(bytes);
    if (fault === 'came-again') later();
  }
}
