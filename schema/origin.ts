// The origin of an address, in the one form that a home signs and a router compares: scheme, host and port. Pure.

/** What is read of a platform's URL. */
interface Address {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: string;
}

/** As URL.origin has it, with http for ws and without a dot at the host's end; null for an address of another scheme. */
export function readOrigin({ protocol, hostname, port }: Address): string | null {
  const scheme = protocol.replace(/^ws/, 'http');
  const host = hostname.replace(/\.$/, '');
  if ((scheme !== 'http:' && scheme !== 'https:') || host === '') return null;
  return `${scheme}//${host}${port === '' ? '' : `:${port}`}`;
}
