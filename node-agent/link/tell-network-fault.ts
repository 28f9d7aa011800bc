// Why a router could not be reached, in words for its owner and with what to do, in place of what Node, OpenSSL and the system say. Pure.

/** What is known of a connection that failed. */
export interface NetworkFault {
  /** The system's or Node's code; '' where there is none. */
  readonly code: string;
  readonly message: string;
}

const TRY_INTERNET = 'is this machine online';

/** By code: what follows "The router cannot be reached: ". `host` is the router's, with its port where one was given. */
const BY_CODE: Readonly<Record<string, (host: string) => string>> = {
  ENOTFOUND: (host) => `no address is known for ${host}: is it spelt right, and ${TRY_INTERNET}?`,
  EAI_AGAIN: (host) => `the name ${host} cannot be looked up now: ${TRY_INTERNET}?`,
  EAI_FAIL: (host) => `the name ${host} cannot be looked up now: ${TRY_INTERNET}?`,
  ECONNREFUSED: (host) => `nothing listens at ${host}: is it running, and is the port right?`,
  ECONNRESET: (host) => `${host} broke the connection off`,
  EPIPE: (host) => `${host} broke the connection off`,
  ETIMEDOUT: (host) => `${host} does not answer: ${TRY_INTERNET}, and does a firewall stand between?`,
  EHOSTUNREACH: (host) => `there is no way to ${host} from here: ${TRY_INTERNET}?`,
  EHOSTDOWN: (host) => `there is no way to ${host} from here: ${TRY_INTERNET}?`,
  ENETUNREACH: (host) => `there is no network that leads to ${host}: ${TRY_INTERNET}?`,
  ENETDOWN: () => `the network of this machine is down`,
  EADDRNOTAVAIL: (host) => `there is no network that leads to ${host}: ${TRY_INTERNET}?`,
  EACCES: (host) => `this machine does not allow the connection to ${host}: a firewall, or the program's own rights`,
  EPERM: (host) => `this machine does not allow the connection to ${host}: a firewall, or the program's own rights`,
  EMFILE: () => `this machine has too many files and connections open`,
  ENFILE: () => `this machine has too many files and connections open`,
  CERT_HAS_EXPIRED: (host) =>
    `the certificate of ${host} has expired: its operator has to renew it, unless this machine's clock is wrong`,
  CERT_NOT_YET_VALID: (host) => `the certificate of ${host} is not valid yet: look at this machine's clock`,
  ERR_TLS_CERT_ALTNAME_INVALID: (host) =>
    `the certificate that came is for another name than ${host}: is the address right, or does somebody stand between?`,
  CERT_REVOKED: (host) => `the certificate of ${host} was revoked: ask its operator`,
  ERR_TLS_HANDSHAKE_TIMEOUT: (host) => `${host} began to answer and did not go on`,
};

/** Certificates that nobody known has signed: a company's proxy, a test's own, or somebody between. */
const UNKNOWN_SIGNERS: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

/** What Node says where https meets a server that speaks http, and the other way round. */
const PLAIN_THERE = /wrong version number|packet length too long|http request|ERR_SSL_WRONG_VERSION_NUMBER/i;
const TLS_THERE = /HPE_|Parse Error|Expected HTTP|plain HTTP request|HTTP request to an HTTPS/i;

/** A sentence's end, where it has none yet. */
export function endSentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** The words behind "The router cannot be reached: ", without a full stop. `url`: what was dialled. `proxy`: the owner's, where one is set. */
export function tellNetworkFault({ code, message }: NetworkFault, url: string, proxy: string | null = null): string {
  const { host, protocol } = new URL(url);
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  const words = `${code} ${message}`;
  if (/proxy/i.test(words) || (proxy !== null && isOfProxy(message, proxy)))
    return `the proxy ${proxy === null ? 'of this machine' : tellProxy(proxy)} did not let it through (${plain(code === '' ? message : code)}): see HTTPS_PROXY and NO_PROXY`;
  if (isSecure && PLAIN_THERE.test(words))
    return `${host} speaks plain http, not https: start with --router http://${host}`;
  // A server of https hangs up on plain http, or says so in words of its own.
  if (!isSecure && (TLS_THERE.test(words) || code === 'ECONNRESET'))
    return `${host} does not go on in plain http: if it speaks https, start with --router https://${host}`;
  if (UNKNOWN_SIGNERS.has(code))
    return `nobody that this machine trusts has signed the certificate of ${host}: where that is your own or your company's, name it in NODE_EXTRA_CA_CERTS`;
  const told = BY_CODE[code]?.(host);
  if (told !== undefined) return told;
  if (/timed? ?out|timeout|aborted/i.test(words)) return `${host} does not answer: ${TRY_INTERNET}?`;
  if (/^ERR_SSL|^EPROTO/.test(code) || /SSL routines/.test(message))
    return `${host} and this machine do not agree on how to speak https: does a proxy or a virus scanner stand between?`;
  return plain(message === '' ? code || 'the connection failed' : message);
}

function isOfProxy(message: string, proxy: string): boolean {
  if (!URL.canParse(proxy)) return false;
  const { hostname, port } = new URL(proxy);
  return message.includes(`${hostname}:${port}`) || message.includes(`ENOTFOUND ${hostname}`);
}

/** Without a name and a password that it may hold. */
function tellProxy(proxy: string): string {
  return URL.canParse(proxy) ? `at ${new URL(proxy).host}` : 'of this machine';
}

/** One line, no longer than a line, without what OpenSSL adds to it. */
function plain(text: string): string {
  return text
    .replace(/[0-9A-F]{8,}:error:[0-9A-F]+:/i, '')
    .replace(/\s+/g, ' ')
    .replace(/[\s.:]+$/, '')
    .slice(0, 200);
}
