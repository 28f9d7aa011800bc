// Names are judged by what they resolve to, at the moment of connecting: a name may point elsewhere by then than when it was checked.
import { lookup as resolveName } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** The code of an error that means: it was found, and it may not be connected to. */
export const REFUSED_ADDRESS = 'IRORI_REFUSED';

/** Resolves a name to all its addresses. */
type Resolve = (
  name: string,
  options: { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Gives addresses of which `refuse` says null; one that it refuses spoils the name, with the reason as the error's message. */
export function makeJudgedLookup(
  refuse: (address: string) => string | null,
  resolve: Resolve = resolveName,
): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 0);
      const refusal = addresses.map(({ address }) => refuse(address)).find((reason) => reason !== null);
      if (refusal !== undefined) return done(Object.assign(new Error(refusal), { code: REFUSED_ADDRESS }), '', 0);
      if (options.all === true) return done(null, addresses);
      done(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}
