// A promise that is settled from outside (Promise.withResolvers, which Node 20 lacks).

interface OpenPromise<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

/** A pending promise with its resolver; only the first call counts. */
export function openPromise<T>(): OpenPromise<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve: (value) => resolve(value) };
}
